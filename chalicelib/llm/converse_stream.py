"""Reads the events of Bedrock's ConverseStream as events of the model. Pure.

An answer is complete with two events in any order: `messageStop`, which says why, and `metadata`, which says the usage.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.access.budget import Usage
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, TextDelta, Used
from chalicelib.conversation.tool import ToolCall
from chalicelib.errors import ModelBusy, ModelError
from chalicelib.llm.finish_reasons import finish_reason
from chalicelib.llm.stream_values import mapping, number, text

Event = Mapping[str, Any]

_SLIPS: Final = ("malformed_tool_use", "malformed_model_output")


@dataclass
class _Block:
    """A block of the answer while it is written."""

    call_id: str = ""
    name: str = ""
    arguments: str = field(default="", repr=False)
    thought: str = field(default="", repr=False)
    signature: str = field(default="", repr=False)
    redacted: bytes = field(default=b"", repr=False)


@dataclass
class StreamReader:
    """Turns the events of one response into text deltas and one Finished. Its methods raise ModelError.

    If Bedrock tells what an answer that failed has used, Used comes before the error.
    """

    names: Mapping[str, str]
    """The tools' own names by those that the model knows; a name that is missing is passed on as it is."""
    may_call: bool = True
    is_over: bool = False
    """Whether the answer is complete: what follows has no meaning."""
    has_words: bool = False
    """Whether an answer has begun, which costs money however it ends."""
    has_text: bool = False
    """Whether words of it were passed on."""
    _blocks: dict[int, _Block] = field(default_factory=dict, repr=False)
    _calls: list[ToolCall] = field(default_factory=list, repr=False)
    _thoughts: list[str] = field(default_factory=list, repr=False)
    _stop: str | None = None
    _usage: Usage | None = None

    def feed(self, event: Event) -> Iterator[ModelEvent]:
        """Yield what the event adds; nothing after the end."""
        if self.is_over:
            return
        index = number(mapping(next(iter(event.values()), None)).get("contentBlockIndex")) or 0
        match event:
            case {"contentBlockStart": {"start": {"toolUse": use}}}:
                block = self._block(index)
                block.call_id, block.name = text(use.get("toolUseId")) or "", text(use.get("name")) or ""
            case {"contentBlockDelta": {"delta": delta}}:
                yield from self._delta(self._block(index), mapping(delta))
            case {"contentBlockStop": _}:
                self._close(self._blocks.pop(index, None))
            case {"messageStop": stop}:
                self._stop = text(mapping(stop).get("stopReason")) or "end_turn"
            case {"metadata": told}:
                self._usage = _usage(mapping(mapping(told).get("usage")))
        if self._stop is not None and self._usage is not None:
            yield from self._finish(self._stop, self._usage)

    def end(self) -> None:
        """Check, once the stream has ended, that the answer is complete. Raises ModelBusy if not."""
        if not self.is_over:
            raise ModelBusy("the stream broke off")

    def _block(self, index: int) -> _Block:
        return self._blocks.setdefault(index, _Block())

    def _delta(self, block: _Block, delta: Mapping[str, Any]) -> Iterator[ModelEvent]:
        self.has_words = True
        if words := text(delta.get("text")):
            self.has_text = True
            yield TextDelta(words)
        block.arguments += text(mapping(delta.get("toolUse")).get("input")) or ""
        reasoning = mapping(delta.get("reasoningContent"))
        block.thought += text(reasoning.get("text")) or ""
        block.signature += text(reasoning.get("signature")) or ""
        redacted = reasoning.get("redactedContent")
        block.redacted += redacted if isinstance(redacted, bytes) else b""

    def _close(self, block: _Block | None) -> None:
        """Keep a complete block if it is a call, or a thought that its provider wants back: it is signed or sealed."""
        if block and block.name:
            name = self.names.get(block.name, block.name)
            self._calls.append(ToolCall(block.call_id, name, block.arguments.strip() or "{}"))
        elif block and block.redacted:
            self._thoughts.append(json.dumps({"converse": {"redacted": block.redacted.hex()}}))
        elif block and block.signature:
            self._thoughts.append(json.dumps({"converse": {"text": block.thought, "signature": block.signature}}))

    def _finish(self, stop: str, usage: Usage) -> Iterator[ModelEvent]:
        self.is_over = True
        try:
            reason = finish_reason(stop) or FinishReason.STOP
            calls = self._complete_calls(reason)
        except ModelError as exc:
            exc.is_slip = stop in _SLIPS and not self.has_text
            if usage != Usage():
                yield Used(usage)
            raise
        if calls:
            yield Finished(FinishReason.CALLS, usage, calls, tuple(self._thoughts))
        else:
            # Some models say that they call a tool, and call none.
            yield Finished(FinishReason.STOP if reason is FinishReason.CALLS else reason, usage)

    def _complete_calls(self, reason: FinishReason) -> tuple[ToolCall, ...]:
        """Return the calls to make. Those of an answer that was cut off, or that may call no more, are none.

        Some models do not say `tool_use` when they call a tool.
        """
        if reason is FinishReason.LENGTH:
            return ()
        if self._blocks and any(block.name for block in self._blocks.values()):
            raise ModelBusy("the model broke off a call of a tool")
        return tuple(self._calls) if self.may_call else ()


def _usage(told: Mapping[str, Any]) -> Usage:
    """Return the tokens; Bedrock does not count those of the cache among the input. Empty unless both sums are told."""
    fresh, answered = number(told.get("inputTokens")), number(told.get("outputTokens"))
    if fresh is None or answered is None:
        return Usage()
    cached, written = number(told.get("cacheReadInputTokens")) or 0, number(told.get("cacheWriteInputTokens"))
    return Usage(fresh + cached + (written or 0), cached, answered, written)
