"""Reading a stream never fails in another way than by a ModelError; `tests/quirks` has the rows that servers send."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.conversation.prompt import Finished, FinishReason, TextDelta
from chalicelib.conversation.stream_elements import StreamElements
from chalicelib.errors import ModelError
from chalicelib.llm.openai_stream import MOST_BYTES_PER_TOKEN, StreamReader
from tests.fuzz.growth import MOST, growth

FIELDS = (
    *("type", "object", "choices", "delta", "message", "content", "refusal", "text", "finish_reason", "index", "error"),
    *("code", "usage", "prompt_tokens", "completion_tokens", "prompt_tokens_details", "cached_tokens", "x_groq"),
    *(
        "response",
        "status",
        "output",
        "incomplete_details",
        "reason",
        "input_tokens",
        "output_tokens",
        "value",
        "thought",
    ),
    *("tool_calls", "function", "name", "arguments", "id", "item", "call_id", "encrypted_content", "summary", "phase"),
    *("reasoning_content", "reasoning_details", "extra_content"),
)
WORDS = (
    *("response.output_text.delta", "response.output_text.done", "response.completed", "response.incomplete", "error"),
    *("response.output_item.done", "function_call", "reasoning", "message", "{}", '{"a": 1}'),
    *("response.failed", "text", "thinking", "stop", "length", "completed", "response", "Mimi", "\ud83d", "10", ""),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=20,
)


def read(*chunks: bytes, tokens: int = 100) -> list[Any]:
    reader = StreamReader(max_output_tokens=tokens, may_call=True)
    events: list[Any] = []
    with suppress(ModelError):
        for chunk in chunks:
            events += reader.feed(chunk)
        events += reader.end()
    return events


@given(st.lists(JSON, max_size=5))
def test_any_objects_are_read_as_words_and_at_most_one_end(values: Sequence[Any]):
    events = read(*(f"data: {json.dumps(value)}\n\n".encode() for value in values))
    ends = [event for event in events if isinstance(event, Finished)]
    assert ends == events[len(events) - len(ends) :]
    assert len(ends) <= 1
    for event in events:
        assert isinstance(event, Finished) or isinstance(event.text, str)
    for end in ends:
        assert 0 <= end.usage.cached <= end.usage.input
        assert end.usage.output >= 0
        assert bool(end.calls) is (end.reason is FinishReason.CALLS)
        assert len({call.id for call in end.calls}) == len(end.calls)
        assert all(call.name and call.arguments for call in end.calls)
        json.dumps([[call.id, call.name, call.arguments] for call in end.calls], ensure_ascii=False).encode()
        assert all(isinstance(json.loads(thought), dict) for thought in end.thoughts)


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"data: ", b"\n", b"\r", b"[DONE]", b"{", b"}", b"event: "])))
@example([b"data: {}\r", b"\ndata: {}\n\n"])
def test_any_bytes_are_read(chunks: Sequence[bytes]):
    assert len([event for event in read(*chunks) if isinstance(event, Finished)]) <= 1


@given(st.lists(JSON, max_size=5), st.integers(min_value=1, max_value=50))
def test_it_does_not_matter_where_the_bytes_are_cut(values: Sequence[Any], size: int):
    whole = "".join(f"data: {json.dumps(value)}\n\n" for value in values).encode()
    elements = StreamElements()
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    cut = [element for piece in pieces for element in elements.feed(piece)] + list(elements.end())
    once = StreamElements()
    assert json.dumps(cut) == json.dumps([*once.feed(whole), *once.end()])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_an_answer_is_cut_off_where_no_answer_within_its_limit_ends(words: Sequence[str]):
    chunks = (f"data: {json.dumps({'choices': [{'delta': {'content': word}}]})}\n\n".encode() for word in words)
    events = read(*chunks, b"data: [DONE]\n\n", tokens=1)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert "".join(words).startswith(text)
    assert len(text.encode()) <= MOST_BYTES_PER_TOKEN
    assert text == "".join(words) or len("".join(words).encode()) > MOST_BYTES_PER_TOKEN


def test_a_line_of_prefixes_alone_is_read_as_fast_as_any_other():
    def elements(data: bytes) -> object:
        found = StreamElements()
        return [*found.feed(data), *found.end()]

    assert elements(b'data: data:data:  {"a": 1}\n\n') == [{"a": 1}]
    assert growth(elements, b"data: ", 10**7, most_pieces=20_000) <= MOST
