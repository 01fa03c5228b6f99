"""Reads the objects of a streamed response, in either of OpenAI's wire formats, as events of the model. Pure.

Every field may be missing or have any type, since many servers write this format and few write it exactly. What cannot
be read as words, as an end or as numbers is passed over.
"""

from collections.abc import Iterator
from typing import Final

from chalicelib.access.budget import Usage
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, TextDelta, Used
from chalicelib.conversation.stream_elements import DONE, Element, StreamElements
from chalicelib.errors import ModelBusy, ModelError
from chalicelib.llm.finish_reasons import finish_reason
from chalicelib.llm.openai_calls import StreamedCalls
from chalicelib.llm.openai_errors import by_code, by_status
from chalicelib.llm.stream_values import dicts, mapping, number, text, words_of

MOST_BYTES_PER_TOKEN: Final = 12
"""UTF-8 bytes of an answer per token, in the script that needs the most. An answer with more ignores its limit."""
_FULL_TEXT: Final = ("response.output_text.done", "response.refusal.done")
_DELTA: Final = ("response.output_text.delta", "response.refusal.delta")
_ITEM: Final = "response.output_item.done"
_LAST: Final = ("response.completed", "response.done", "response.incomplete", "response.failed", "response.cancelled")
_ERROR_STATUSES: Final = range(400, 600)


