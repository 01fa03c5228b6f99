"""The fake model's use of tools: which of those that it is offered a question asks for, and how it asks for them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_RULES: Final = (
    (r"what(?:'s| is)? (?:the )?(?:time|date|day)|wie spät|welcher tag|몇 시|며칠|무슨 요일", r"now|time|date|clock"),
    (r"(?:wish for|i want|i(?:'d| would) like|wünsche? mir|add) (?P<words>.+)", r"add|wish|append"),
    (r"(?:remove|delete|take off|cross out) (?P<words>.+)", r"remove|delete"),
    (
        r"(?:show|read|what is on|what's on)\b.*\b(?:list|wishes)|wunschliste",
        r"^(?!.*(?:add|remove|delete)).*list",
    ),
    (r"remember (?:that )?(?P<words>.+)", r"remember"),
    (r"forget (?:that )?(?P<words>.+)", r"forget"),
    (r"(?:look up|search for|find) (?P<words>.+)", r"look|search|find|fetch"),
    (r"send (?:my|the|this) (?:list|letter|wishes)", r"hand_over|send"),
)
"""What a question says, and what the name of the tool has that it asks for; `words` become the tool's argument."""
_NAMED: Final = re.compile(r"\bcall (?P<name>[\w-]+)(?P<words>.*)", re.IGNORECASE | re.DOTALL)
"""A question that names the tool: how one of an owner's own is tried."""
_PEOPLE: Final = ("user", "assistant")
_FENCE: Final = re.compile(r"<result>\n|\n</result>")
_END_OF_WISH: Final = re.compile(
    r"\s+(?:to|on|from) (?:my|the) \w+\s*$|\s+(?:and|,) (?:what|tell|show)\b.*$|[.!?\s]+$", re.IGNORECASE
)


@dataclass(frozen=True)
class Called:
    """A call of a tool."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a request says, whichever wire format it has."""

    said: Sequence[tuple[str, str]]
    """The roles and words of people and of the model, oldest first."""
    tools: Mapping[str, Mapping[str, Any]]
    """The schemas of the tools that may be called, by name."""
    results: Sequence[tuple[str, str]]
    """What was called since the last question: the names of the tools and what they gave."""

    def calls(self) -> list[Called]:
        """Return the calls that the question asks for, unless they were made."""
        return [] if self.results else list(_wanted(self.said[-1][1] if self.said else "", self.tools))


def asked_in_chat(body: Mapping[str, Any]) -> Asked:
    """Read a request of Chat Completions."""
    tools = {tool["function"]["name"]: tool["function"]["parameters"] for tool in body.get("tools", ())}
    names = {call["id"]: call["function"]["name"] for one in body["messages"] for call in one.get("tool_calls", ())}
    said = [(m["role"], _words(m["content"])) for m in body["messages"] if m["role"] in _PEOPLE]
    last = max((place for place, m in enumerate(body["messages"]) if m["role"] == "user"), default=0)
    outputs = [(m["tool_call_id"], m["content"]) for m in body["messages"][last:] if m["role"] == "tool"]
    return _asked(body, said, tools, [(names[call_id], text) for call_id, text in outputs])


def asked_in_responses(body: Mapping[str, Any]) -> Asked:
    """Read a request of Responses."""
    tools = {tool["name"]: tool["parameters"] for tool in body.get("tools", ())}
    names = {item["call_id"]: item["name"] for item in body["input"] if item.get("type") == "function_call"}
    said = [(item["role"], _words(item["content"])) for item in body["input"] if item.get("role") in _PEOPLE]
    last = max((place for place, item in enumerate(body["input"]) if item.get("role") == "user"), default=0)
    after = [item for item in body["input"][last:] if item.get("type") == "function_call_output"]
    return _asked(body, said, tools, [(names[item["call_id"]], item["output"]) for item in after])


