"""The results of a health check, as values; no check is made here."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
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
    state: Severity
    what: str
    """What was found, in one line."""
    why: str = ""
    """Why it matters; empty when all is well."""
    cure: str = ""
    """The command or the click that mends it; empty when all is well."""


def worst(findings: Iterable[Finding]) -> Severity:
    """How bad the worst of them is."""
    found = {finding.state for finding in findings}
    return next((state for state in (Severity.BROKEN, Severity.WARNING) if state in found), Severity.OK)
