"""What of the past a model is told: pure, by a token estimate, cut at whole turns only."""

from collections.abc import Iterable

from chalicelib.messages import Exchange, Turn, TurnState

_PER_MESSAGE = 4


def remembered(turn: Turn, *, since: int) -> bool:
    """Whether the turn is memory: charged, answered, with its words still there, and after `since`."""
    return bool(
        turn.at >= since
        and turn.charged_day
        and turn.state in {TurnState.ANSWERED, TurnState.DONE}
        and turn.text
        and turn.reply
        and turn.reply.text
    )


def recent(turns: Iterable[Turn], *, since: int, budget: int) -> tuple[Exchange, ...]:
    """The latest exchanges of `turns` (oldest first) whose estimate fits `budget` tokens, oldest first.

    Nothing older is taken once one does not fit, so that the past has no holes.
    """
    kept: list[Exchange] = []
    for turn in reversed([turn for turn in turns if remembered(turn, since=since)]):
        assert turn.reply is not None
        exchange = Exchange(turn.text, turn.reply.text)
        budget -= tokens(exchange.question) + tokens(exchange.answer)
        if budget < 0:
            break
        kept.append(exchange)
    return tuple(reversed(kept))


def tokens(text: str) -> int:
    """An estimate that is too high for prose in any script: a third of the UTF-8 bytes, and 4 for the frame."""
    return -(-len(text.encode()) // 3) + _PER_MESSAGE
