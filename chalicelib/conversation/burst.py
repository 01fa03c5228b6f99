"""Messages that are answered together, a burst: `plan.bursts` decides which. Pure.

    queued      A "hello"  B "can you"  C "help me?"  D "/reset"  E "bye"
    answered    [ A          B          C ]             [ D ]       [ E ]

The last turn of a burst answers it and is charged. The others are closed, with its id in `Turn.joined`, by the write
that takes it from the queue, so that a crash leaves all of them queued or none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from chalicelib.conversation.takeover import with_questions
from chalicelib.conversation.turn import JOINED, Reply, Thread, Turn, TurnState
from chalicelib.ids import TurnId

ANSWERED_BELOW: Final = Reply("\u2193", code=JOINED)
"""An arrow down, which needs no translation: the answer is below the next message."""


def joined(leader: Turn) -> tuple[Turn, ...]:
    """Return the messages that the turn answers too, as they are once it has left the queue."""
    return tuple(
        replace(turn, state=TurnState.DONE, reply=ANSWERED_BELOW, joined=leader.id, before=()) for turn in leader.joins
    )


def whole(thread: Thread) -> Thread:
    """Return the thread with the messages that its turns answer beside their own."""
    known = (*thread.closed, *thread.open)
    return Thread(open=with_joined(thread.open, known), closed=with_questions(with_joined(thread.closed, known)))


def with_joined(turns: Iterable[Turn], known: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return the turns with those of `known` that were joined to them, or to the turn whose question is asked again."""
    found: dict[TurnId, tuple[Turn, ...]] = {}
    for turn in known:
        if turn.joined:
            found[turn.joined] = (*found.get(turn.joined, ()), turn)
    if not found:
        return tuple(turns)
    replaced = {turn.id: turn.replaces for turn in known}
    return tuple(replace(turn, before=found.get(_first(turn.id, replaced, found), ())) for turn in turns)


def _first(turn: TurnId, replaced: dict[TurnId, TurnId | None], found: dict[TurnId, tuple[Turn, ...]]) -> TurnId:
    before = replaced.get(turn)
    return turn if turn in found or before is None else _first(before, replaced, found)
