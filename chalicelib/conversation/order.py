"""The order of a conversation's turns: that in which each client sent them, whichever function started first.

The times of API Gateway order the frames of different connections. For frames of one connection that were received
almost at once the client's own order counts, where it is known: by the frames' numbers, or by the messages' ids.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from chalicelib.conversation.turn import Turn

CLOCKS_MS: Final = 10
"""More milliseconds than two clocks of API Gateway differ by, so that times this close say nothing about the order."""
_Key = tuple[int, str, int, int, int, str]


def in_order(turns: Iterable[Turn]) -> list[Turn]:
    """Return turns of one conversation in their order.

    A turn without `received` has the time that its sender says. An opening comes first: the conversation was empty.
    """
    by_socket = sorted(turns, key=lambda turn: (_socket(turn), turn.asked_at, turn.at, turn.place, turn.id))
    keys = {turn.id: key for _, socket in groupby(by_socket, key=_socket) for turn, key in _keys(list(socket))}
    return sorted(by_socket, key=lambda turn: (not turn.opens, keys[turn.id]))


def _keys(received: Sequence[Turn]) -> Iterator[tuple[Turn, _Key]]:
    """Yield the sort keys of turns of one connection, which come sorted by their times.

    The times are dealt out anew in the client's order. So they still place the turns among those of other connections.
    """
    for number, (turn, timed) in enumerate(zip(_as_sent(received), received, strict=True)):
        place = number if turn.received else 0
        yield turn, (timed.asked_at, _socket(turn), place, turn.at, turn.place, turn.id)


def _as_sent(received: Sequence[Turn]) -> Sequence[Turn]:
    """Return turns of one connection, sorted by their times, as their client sent them.

    Numbers and ids sort only questions received almost at once, so a client with wrong numbers cannot move a question
    before earlier ones of other people.
    """
    return [turn for burst in _bursts(received) for turn in _by_numbers_or_ids(burst)]


def _bursts(received: Sequence[Turn]) -> Iterator[list[Turn]]:
    """Yield runs of turns of which each was received within CLOCKS_MS of the one before."""
    burst: list[Turn] = []
    for turn in received:
        if burst and turn.asked_at - burst[-1].asked_at > CLOCKS_MS:
            yield burst
            burst = []
        burst.append(turn)
    if burst:
        yield burst


def _by_numbers_or_ids(burst: list[Turn]) -> Sequence[Turn]:
    """Return turns in the order of their numbers, or of their clients' ids, if all have one."""
    if all(turn.received and turn.received.number for turn in burst):
        return sorted(burst, key=_number)
    if all(turn.received and (turn.at, turn.place) != (turn.received.at, 0) for turn in burst):
        return sorted(burst, key=lambda turn: (turn.at, turn.place, turn.id))
    return burst


def _socket(turn: Turn) -> str:
    return turn.received.socket if turn.received else ""


def _number(turn: Turn) -> int:
    return (turn.received and turn.received.number) or 0
