"""Health checks and their findings, as values, with the words that several checks share."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.clock import day_text, local_date
from chalicelib.errors import ParleyError

NO_ANSWERS: Final = "people write and get no answer"
"""Why a fault matters that stops all answers."""
ENDS_SOON: Final = timedelta(days=90)
"""How long before the end of a model or an API version the owner is warned."""


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


@dataclass(frozen=True)
class Checkup:
    """The findings of the weekly health check."""

    at: int
    """Milliseconds since 1970."""
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Check:
    """One health check, contributed by the package that knows what it checks."""

    name: str
    """Stable, in kebab-case; the name of the finding when the check itself fails."""
    run: Callable[[], Iterable[Finding]] = field(repr=False)
    """Returns the findings in a stable order; may raise ParleyError, and then has no findings."""
    fix: Callable[[], object] | None = field(default=None, repr=False)
    """Restores what the check found missing and may raise ParleyError; None if only the owner can fix it."""


def worst(findings: Iterable[Finding]) -> Severity:
    """Return the worst state among the findings; OK when there are none."""
    found = {finding.state for finding in findings}
    return next((state for state in (Severity.BROKEN, Severity.WARNING) if state in found), Severity.OK)


def failed(name: str, error: ParleyError) -> Finding:
    """Return the finding that a check failed; the error's message is the fault and, after a semicolon, the remedy."""
    what, _, remedy = str(error).partition("; ")
    return Finding.broken(name, what, "it could not be checked", remedy or "run it again in a minute")


def lifetime(name: str, what: str, *, end: date | None, now: int, remedy: str) -> Finding:
    """Check the end of a model or an API version: BROKEN from that day on, WARNING within ENDS_SOON before it.

    `end` is None if no end is announced; `now` is in milliseconds since 1970, its day that of UTC.
    """
    today = local_date(now, UTC)
    if end is None:
        return Finding.ok(name, f"{what}: no end announced")
    if end <= today:
        return Finding.broken(name, f"{what} ended on {day_text(end)}", NO_ANSWERS, remedy)
    if end - today < ENDS_SOON:
        return Finding.warning(name, f"{what} ends on {day_text(end)}", "from then on people get no answers", remedy)
    return Finding.ok(name, f"{what}, until {day_text(end)}")


def deploy_command(stage: str) -> str:
    """Return the command that deploys the stage, for remedies."""
    return f"scripts/parley deploy --stage {stage}"
