"""Serialises reports for other programs: as one JSON document, or as one CSV table.

Amounts are whole micro-USD, and the same in USD as a decimal text. People appear by handles only.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from chalicelib.clock import utc
from chalicelib.operations.period import Period
from chalicelib.operations.report import Bucket, PersonUse, Report, Share, Totals

SCHEMA: Final = 1
"""The version of the schema of the JSON document and of the table.

Later versions of Parley may add keys and columns under the same number; it grows when one is removed or changes its
meaning.
"""
BOM: Final = "\ufeff"
"""Without it, Excel takes UTF-8 for the letters of Western Europe."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets execute a cell that begins with one of these."""
COLUMNS: Final = (
    *("kind", "name", "people", "questions", "calls", "answers", "tokens_in", "tokens_cached", "tokens_out"),
    *("failures", "unanswered", "refunds", "cost_micro_usd", "cost_usd"),
)


def usd(micro: int) -> str:
    """Return micro-USD as USD with all six decimals: `0.004512`."""
    return f"{Decimal(micro) / 1_000_000:.6f}"


def as_json(report: Report) -> dict[str, Any]:
    """Serialise a report to JSON's types. Times are in UTC, dates and hours in the report's time zone."""
    people = report.people
    return {
        "schema": SCHEMA,
        "stage": report.stage,
        "made_at": utc(report.made_at),
        "time_zone": report.zone,
        "period": _period(report.period),
        "totals": _totals(report.totals),
        "before": {**_period(report.period.before), **_totals(report.before)},
        "daily_budget_micro_usd": report.daily_budget,
        "monthly_budget_micro_usd": report.monthly_budget,
        "forecast_micro_usd": report.forecast,
        "days": [{"day": day.day, **_totals(Totals.of([day]))} for day in report.days],
        "channels": [_share(share) for share in report.channels],
        "models": [_share(share) for share in report.models],
        "personas": [_share(share) for share in report.personas],
        "hours": list(report.hours),
        "answer_times": [_bucket(bucket) for bucket in report.answer_times],
        "people": {
            "known": people.known,
            "new": people.new,
            "active": people.active,
            "month": people.month,
            "rows": [_person(row) for row in people.rows],
            "invited": [{"invite": each.name, "handles": list(each.handles)} for each in people.invited],
            "rest": _cost(people.rest),
        },
    }


def as_csv(report: Report) -> str:
    """Serialise a report to a table as of RFC 4180, with a header and a byte order mark.

    The field `kind` says what a row is about. The rows of the kind `day` sum up to that of the kind `total`. So do the
    costs of the channels, of the models and of the personas.
    """
    written = io.StringIO()
    table = csv.DictWriter(written, COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows({name: _cell(value) for name, value in row.items()} for row in _rows(report))
    return BOM + written.getvalue()


def _rows(report: Report) -> Iterator[Mapping[str, object]]:
    period = f"{report.period.since} to {report.period.until}"
    yield {"kind": "total", "name": period, "people": report.people.active, **_totals(report.totals)}
    yield from ({"kind": "day", "name": day.day, **_totals(Totals.of([day]))} for day in report.days)
    groups = {"channel": report.channels, "model": report.models, "persona": report.personas}
    for kind, shares in groups.items():
        yield from ({"kind": kind, "name": share.name, **_cost(share.cost)} for share in shares)
    for hour, questions in enumerate(report.hours):
        yield {"kind": "hour", "name": f"{hour:02}:00", "questions": questions}
    for bucket in report.answer_times:
        yield {"kind": "answer_time", "name": f"up to {bucket.up_to_ms} ms", "answers": bucket.answers}
    month = report.people.month
    for row in report.people.rows:
        counted = {"people": row.people, "questions": row.questions, **_cost(row.cost)}
        yield {"kind": f"person in {month}", "name": row.name, **counted}
    yield {"kind": f"person in {month}", "name": "(no person)", **_cost(report.people.rest)}
    for each in report.people.invited:
        yield {"kind": "invite", "name": each.name, "people": len(each.handles)}


def _cell(value: object) -> object:
    """Return the field for a value: text that a spreadsheet would execute is escaped."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _period(period: Period) -> dict[str, Any]:
    return {"span": period.span.value, "since": period.since.isoformat(), "until": period.until.isoformat()}


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "questions": totals.questions,
        "calls": totals.calls,
        "answers": totals.answers,
        "tokens_in": totals.tokens.input,
        "tokens_cached": totals.tokens.cached,
        "tokens_out": totals.tokens.output,
        "failures": totals.failures,
        "unanswered": totals.unanswered,
        "refunds": totals.refunds,
        **_cost(totals.cost),
    }


def _cost(micro: int) -> dict[str, Any]:
    return {"cost_micro_usd": micro, "cost_usd": usd(micro)}


def _share(share: Share) -> dict[str, Any]:
    return {"name": share.name, **_cost(share.cost)}


def _bucket(bucket: Bucket) -> dict[str, Any]:
    return {"up_to_ms": bucket.up_to_ms, "answers": bucket.answers}


def _person(row: PersonUse) -> dict[str, Any]:
    counted = {"people": row.people, "is_sum": row.is_sum, "questions": row.questions, **_cost(row.cost)}
    return {"name": row.name, **counted, "last_seen": utc(row.last_seen)}
