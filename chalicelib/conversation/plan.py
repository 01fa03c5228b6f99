"""What to do with an open turn, decided from values alone; carrying it out is the worker's."""

from dataclasses import dataclass
from typing import Final

from chalicelib.access.person import Access, Person
from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.turn import MAX_TEXT, Turn, TurnState

STALE_MS: Final = 60 * 60 * 1000
"""An answer that comes later than this is no answer any more."""
STALE: Final = "stale"
MAX_MODEL_CALLS: Final = 2


@dataclass(frozen=True)
class Drop:
    """Close the turn without a word, and without a charge."""

    reason: str


@dataclass(frozen=True)
class SendNotice:
    """Answer with one of the bot's own sentences, without a charge."""

    key: str


@dataclass(frozen=True)
class RunCommand:
    """Carry out a command."""

    command: Command


@dataclass(frozen=True)
class Ask:
    """Charge the person and ask the model."""


@dataclass(frozen=True)
class AskAgain:
    """The worker that had asked is dead: ask once more, without another charge."""


@dataclass(frozen=True)
class GiveUp:
    """Asking again and again leads nowhere: give the charge back."""


@dataclass(frozen=True)
class DeliverAgain:
    """The answer is there; only its delivery may have been cut off."""


Plan = Drop | SendNotice | RunCommand | Ask | AskAgain | GiveUp | DeliverAgain


def plan(turn: Turn, person: Person, *, paused_until: int, now: int) -> Plan:
    """The one thing to do next."""
    if now - turn.at > STALE_MS:
        return Drop(STALE)
    match turn.state:
        case TurnState.ANSWERED:
            return DeliverAgain()
        case TurnState.RUNNING if not turn.text:
            return Drop("unsent")
        case TurnState.RUNNING:
            return AskAgain() if turn.model_calls < MAX_MODEL_CALLS else GiveUp()
    if person.access is Access.BLOCKED:
        return Drop("blocked")
    if turn.at < paused_until:
        return Drop("paused")
    return _plan_new(turn)


def _plan_new(turn: Turn) -> Plan:
    if turn.overflow:
        return SendNotice("overflow")
    if not turn.text.strip():
        return SendNotice("text_only") if turn.attachments else Drop("unsent")
    if command := parse(turn.text):
        return RunCommand(command)
    return SendNotice("too_long") if len(turn.text) > MAX_TEXT else Ask()