class StreamReader:
    """Turns the bytes of one response into text deltas and one Finished. Its methods raise ModelError.

    If the provider tells what an answer that failed has used, Used comes before the error. Calls of tools come with
    Finished, complete, and only if the model stopped of itself; unless it `may_call`, they are left out.
    """

    def __init__(self, *, max_output_tokens: int, may_call: bool = False) -> None:
        self.is_over = False
        """Whether the answer is complete: what follows has no meaning."""
        self._elements = StreamElements()
        self._left = max_output_tokens * MOST_BYTES_PER_TOKEN
        self._reason: FinishReason | ModelError | None = None
        self._usage = Usage()
        self._said = self._streamed = self._may_be_over = False
        self._calls, self._may_call = StreamedCalls(), may_call

    @property
    def has_end(self) -> bool:
        """Whether the provider has said why it stopped. Only the usage may follow."""
        return self._reason is not None

    @property
    def has_failed(self) -> bool:
        """Whether the provider has said that it stopped by a fault or a filter, and all that it says is read."""
        return self.is_over and isinstance(self._reason, ModelError)

    @property
    def has_words(self) -> bool:
        """Whether an answer has begun, which costs money however it ends."""
        return self._said or bool(self._calls)

    def feed(self, data: bytes) -> Iterator[ModelEvent]:
        """Yield the events that are complete with these bytes; nothing after the end. Raises ModelError."""
        for element in self._complete(data):
            yield from self._read(element)

    def _complete(self, data: bytes) -> Iterator[Element]:
        try:
            yield from self._elements.feed(data)
        except ValueError as exc:
            raise ModelError("the provider's answer makes no sense: it has too long a line") from exc

    def end(self) -> Iterator[ModelEvent]:
        """Yield the events that are complete because the connection was closed. Raises ModelBusy without an end."""
        for element in self._elements.end():
            yield from self._read(element)
        if not self.is_over and not self.has_end and not self._may_be_over:
            raise ModelBusy("the stream broke off")
        yield from self._finish()

    def _finish(self) -> Iterator[ModelEvent]:
        if self.is_over:
            return
        self.is_over = True
        if not isinstance(self._reason, ModelError):
            yield self._finished(self._reason or FinishReason.STOP)
            return
        if self._usage != Usage():
            yield Used(self._usage)
        raise self._reason

    def _finished(self, reason: FinishReason) -> Finished:
        """Return the end. Calls count whatever the word for the end is, but one that was cut off may be half a call."""
        calls = self._calls.calls() if self._may_call and reason is not FinishReason.LENGTH else ()
        if not calls:
            return Finished(reason, self._usage)
        return Finished(FinishReason.CALLS, self._usage, calls, self._calls.thoughts())

    def _read(self, element: Element) -> Iterator[ModelEvent]:
        if self.is_over:
            return
        kind = element.get("type")
        if kind == DONE:
            yield from self._finish()
        elif kind in _LAST or element.get("object") == "response":
            yield from self._last(mapping(element.get("response")) or element, str(kind))
        elif kind == "error" or element.get("error"):
            if not self.has_end:
                raise _failure(element.get("error") or element)
        elif kind in (*_DELTA, *_FULL_TEXT, _ITEM):
            yield from self._part(element, str(kind))
        else:
            yield from self._chunk(element)

    def _part(self, element: Element, kind: str) -> Iterator[ModelEvent]:
        """Read a part of the output of Responses: words, all words, or a complete item."""
        if kind == _ITEM:
            self._calls.add_item(mapping(element.get("item")))
            yield from self._cut_off_beyond(self._calls.size)
        elif kind in _DELTA:
            self._streamed = True
            yield from self._say(words_of(element.get("delta")))
        else:
            yield from self._say("" if self._streamed else words_of(element.get("text") or element.get("refusal")))
            self._may_be_over = True

    def _chunk(self, element: Element) -> Iterator[ModelEvent]:
        """Read a chunk of Chat Completions. Its usage may come with the last words or after them."""
        usage = _usage(element.get("usage")) or _usage(mapping(element.get("x_groq")).get("usage"))
        choices = dicts(element.get("choices"))[:1]  # one answer was asked for
        for choice in choices:
            usage = usage or _usage(choice.get("usage"))
            yield from self._choice(choice)
        self._usage = usage or self._usage
        self._may_be_over |= usage is not None and not choices
        if usage and self.has_end:
            yield from self._finish()

    def _choice(self, choice: Element) -> Iterator[ModelEvent]:
        delta = choice.get("delta")
        if not isinstance(delta, dict):  # an answer that is not streamed; after a streamed one it is a repetition
            delta = {} if self.has_words else mapping(choice.get("message"))
        self._calls.add_delta(delta)
        words = words_of(delta.get("content")) or words_of(delta.get("refusal")) or words_of(choice.get("text"))
        yield from self._say(words)
        yield from self._cut_off_beyond(self._calls.size)
        reason = text(choice.get("finish_reason"))
        if reason and not isinstance(self._reason, ModelError):
            self._reason = _why(reason) or self._reason
        # Some servers end with an empty reason, and others have one in every chunk.
        self._may_be_over = reason == "" and not words

    def _last(self, response: Element, kind: str) -> Iterator[ModelEvent]:
        """Read the last object of Responses, which has the whole answer and the usage."""
        ends = {kind.removeprefix("response."), text(response.get("status"))}
        self._usage = _usage(response.get("usage")) or self._usage
        has_failed = bool(ends & {"failed", "cancelled"})
        if not self._calls and not has_failed:
            self._calls = StreamedCalls.of(dicts(response.get("output")))
        if not self._said and not has_failed:
            parts = (part for item in dicts(response.get("output")) for part in dicts(item.get("content")))
            yield from self._say("".join(words_of(part.get("text") or part.get("refusal")) for part in parts))
        if has_failed:
            self._reason = _failure(response.get("error"))
        elif "incomplete" in ends:
            reason = text(mapping(response.get("incomplete_details")).get("reason"))
            self._reason = _why(reason or "length")
        yield from self._finish()

    def _say(self, words: str) -> Iterator[ModelEvent]:
        """Pass words on; cut the answer off if the server ignores the limit of tokens."""
        if not words or self.is_over:
            return
        self._said = True
        encoded = words.encode(errors="surrogatepass")
        is_too_long = len(encoded) > self._left
        yield TextDelta(encoded[: self._left].decode(errors="ignore") if is_too_long else words)
        self._left -= len(encoded)
        yield from self._cut_off_beyond(0)

    def _cut_off_beyond(self, called: int) -> Iterator[ModelEvent]:
        """End the answer if its words and the bytes `called` are more than the limit of tokens allows."""
        if called > self._left and not self.is_over:
            self._reason, self._usage = FinishReason.LENGTH, Usage()
            yield from self._finish()


def _why(reason: str) -> FinishReason | ModelError | None:
    """Return why the model stopped; an error is raised only once the usage, which may follow, is known."""
    try:
        return finish_reason(reason)
    except ModelError as exc:
        return exc


def _failure(error: object) -> ModelError:
    """Return the error that a failure inside a stream stands for. Its code is a word or an HTTP status."""
    details = mapping(error)
    code = details.get("code")
    status = number(code)
    if status is not None and status in _ERROR_STATUSES:
        return by_status(status, details)
    for word in (text(code), text(details.get("type"))):
        if known := by_code(word):
            return known
    return ModelBusy("the provider failed while it answered")


def _usage(value: object) -> Usage | None:
    """Return the tokens; None unless both sums can be read, as half of them would cost too little."""
    told = mapping(value)
    asked = number(told.get("input_tokens", told.get("prompt_tokens")))
    answered = number(told.get("output_tokens", told.get("completion_tokens")))
    if asked is None or answered is None:
        return None
    details = mapping(told.get("input_tokens_details")) or mapping(told.get("prompt_tokens_details"))
    cached = min(number(details.get("cached_tokens")) or 0, asked)
    written = number(details.get("cache_write_tokens"))
    return Usage(asked, cached, answered, written if written is None else min(written, asked - cached))
