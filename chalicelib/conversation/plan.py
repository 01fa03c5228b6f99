"""Decides the next step of an open turn from values alone. The turn runner runs it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access.person import Access, Person
from chalicelib.conversation import takeover
from chalicelib.conversation.commands import Command, NotKnown, may_blocked_send, not_known, parse
from chalicelib.conversation.owner_orders import Order, parse_order
from chalicelib.conversation.prompt import Failure
from chalicelib.conversation.tool import Round
from chalicelib.conversation.turn import MAX_TEXT, Lease, Turn, TurnState

STALE_MS: Final = 60 * 60 * 1000
"""A question that is older than this is dropped: its answer would come too late to be of use."""
STALE: Final = "stale"
UNDELIVERABLE: Final = "undeliverable"
PAUSED: Final = "paused"
FORGOTTEN: Final = "forgotten"
FAILURES: Final = frozenset({STALE, UNDELIVERABLE})
"""Reasons to drop a turn that was to be answered."""
MAX_MODEL_CALLS: Final = 2
"""Calls for one round of a turn. The second one is made only if the first was lost, or its worker died."""
MAX_REQUESTS: Final = 4
"""Requests to the model for one turn, if none is lost. The last one may not call tools."""
LOST_MS: Final = 10_000
"""A connection that ends without a response within this time leaves enough of it to ask again."""
MAX_DELIVERIES: Final = 6
"""Attempts to deliver one reply. With the pauses between them the last one is made after half an hour."""
_FIRST_PAUSE_MS: Final = 60 * 1000


@dataclass(frozen=True)
class Drop:
    """Close the turn without a reply and without a charge."""

    reason: str
    """For the log."""


@dataclass(frozen=True)
class SendNotice:
    """Answer with one of the bot's own sentences, without a charge."""

    key: str
    """Of the text."""


@dataclass(frozen=True)
class PassOn:
    """Answer with the words of a human, which the turn was stored with, without a charge."""


@dataclass(frozen=True)
class RunCommand:
    """Run a command and answer with its reply, without a charge."""

    command: Command


@dataclass(frozen=True)
class RunOrder:
    """Carry out what an owner orders and answer with the reply, without a charge."""

    order: Order


@dataclass(frozen=True)
class SuggestCommand:
    """Answer a command that does not exist with the nearest one, without a charge."""

    attempt: NotKnown


@dataclass(frozen=True)
class Ask:
    """Charge the person and call the model."""


@dataclass(frozen=True)
class AskAgain:
    """Call the model again, without another charge: the worker of the first call has died."""


@dataclass(frozen=True)
class GiveUp:
    """Apologise: MAX_MODEL_CALLS calls were made, and the worker of the last one has died."""


@dataclass(frozen=True)
class DeliverAgain:
    """Deliver the recorded reply: an attempt failed, or the worker died during delivery."""

    due_at: int
    """When the attempt is due, in milliseconds since 1970; nothing is done before."""


Plan = Drop | SendNotice | PassOn | RunCommand | RunOrder | SuggestCommand | Ask | AskAgain | GiveUp | DeliverAgain


def plan(turn: Turn, person: Person, lease: Lease, *, now: int) -> Plan:
    """Return the next step; `now` is in milliseconds since 1970.

    A turn that is being answered is continued even if the person was blocked or the bot was paused since.
    """
    if is_stale(turn, now=now):
        return Drop(STALE)
    if is_forgotten(turn, person):
        return Drop(FORGOTTEN)
    match turn.state:
        case TurnState.ANSWERED:
            return DeliverAgain(lease.due_at) if turn.deliveries < MAX_DELIVERIES else Drop(UNDELIVERABLE)
        case TurnState.RUNNING if not turn.question and not turn.opens:
            return Drop("unsent")
        case TurnState.RUNNING:
            return AskAgain() if may_call_again(turn) else GiveUp()
    return _plan_queued(turn, person, lease)


def is_stale(turn: Turn, *, now: int) -> bool:
    """Whether the question is too old to be answered."""
    return now - turn.at > STALE_MS


