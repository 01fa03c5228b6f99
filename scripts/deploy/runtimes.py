"""Lambda's Python runtimes and their end dates, as AWS's page "Lambda runtimes" listed them in November 2026."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

BEST: Final = "3.13"
"""The version of Python to deploy with: the newest that the tests have run with."""
_NOTICE: Final = timedelta(days=365)
"""How long before its end a runtime is reported."""


@dataclass(frozen=True)
class Life:
    """The dates after which a runtime gets no security updates, and functions with it cannot be updated."""

    supported_until: date
    updated_until: date


LIVES: Final[Mapping[str, Life]] = {
    "python3.11": Life(date(2027, 6, 30), date(2027, 8, 31)),
    "python3.12": Life(date(2028, 10, 31), date(2029, 1, 10)),
    "python3.13": Life(date(2029, 6, 30), date(2029, 8, 31)),
    "python3.14": Life(date(2029, 6, 30), date(2029, 8, 31)),
}


def ending(runtime: str, today: date) -> str:
    """Say in words that a runtime ends within a year or has ended; empty for others and for unknown ones."""
    life = LIVES.get(runtime)
    if life is None or today < life.supported_until - _NOTICE:
        return ""
    if today > life.updated_until:
        return f"{runtime} has ended: Lambda has refused updates of functions since {_in_words(life.updated_until)}"
    verb = "ends" if today <= life.supported_until else "ended"
    return f"{runtime} {verb} on {_in_words(life.supported_until)}, and updates on {_in_words(life.updated_until)}"


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
