"""What of the past a model is told: pure, by a token estimate, cut at whole turns only."""

from collections.abc import Iterable

from chalicelib.conversation.prompt import Exchange
from chalicelib.conversation.turn import STOPPED, Turn, TurnState

_PER_MESSAGE = 4
_BYTES_PER_TOKEN = 3


def recent(turns: Iterable[Turn], *, since: int, budget: int) -> tuple[Exchange, ...]:
    """The latest exchanges of `turns` (oldest first) whose estimate fits `budget` tokens, oldest first.

    Nothing older is taken once one does not fit, so that the past has no holes.
    """
    kept: list[Exchange] = []
    for exchange in reversed([exchange for turn in turns if (exchange := exchange_of(turn, since=since))]):
        budget -= tokens(exchange.question) + tokens(exchange.answer)
        if budget < 0:
            break
        kept.append(exchange)
    return tuple(reversed(kept))


def exchange_of(turn: Turn, *, since: int) -> Exchange | None:
    """What the turn adds to memory: nothing unless charged, answered, with its words still there, and after `since`."""
    if turn.at < since or not turn.charged_day or turn.state not in {TurnState.ANSWERED, TurnState.DONE}:
        return None
    if not turn.text or not turn.reply or not turn.reply.text or turn.reply.code not in ("", STOPPED):
        return None
    return Exchange(turn.text, turn.reply.text)


def tokens(text: str) -> int:
    """An estimate that is too high for prose in any script: a third of the UTF-8 bytes, and 4 for the frame."""
    return -(-len(text.encode()) // _BYTES_PER_TOKEN) + _PER_MESSAGE


def at_most(estimated: int) -> int:
    """What so many estimated tokens can be in truth, however odd the text: no token is less than a byte."""
    return estimated * _BYTES_PER_TOKEN
