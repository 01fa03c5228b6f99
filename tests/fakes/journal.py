"""The Journal port in memory."""

from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.access.budget import Settlement
from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.tool import ToolResult
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.errors import LeaseLost
from tests.fakes import spend
from tests.fakes.memory import KeptRound, Memory, atomic

_LOST: Final = "another worker has this conversation"


@dataclass(frozen=True)
class FakeJournal:
    """`conversation.tool_ports.Journal`."""

    memory: Memory = field(default_factory=Memory)
    kept_s: int = TURN_KEPT_S

    @atomic
    def begin(self, lease: Lease, turn: Turn, asked: OpenRound, settlement: Settlement, *, until: int) -> None:
        conversation, kept = self.memory.held(lease), self.memory.turn_in(turn, TurnState.RUNNING)
        place = (turn.conversation, turn.id, turn.rounds)
        if place in self.memory.rounds:
            raise LeaseLost(_LOST)
        conversation.lease_until = until
        self.memory.rounds[place] = KeptRound(asked, until // 1000 + self.kept_s)
        kept.change(rounds=turn.rounds + 1, calls_before=turn.model_calls)
        spend.settle(self.memory, settlement, turn)

    @atomic
    def start(self, lease: Lease, turn: Turn, number: int, call: int, *, until: int) -> None:
        kept = self._held(lease, turn, number)
        if call in kept.round.started or call in kept.round.results:
            raise LeaseLost(_LOST)
        self.memory.held(lease).lease_until = until
        kept.round = replace(kept.round, started=kept.round.started | {call})

    @atomic
    def end(self, lease: Lease, turn: Turn, number: int, call: int, result: ToolResult, *, until: int) -> None:
        kept = self._held(lease, turn, number)
        self.memory.held(lease).lease_until = until
        kept.round = kept.round.with_result(call, result)

    @atomic
    def rounds(self, turn: Turn) -> tuple[OpenRound, ...]:
        places = sorted(place for place in self.memory.rounds if place[:2] == (turn.conversation, turn.id))
        return tuple(self.memory.rounds[place].round for place in places)

    def _held(self, lease: Lease, turn: Turn, number: int) -> KeptRound:
        self.memory.held(lease)
        kept = self.memory.rounds.get((turn.conversation, turn.id, number))
        if kept is None:
            raise LeaseLost(_LOST)
        return kept