def is_forgotten(turn: Turn, person: Person) -> bool:
    """Whether the person has had deleted what the turn says: it came late, or its worker died.

    The request itself is carried out, however often.
    """
    return person.has_forgotten(turn.asked_at) and parse(turn.text) is not Command.FORGET_CONFIRMED


def may_join(turn: Turn, lease: Lease, *, now: int) -> bool:
    """Whether a message may be answered together with others of its person: a new question in words, asked once."""
    is_due = now - turn.at <= STALE_MS and turn.at >= lease.paused_until
    is_words = bool(turn.text.strip()) and not turn.opens and turn.replaces is None
    return turn.state is TurnState.QUEUED and is_due and is_words and isinstance(_plan_new(turn), Ask)


def bursts(turns: Sequence[Turn], lease: Lease, *, now: int) -> tuple[Turn, ...]:
    """Return the turns to answer, in their order: each queued one is among them or in the `before` of one of them.

    A burst has no more words than one question may have.
    """
    answering: list[Turn] = []
    for turn in turns:
        last = answering[-1] if answering else None
        both = replace(turn, before=(*last.before, replace(last, before=()))) if last else turn
        if last and _belong_together(last, turn, lease, now=now) and len(both.question) <= MAX_TEXT:
            answering[-1] = both
        else:
            answering.append(turn)
    return tuple(answering)


def asks_again_after(failure: Failure, turn: Turn) -> bool:
    """Whether a running turn is asked again: the connection ended without a response, or the model made a slip.

    The provider may bill the first call, so money is set aside for a second one.
    """
    error = failure.error
    was_lost = error.may_be_billed and not error.began
    return (was_lost or error.is_slip) and failure.ms <= LOST_MS and may_call_again(turn)


def may_call_again(turn: Turn) -> bool:
    """Whether a running turn has a call of the model left since its last journalled round."""
    return turn.model_calls - turn.calls_before < MAX_MODEL_CALLS


def may_call_tools(rounds: Sequence[Round], *, is_time: bool) -> bool:
    """Whether the next request may call tools; `is_time` tells whether there is time for one more after it."""
    return not rounds or (is_time and len(rounds) < MAX_REQUESTS - 1)


def next_delivery(turn: Turn, *, now: int) -> int | None:
    """Return when to deliver again after an attempt that failed at `now`; None if it was the last one.

    Each pause is twice as long as the one before.
    """
    if turn.deliveries >= MAX_DELIVERIES:
        return None
    return now + (_FIRST_PAUSE_MS << max(0, turn.deliveries - 1))


def _plan_queued(turn: Turn, person: Person, lease: Lease) -> Plan:
    if person.access is Access.BLOCKED and not may_blocked_send(turn.text, turn.conversation):
        return Drop("blocked")
    if takeover.waits_to_be_passed_on(turn):
        return PassOn() if takeover.is_of_human(turn) else SendNotice(takeover.HUMAN_HERE)
    if person.is_owner and (order := parse_order(turn.text)):
        return RunOrder(order)  # also in a pause, so that no owner is shut out by one
    if turn.at < lease.paused_until and parse(turn.text) not in takeover.IN_SILENCE:
        return Drop(PAUSED)
    return _plan_new(turn)


def _plan_new(turn: Turn) -> Plan:
    if turn.overflow:
        return SendNotice("overflow")
    if turn.opens:
        return Ask()
    if not turn.text.strip():
        return SendNotice("text_only") if turn.attachments else Drop("unsent")
    if command := parse(turn.text):
        return RunCommand(command)
    if attempt := not_known(turn.text):
        return SuggestCommand(attempt)
    return SendNotice("too_long") if len(turn.text) > MAX_TEXT else Ask()


def _belong_together(last: Turn, turn: Turn, lease: Lease, *, now: int) -> bool:
    are_questions = may_join(last, lease, now=now) and may_join(turn, lease, now=now)
    return last.person == turn.person and are_questions
