"""The refund rule: whether a question counts whose answer failed or did not arrive. The only place of it, and pure.

An answer of the model counts, also one that the user has cancelled. What no person can bring about is always
refunded. Everything else is refunded a few times a day, so that asking for it is no way around a limit.
"""

from enum import Enum, auto

from chalicelib.access.person import Person
from chalicelib.access.quota import REFUNDS_A_DAY
from chalicelib.errors import DeliveryError, DeliveryRefused, ModelError, ModelRefused, PersonUnreachable, ThreadHeld


class End(Enum):
    """How a charged question ended."""

    ANSWERED = auto()
    """The person got an answer of the model: whole, cut off, or cancelled by them."""
    FAILED = auto()
    """The answer was blank, filtered or broken off, or its workers died."""
    OUTAGE = auto()
    """The provider refused the request or gave no response, for no reason in the question."""
    NO_MONEY = auto()
    """The budget has no room for the second call of the model."""
    DROPPED = auto()
    """There was no answer yet: the question was unsent, or became too old."""
    UNREACHABLE = auto()
    """The channel does not deliver the answer to this person."""
    UNDELIVERED = auto()
    """The channel failed at all attempts, or a human or another app has the thread."""


def end_of_call(error: ModelError | None) -> End:
    """Return the end of a question by the end of its model call; None for an answer."""
    if error is None:
        return End.ANSWERED
    is_outage = not error.may_be_billed or not error.began
    return End.OUTAGE if is_outage and not isinstance(error, ModelRefused) else End.FAILED


def end_of_delivery(error: DeliveryError | None, *, was_answered: bool) -> End:
    """Return the end of a question that was closed without a delivered reply, by the error of the last attempt.

    Without an error no attempt was made. If there was a reply before all the same, earlier attempts have failed.
    """
    if error is None:
        return End.UNDELIVERED if was_answered else End.DROPPED
    if isinstance(error, ThreadHeld):  # no person can bring that about
        return End.UNDELIVERED
    return End.UNREACHABLE if isinstance(error, PersonUnreachable | DeliveryRefused) else End.UNDELIVERED


def most_refunds(end: End) -> int | None:
    """Return the most questions of a user and day that are refunded for such an end: 0 for none, None for all."""
    match end:
        case End.ANSWERED:
            return 0
        case End.FAILED | End.DROPPED | End.UNREACHABLE:
            return REFUNDS_A_DAY
        case End.OUTAGE | End.NO_MONEY | End.UNDELIVERED:
            return None


def is_refunded(end: End, person: Person, *, day: str) -> bool:
    """Whether the user's question of `day` is refunded, as far as is known before the write that counts it."""
    most = most_refunds(end)
    return most is None or person.refunds.get(day, 0) < most
