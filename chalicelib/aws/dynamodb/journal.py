"""The Journal port over DynamoDB: an item for each round of a turn's tool calls, in the conversation's partition."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.access.budget import Settlement
from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.aws.dynamodb import keys, spend, taken_back
from chalicelib.aws.dynamodb.conditions import EXISTS, NOT_EXISTS, in_state
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.leased import extend, update_turn
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, put, update
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.tool import ToolCall, ToolResult
from chalicelib.conversation.turn import Lease, Turn, TurnState
from chalicelib.errors import LeaseLost

_STARTED: Final = "started_"
_RESULT: Final = "result_"


@dataclass(frozen=True)
class DynamoJournal:
    """`conversation.tool_ports.Journal` over one table."""

    table: Table
    kept_s: int = TURN_KEPT_S
    """For how many seconds rounds are stored."""

    def begin(self, lease: Lease, turn: Turn, asked: OpenRound, settlement: Settlement, *, until: int) -> None:
        key = keys.round_key(turn.conversation, turn.id, turn.rounds)
        item = {**key, **_values(asked, settlement), "expires_at": until // 1000 + self.kept_s}
        counted = Update(set={"rounds": turn.rounds + 1, "calls_before": turn.model_calls})
        try:
            taken_back.transact(
                self.table,
                taken_back.unused(turn, settlement),
                turn=update_turn(turn, counted, when=in_state(TurnState.RUNNING)),
                conversation=extend(lease, until=until),
                round=put(item, when=NOT_EXISTS),
                spend=spend.settle_for(turn, settlement),
            )
        except TransactionRefused as exc:
            raise LeaseLost("another worker has this conversation") from exc

    def start(self, lease: Lease, turn: Turn, number: int, call: int, *, until: int) -> None:
        begun, ended = Attr(f"{_STARTED}{call}"), Attr(f"{_RESULT}{call}")
        self._note(lease, turn, number, {begun.name: True}, until=until, when=begun.not_exists() & ended.not_exists())

    def end(self, lease: Lease, turn: Turn, number: int, call: int, result: ToolResult, *, until: int) -> None:
        ended = {f"{_RESULT}{call}": {"text": result.text, "is_error": result.is_error}}
        self._note(lease, turn, number, ended, until=until)

    def rounds(self, turn: Turn) -> tuple[OpenRound, ...]:
        pages = self.table.pages(keys.rounds_of(turn.conversation, turn.id))
        return tuple(_round(item) for page in pages for item in page)

    def _note(
        self,
        lease: Lease,
        turn: Turn,
        number: int,
        values: dict[str, Any],
        *,
        until: int,
        when: ConditionBase | None = None,
    ) -> None:
        key = keys.round_key(turn.conversation, turn.id, number)
        try:
            self.table.transact(
                conversation=extend(lease, until=until),
                round=update(key, Update(set=values), when=EXISTS & when if when else EXISTS),
            )
        except TransactionRefused as exc:
            raise LeaseLost("another worker has this conversation") from exc


def _values(asked: OpenRound, settlement: Settlement) -> Item:
    return {
        "calls": [[call.id, call.name, call.arguments] for call in asked.calls],
        "text": asked.text,
        "thoughts": list(asked.thoughts),
        **({"usage": asdict(settlement.usage)} if settlement.usage else {}),
    }


def _round(item: Item) -> OpenRound:
    results = _by_call(item, _RESULT)
    return OpenRound(
        tuple(ToolCall(*call) for call in item["calls"]),
        item["text"],
        tuple(item["thoughts"]),
        frozenset(_by_call(item, _STARTED)),
        {call: ToolResult(value["text"], is_error=value["is_error"]) for call, value in results.items()},
    )


def _by_call(item: Item, prefix: str) -> dict[int, Any]:
    return {int(name.removeprefix(prefix)): value for name, value in item.items() if name.startswith(prefix)}
