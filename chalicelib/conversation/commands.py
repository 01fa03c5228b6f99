"""The commands that a user can send instead of a question, and their parser. `command_handlers` runs them."""

from enum import Enum


class Command(Enum):
    """A command; its value is the text that a user types or that a button sends."""

    START = "/start"
    HELP = "/help"
    RESET = "/reset"
    USAGE = "/usage"
    FORGET = "/forget"
    FORGET_CONFIRMED = "/forget yes"
    FORGET_CANCELLED = "/forget no"


def parse(text: str) -> Command | None:
    """Parse a command, ignoring case and extra white space; None for every other text, which is a question."""
    try:
        return Command(" ".join(text.lower().split()))
    except ValueError:
        return None
