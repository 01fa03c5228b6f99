"""Reads the calls of tools in a streamed response, in either of OpenAI's wire formats. Pure; nothing here raises.

Chat Completions sends fragments. Its `index` and `id` say which call a fragment belongs to, but servers leave them out,
repeat them for another call, or number them as they like. So a fragment first finds the call that it continues, and
opens another one if it cannot belong to it. Responses sends whole items.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.conversation.json_object import parsed
from chalicelib.conversation.surrogates import clean
from chalicelib.conversation.tool import ToolCall
from chalicelib.llm.stream_values import dicts, mapping, number, text

_NO_ARGUMENTS: Final = "{}"
_THOUGHT: Final = ("type", "id", "summary", "encrypted_content")


@dataclass
class _Call:
    """A call of which not all need have arrived."""

    index: int | None
    id: str
    name: str
    arguments: str = field(default="", repr=False)
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_whole(self) -> bool:
        """Whether nothing can be added to the arguments: they are a complete object."""
        return self.arguments.rstrip().endswith("}") and is_object(self.arguments)


@dataclass
class StreamedCalls:
    """The calls of one response, and the provider's own items that it wants back with them."""

    size: int = 0
    """UTF-8 bytes of all names and arguments so far."""
    _calls: list[_Call] = field(default_factory=list, repr=False)
    _items: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _beside: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, items: Iterable[dict[str, Any]]) -> "StreamedCalls":
        """Return what is in the output items of a whole response."""
        read = cls()
        for item in items:
            read.add_item(item)
        return read

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add_delta(self, delta: dict[str, Any]) -> None:
        """Take in the delta of a chunk of Chat Completions, or a whole message.

        DeepSeek wants its `reasoning_content` back, OpenRouter its `reasoning_details`, Gemini its `extra_content`.
        """
        for piece in dicts(delta.get("tool_calls")):
            self._add_piece(piece)
        if words := text(delta.get("reasoning_content")):
            self._beside["reasoning_content"] = self._beside.get("reasoning_content", "") + words
        if details := dicts(delta.get("reasoning_details")):
            self._beside.setdefault("reasoning_details", []).extend(details)

    def add_item(self, item: dict[str, Any]) -> None:
        """Take in a complete output item of Responses."""
        match item.get("type"):
            case "function_call" if item.get("status") != "incomplete":
                self._add_call(item)
            case "reasoning" if text(item.get("encrypted_content")):
                self._items.append({key: item[key] for key in _THOUGHT if key in item} | _with_summary(item))
            case "message" if text(item.get("phase")):
                self._items.append({"type": "message", "phase": item["phase"]})

    def calls(self) -> tuple[ToolCall, ...]:
        """Return the calls, each with an id of its own. One without a name cannot be executed and is left out."""
        return tuple(
            ToolCall(one, clean(call.name), clean(call.arguments.strip()) or _NO_ARGUMENTS)
            for one, call in self._by_id()
        )

    def thoughts(self) -> tuple[str, ...]:
        """Return the provider's own items as JSON text: of Responses in order, of Chat Completions one for all."""
        extra = {one: call.extra for one, call in self._by_id() if call.extra}
        beside = self._beside | ({"extra_content": extra} if extra else {})
        return tuple(json.dumps(item) for item in (*self._items, *([beside] if beside else [])))

    def _by_id(self) -> list[tuple[str, _Call]]:
        taken: dict[str, _Call] = {}
        for place, call in enumerate(call for call in self._calls if call.name):
            told = clean(call.id)
            one = told if told and told not in taken else f"call_{place}"
            while one in taken:
                one += "_"
            taken[one] = call
        return list(taken.items())

    def _add_piece(self, piece: dict[str, Any]) -> None:
        told = mapping(piece.get("function"))
        name, arguments = text(told.get("name")) or "", _arguments(told.get("arguments"))
        index, call_id = number(piece.get("index")), text(piece.get("id")) or ""
        call = self._continued(index, call_id, name)
        if call is None:
            call = _Call(index, call_id, name)
            self._calls.append(call)
        elif call.is_whole:
            arguments = ""  # a repetition
        call.id, call.name = call.id or call_id, call.name or name
        call.arguments += arguments
        call.extra |= mapping(piece.get("extra_content"))
        self.size += len((name + arguments).encode(errors="surrogatepass"))

    def _continued(self, index: int | None, call_id: str, name: str) -> _Call | None:
        """Return the call that a fragment continues; None for the first one of another call."""
        found = self._last_with(index, call_id)
        if found is None and not (call_id or name) and self._calls:
            return self._calls[-1]  # of an index that nothing else has
        if found is None or (call_id and found.id and call_id != found.id):
            return None
        is_named_again = bool(name and found.name) and not (call_id and call_id == found.id)
        return None if is_named_again and (index is None or name != found.name or found.is_whole) else found

    def _last_with(self, index: int | None, call_id: str) -> _Call | None:
        last_first = reversed(self._calls)
        if index is not None:
            return next((call for call in last_first if call.index == index), None)
        if call_id:
            return next((call for call in last_first if call.id == call_id), None)
        return next(last_first, None)

    def _add_call(self, item: dict[str, Any]) -> None:
        call_id = text(item.get("call_id")) or text(item.get("id")) or ""
        if call_id and any(call.id == call_id for call in self._calls):
            return  # the last event repeats it
        call = _Call(None, call_id, text(item.get("name")) or "", _arguments(item.get("arguments")))
        self._calls.append(call)
        self.size += len((call.name + call.arguments).encode(errors="surrogatepass"))


def is_object(arguments: str) -> bool:
    """Whether the text is a JSON object."""
    return parsed(arguments) is not None


def _arguments(value: object) -> str:
    """Return arguments as text; some servers send an object."""
    return json.dumps(value) if isinstance(value, dict) else text(value) or ""


def _with_summary(item: dict[str, Any]) -> dict[str, Any]:
    return {"summary": dicts(item.get("summary")) if item.get("summary") else []}
