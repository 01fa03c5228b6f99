"""The writes of messages that a later turn answers too: they are closed with the write that takes it from the queue."""

from collections.abc import Sequence

from chalicelib.aws.dynamodb.conditions import in_state
from chalicelib.aws.dynamodb.leased import update_turn
from chalicelib.aws.dynamodb.writes import Update, Write
from chalicelib.conversation.burst import ANSWERED_BELOW, joined
from chalicelib.conversation.turn import Turn, TurnState

NAME = "joined"
"""What the names of these writes begin with."""


def with_queued(turn: Turn, *, kept_s: int) -> dict[str, Write]:
    """The writes, by name, that belong to one that takes the turn from the queue; none if it is no longer there."""
    return close(joined(turn), kept_s=kept_s) if turn.state is TurnState.QUEUED else {}


def close(turns: Sequence[Turn], *, kept_s: int) -> dict[str, Write]:
    """The same for turns as they are then."""
    return {f"{NAME}{number}": _close(turn, kept_s=kept_s) for number, turn in enumerate(turns)}


def _close(turn: Turn, *, kept_s: int) -> Write:
    ended = {"state": turn.state.value, "joined": turn.joined, "expires_at": turn.at // 1000 + kept_s}
    answer = {"answer": ANSWERED_BELOW.text, "code": ANSWERED_BELOW.code}
    return update_turn(turn, Update(set={**ended, **answer}), when=in_state(TurnState.QUEUED))
