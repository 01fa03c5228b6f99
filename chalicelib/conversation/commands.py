"""What a person may type instead of a question; recognising it is all that lives here."""

from enum import Enum


class Command(Enum):
    """Each value is what the person types, or what a button sends for them."""

    START = "/start"
    HELP = "/help"
    RESET = "/reset"
    USAGE = "/usage"
    FORGET = "/forget"
    FORGET_CONFIRMED = "/forget yes"
    FORGET_CANCELLED = "/forget no"


def parse(text: str) -> Command | None:
    """The command, however it is spaced or capitalised; None for everything else, which is a question."""
    try:
        return Command(" ".join(text.lower().split()))
    except ValueError:
        return None
