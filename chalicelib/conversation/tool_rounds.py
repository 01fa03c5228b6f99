"""Runs the tool calls of a round: each is journalled before and after it, so that none acts twice.

    begin            start               run                end            the model is asked again
    |-- the calls ----|-- if it writes ---|-- the tool acts --|-- its result --|

Each write is conditional on the lease. A worker that takes over finds the results of the calls that have ended, and
runs the others; a call that was started and may not be repeated gets the result that its outcome is not known.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import identity
from chalicelib.access.budget import Settlement
from chalicelib.clock import Clock
from chalicelib.conversation.history import first_asked
from chalicelib.conversation.journal import Asked, OpenRound
from chalicelib.conversation.tool import NO_SUCH_TOOL, Round, ToolCall, ToolResult
from chalicelib.conversation.tool_ports import Caller, Journal, Prepared
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.log import Log

MAX_RESULT_BYTES: Final = 8_000
"""The longest result of a call, in UTF-8 bytes."""
_CUT: Final = "\n[cut here: the result was longer]"
LONGEST_CALL_S: Final = 20.0
"""The most that one call of a tool may take."""
_SHARE: Final = 0.3
"""The most that it may take of the time left in the invocation."""
UNKNOWN: Final = ToolResult(
    "The outcome is unknown: the call was begun, and may have been carried out or not. It is not repeated. Tell the "
    "person so, and do not call it again unless the person asks for it.",
    is_error=True,
)


@dataclass(frozen=True)
class ToolRounds:
    """Runs tools for turns. Methods that write raise LeaseLost and StoreError."""

    journal: Journal
    clock: Clock
    zone: ZoneInfo
    log: Log

    def begin(self, context: TurnContext, asked: Asked, settlement: Settlement) -> TurnContext:
        """Journal the calls that the model asks for, with what its answer cost; return the turn as it then is."""
        turn = context.turn
        self.journal.begin(context.lease, turn, asked.round, settlement, until=context.time.until())
        return context.with_turn(replace(turn, rounds=turn.rounds + 1, calls_before=turn.model_calls))

    def load(self, context: TurnContext) -> tuple[OpenRound, ...]:
        """Return the rounds that other workers have journalled; the last one may be unfinished."""
        return self.journal.rounds(context.turn)

    def run(self, context: TurnContext, number: int, begun: OpenRound, wants_more: Callable[[], bool]) -> Round | None:
        """Run the calls of round `number` that have no result, in their order; None once the person has cancelled."""
        for index, call in enumerate(begun.calls):
            if not wants_more():
                return None
            if index not in begun.results:
                result = self._result(context, number, index, call, was_started=index in begun.started)
                begun = begun.with_result(index, result)
        return begun.finished() if wants_more() else None

    def _result(
        self, context: TurnContext, number: int, index: int, call: ToolCall, *, was_started: bool
    ) -> ToolResult:
        """Run one call, and journal its result."""
        started, is_offered = self.clock(), call.name in {tool.name for tool in context.tools}
        prepared = context.toolbox().prepare(call) if is_offered else NO_SUCH_TOOL
        if was_started and (isinstance(prepared, ToolResult) or not prepared.may_be_repeated):
            result = UNKNOWN  # also of a tool that is gone since, or takes other arguments now
        elif isinstance(prepared, ToolResult):
            result = prepared
        else:
            result = self._act(context, number, index, prepared, was_started=was_started)
        result = replace(result, text=_cut(result.text))
        self.journal.end(context.lease, context.turn, number, index, result, until=context.time.until())
        outcome = "unknown" if result == UNKNOWN else "failed" if result.is_error else "ok"
        name = call.name if is_offered else "(none of these)"
        log = self.log.about(context.turn.id, context.turn.person)
        log("tool", tool=name, round=number, outcome=outcome, ms=self.clock() - started)
        return result

    def _act(
        self, context: TurnContext, number: int, index: int, prepared: Prepared, *, was_started: bool
    ) -> ToolResult:
        if prepared.writes and not was_started:
            self.journal.start(context.lease, context.turn, number, index, until=context.time.until())
        return prepared.run(self._caller(context, number, index))

    def _caller(self, context: TurnContext, number: int, index: int) -> Caller:
        turn, seconds = context.turn, context.time.remaining_ms() / 1000 * _SHARE
        return Caller(
            person=turn.person,
            conversation=turn.conversation,
            turn=first_asked(turn, context.memory),
            is_room=identity.is_room(turn.conversation),
            now=self.clock(),
            zone=self.zone,
            key=hashlib.sha256(f"{turn.conversation}#{turn.id}#{number}#{index}".encode()).hexdigest(),
            seconds=min(LONGEST_CALL_S, seconds),
            asked_at=turn.asked_at,
        )


def _cut(text: str) -> str:
    """Return the text, cut to MAX_RESULT_BYTES with words that say so."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= MAX_RESULT_BYTES:
        return encoded.decode()
    return encoded[: MAX_RESULT_BYTES - len(_CUT)].decode(errors="ignore") + _CUT
