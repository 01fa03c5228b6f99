"""Whether a question has to wait for one that its client sent before it, and whose function may start later.

API Gateway starts a function for each frame. A function that has to be started first is late, and what comes first is
not what was sent first. That happens in bursts: a function has to be started because the others are busy with frames
received just before. So a question alone waits for nothing. Pure rules over what is stored with the turns.
"""

from collections.abc import Iterable
from typing import Final

from chalicelib.conversation.turn import Thread, Turn, TurnState

LATE_MS: Final = 3200
"""The longest that a function starts after its frame was received, with the time that it takes to store a message."""
MOST_WAIT_MS: Final = 4500
"""How long after it was received a frame waits for the numbers before its own, several of which may be late."""
_STORED_MS: Final = 1000
"""The time in which a frame that has begun is stored in any case."""
_FIRST_PAUSE_MS: Final = 50


def settled(thread: Thread, *, now: int) -> tuple[Turn, ...]:
    """Return the open turns, from the first, before which no turn can be missing in a thread that was read at `now`."""
    known = (*thread.open, *thread.closed)
    for number, turn in enumerate(thread.open):
        if now < complete_at(turn, known):
            return thread.open[:number]
    return thread.open


def complete_at(turn: Turn, known: Iterable[Turn]) -> int:
    """Return from when on no turn can be missing before `turn`; 0 if none is likely to be, or it has begun.

    One may be missing if another turn of the same connection was received within LATE_MS. If the client numbers its
    frames, the frame before has begun (`FrameOrder`), and is only missing if it is a question that is being stored.
    """
    received = turn.received
    if received is None or turn.state is not TurnState.QUEUED:
        return 0
    others = [each.received for each in known if each.received and each.id != turn.id]
    of_socket = [each for each in others if each.socket == received.socket]
    if received.number is None:
        is_alone = all(abs(each.at - received.at) > LATE_MS for each in of_socket)
        return 0 if is_alone else received.at + LATE_MS
    is_missing = received.after_question and received.number - 1 not in {each.number for each in of_socket}
    return received.at + MOST_WAIT_MS + _STORED_MS if is_missing else 0


def pause_ms(turn: Turn, thread: Thread, *, now: int, waited: int) -> int:
    """Return how long to wait until the thread is read again for the turn, when that has lasted `waited` ms so far.

    0 if it is complete. Without a number only time tells, so the thread is read once more. With one it is read after
    pauses that double, since the missing turn is being stored. The pauses add up to LATE_MS at most, even if clocks
    differ, and to a second for a frame with a number.
    """
    is_numbered = turn.received is not None and turn.received.number is not None
    left = complete_at(turn, (*thread.open, *thread.closed)) - now
    if is_numbered:
        return max(0, min(left, _STORED_MS - waited, max(_FIRST_PAUSE_MS, waited)))
    return max(0, min(left, LATE_MS - waited))
