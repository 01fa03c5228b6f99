"""The findings of a health check, as values; nothing is checked here."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    """The bot works, but something will break soon or differs from what was set up."""
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """The result of checking one thing; built by `ok`, `warning` and `broken`."""

    name: str
    """Stable, in kebab-case, such as `page-token`."""
    state: Severity
    what: str
    """What was found, in one line."""
    why: str = ""
    """Why it matters to users or to the owner; empty when the state is OK."""
    remedy: str = ""
    """The command or the click that fixes it; empty when the state is OK."""

    @classmethod
    def ok(cls, name: str, what: str) -> "Finding":
        """Return the finding that all is well."""
        return cls(name, Severity.OK, what)

    @classmethod
    def warning(cls, name: str, what: str, why: str, remedy: str) -> "Finding":
        """Return the finding that something needs the owner's attention while the bot still works."""
        return cls(name, Severity.WARNING, what, why, remedy)

    @classmethod
    def broken(cls, name: str, what: str, why: str, remedy: str) -> "Finding":
        """Return the finding that something does not work."""
        return cls(name, Severity.BROKEN, what, why, remedy)


def worst(findings: Iterable[Finding]) -> Severity:
    """Return the worst state among the findings; OK when there are none."""
    found = {finding.state for finding in findings}
    return next((state for state in (Severity.BROKEN, Severity.WARNING) if state in found), Severity.OK)
