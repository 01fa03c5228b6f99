"""The part of past turns that is sent to the model, limited by a token estimate."""

from collections.abc import Iterable, Sequence

from chalicelib.content.token_estimate import tokens
from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.prompt import Exchange
from chalicelib.conversation.speaker import speaker_of
from chalicelib.conversation.takeover import is_of_human
from chalicelib.conversation.turn import STOPPED, Turn, TurnState
from chalicelib.ids import PersonId, TurnId


def recent(turns: Iterable[Turn], *, since: int, budget: int) -> tuple[Exchange, ...]:
    """Return the latest exchanges of `turns` that fit into `budget` estimated tokens. Both are oldest first.

    The first exchange that does not fit ends the search, so the history has no gaps.
    """
    kept: list[Exchange] = []
    for exchange in reversed([exchange for turn in turns if (exchange := exchange_of(turn, since=since))]):
        budget -= tokens(exchange.said) + tokens(exchange.answer)
        if budget < 0:
            break
        kept.append(exchange)
    return tuple(reversed(kept))


def standing(turns: Sequence[Turn], *, replaces: TurnId | None) -> Sequence[Turn]:
    """Return the closed `turns` without the turn `replaces` and without those that a later answer replaces.

    Both are oldest first. A turn that should replace another one and got no answer replaces nothing. If several replace
    the same turn, also through others, the last one stands.
    """
    first: dict[TurnId | None, TurnId] = {}
    for turn in turns:
        first[turn.id] = first.get(turn.replaces, turn.replaces or turn.id)
    last = {first[turn.id]: turn.id for turn in turns if is_answered(turn)}
    asked = first.get(replaces, replaces)
    return [turn for turn in turns if first[turn.id] != asked and last.get(first[turn.id], turn.id) == turn.id]


def first_asked(turn: Turn, turns: Sequence[Turn]) -> TurnId:
    """Return the turn that first asked the question of `turn`: another one of `turns` if this asks it again."""
    replaces = {each.id: each.replaces for each in turns}
    first, before = turn.id, turn.replaces
    while before:
        first, before = before, replaces.pop(before, None)
    return first


def after_own_resets(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Return a room's closed `turns` without those that their own person hid from the model by a later `/reset`."""
    last: dict[PersonId, int] = {}
    for turn in turns:
        if turn.reply and parse(turn.text) is Command.RESET:
            last[turn.person] = max(turn.asked_at, last.get(turn.person, 0))
    return [turn for turn in turns if turn.asked_at > last.get(turn.person, 0)]


def to_take_along(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Return the closed turns since the last `/reset` that somebody wrote. Both are oldest first."""
    closed = [turn for turn in turns if not turn.is_open and not turn.opens]
    resets = [index for index, turn in enumerate(closed, 1) if turn.reply and parse(turn.text) is Command.RESET]
    return closed[resets[-1] if resets else 0 :]


def exchange_of(turn: Turn, *, since: int) -> Exchange | None:
    """Return the turn as an exchange; None unless it is from `since` or later, charged, answered, and has its words.

    A human's answer is not charged.
    """
    if turn.asked_at < since or turn.state not in {TurnState.ANSWERED, TurnState.DONE}:
        return None
    if turn.reply and turn.reply.text and is_of_human(turn):
        return Exchange(turn.question, turn.reply.text, speaker_of(turn), by_human=True)
    if not turn.charged_day:
        return None
    if not turn.question or not turn.reply or not turn.reply.text or turn.reply.code not in ("", STOPPED):
        return None
    return Exchange(turn.question, turn.reply.text, speaker_of(turn))


def is_answered(turn: Turn) -> bool:
    """Whether the model has answered the turn, and that was charged."""
    return not is_of_human(turn) and exchange_of(turn, since=0) is not None


def can_be_asked_again(turn: Turn) -> bool:
    """Whether the turn is a question of a user, not a command, and has its answer, its notice, or none for good.

    A message that another turn answers too is asked again with that one.
    """
    is_over = turn.state not in {TurnState.QUEUED, TurnState.RUNNING}
    return is_over and bool(turn.text) and parse(turn.text) is None and turn.joined is None