def call_chunks(calls: Sequence[Called]) -> list[dict[str, Any]]:
    """Return the deltas of Chat Completions that ask for the calls, in fragments as OpenAI sends them."""
    deltas: list[dict[str, Any]] = []
    for index, call in enumerate(calls):
        opened = {"name": call.name, "arguments": ""}
        deltas.append({"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": opened}]})
        deltas += ({"tool_calls": [{"index": index, "function": {"arguments": part}}]} for part in _parts(call))
    return deltas


def whole_calls(calls: Sequence[Called]) -> list[dict[str, Any]]:
    """Return the calls of an answer of Chat Completions that is not streamed."""
    functions = [{"name": call.name, "arguments": json.dumps(call.arguments)} for call in calls]
    return [{"id": f"call_{n}", "type": "function", "function": one} for n, one in enumerate(functions)]


def call_events(calls: Sequence[Called]) -> list[dict[str, Any]]:
    """Return the events of Responses that ask for the calls."""
    events: list[dict[str, Any]] = []
    for place, call in enumerate(calls):
        item = {"type": "function_call", "id": f"fc_{place}", "call_id": f"call_{place}", "name": call.name}
        where = {"item_id": item["id"], "output_index": place}
        kind, arguments = "response.function_call_arguments", json.dumps(call.arguments)
        begun, done = ({**item, "arguments": told, "status": state} for told, state in _states(arguments))
        events.append({"type": "response.output_item.added", "output_index": place, "item": begun})
        events += ({"type": f"{kind}.delta", "delta": part, **where} for part in _parts(call))
        events.append({"type": f"{kind}.done", "arguments": arguments, **where})
        events.append({"type": "response.output_item.done", "output_index": place, "item": done})
    return events


def told(results: Sequence[tuple[str, str]]) -> str:
    """Return the answer that says what the tools gave."""
    return "\n".join(f"The tool `{name}` says: {without_fence(text)}" for name, text in results)


def without_fence(text: str) -> str:
    """Return what a tool gave without the marks around it."""
    return _FENCE.sub("", text)


def _asked(
    body: Mapping[str, Any],
    said: Sequence[tuple[str, str]],
    tools: Mapping[str, Mapping[str, Any]],
    results: Sequence[tuple[str, str]],
) -> Asked:
    heard = [(role, words) for role, text in said if (words := _without_notes(text)) or role == "assistant"]
    return Asked(heard, {} if body.get("tool_choice") == "none" else tools, results)


def _without_notes(text: str) -> str:
    """Return what a person said, without what is known from before."""
    return text.rpartition("</notes>")[2].lstrip()


def _words(content: Any) -> str:
    """Return the words of a message: a text, or its parts."""
    return content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content or ())


def _states(arguments: str) -> tuple[tuple[str, str], ...]:
    return (("", "in_progress"), (arguments, "completed"))


def _parts(call: Called) -> list[str]:
    text = json.dumps(call.arguments)
    return [text[start : start + 8] for start in range(0, len(text), 8)]


def _wanted(question: str, tools: Mapping[str, Mapping[str, Any]]) -> Iterator[Called]:
    named = _NAMED.search(question)
    if named and named["name"] in tools:
        yield Called(named["name"], _arguments(tools[named["name"]], named["words"].strip()))
        return
    free = dict(tools)
    for says, name in _RULES:
        found = re.search(says, question, re.IGNORECASE)
        tool = next((tool for tool in free if re.search(name, tool, re.IGNORECASE)), None) if found else None
        if found and tool:
            yield Called(tool, _arguments(free.pop(tool), found.groupdict().get("words") or ""))


def _arguments(schema: Mapping[str, Any], words: str) -> dict[str, Any]:
    """Return what the tool requires: the words, or a number in them; the rest is left out."""
    fields, meant = schema.get("properties", {}), _END_OF_WISH.sub("", words)
    number = re.search(r"\d+", words)
    made: dict[str, Any] = {}
    for name in schema.get("required", ()):
        kind = fields.get(name, {}).get("type")
        if kind in ("integer", "number"):
            made[name] = int(number.group()) if number else 1
        elif kind == "array":
            made[name] = [meant]
        elif kind == "boolean":
            made[name] = True
        else:
            made[name] = (fields.get(name, {}).get("enum") or [meant])[0]
    return made
