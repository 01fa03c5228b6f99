"""What a look at the bot found, as values; what is looked at, and how, stands elsewhere."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """The bot works; something will break, or is not as it was set up."""
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """Stable, in kebab-case, such as `page-token`."""
    state: State
    what: str
    """What was found, in one line."""
    why: str = ""
    """Why it matters; empty when all is well."""
    cure: str = ""
    """The command or the click that mends it; empty when all is well."""
