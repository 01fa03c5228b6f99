"""What only owners may order in the chat, and the parser. `operations` carries it out."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from chalicelib.conversation.turn import Reply
from chalicelib.conversation.turn_context import TurnContext


class OwnerCommand(Enum):
    """A command of owners; its value is what they type. For other people there is no such command."""

    PEOPLE = "/people"
    ALLOW = "/allow"
    BLOCK = "/block"
    LIMIT = "/limit"
    DEFAULT = "/default"
    REPLY = "/reply"
    """With a handle and any words behind it."""
    PAUSE = "/pause"
    RESUME = "/resume"
    REPORT = "/report"
    BUDGET = "/budget"
    DECIDE = "/decide"
    """What a button below a notice of a new person sends (`access.taps`)."""


@dataclass(frozen=True)
class Order:
    """A command of an owner with what follows it."""

    command: OwnerCommand
    words: tuple[str, ...] = field(default=(), repr=False)
    """Those behind the command, in small letters."""


class OwnerDesk(Protocol):
    """Carries out what owners order."""

    def carry_out(self, order: Order, context: TurnContext) -> Reply:
        """Do what is ordered and return the answer. A repetition after a crash changes nothing more.

        In a room, where others read it, nothing is done. Raises StoreError.
        """


def parse_order(text: str) -> Order | None:
    """Parse an owner's command, ignoring case and extra white space; None for every other text."""
    first, *words = text.lower().split() or [""]
    found = next((command for command in OwnerCommand if command.value == first), None)
    is_line = "\n" not in text.strip() or found is OwnerCommand.REPLY
    return Order(found, tuple(words)) if found and is_line else None
