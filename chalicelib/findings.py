"""What a look at the bot found, as values; what is looked at, and how, stands elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
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


def worst(findings: Iterable[Finding]) -> State:
    """How bad the worst of them is."""
    found = {finding.state for finding in findings}
    return next((state for state in (State.BROKEN, State.WARNING) if state in found), State.OK)


@dataclass(frozen=True)
class Answered:
    """What the bot's webhook answered."""

    status: int
    body: str
    at: int | None
    """By the answering server's clock, in milliseconds since 1970; None when it does not say."""


@dataclass(frozen=True)
class KnownModel:
    """What the model's provider says of it."""

    listed: bool | None
    """None when the provider keeps no list."""
    shutdown: date | None
    """None while none is announced."""
