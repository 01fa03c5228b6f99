"""A report of one busy week, for tests of how reports are shown."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access.budget import DaySpend
from chalicelib.access.ledger import ANSWER_MS
from chalicelib.ids import Channel
from chalicelib.operations.period import Period
from chalicelib.operations.report import OTHER, Bucket, InviteUse, PeopleUse, PersonUse, Report, Share, Totals
from tests.fakes.adapters import NOON

LAST: Final = date(2026, 11, 20)
ROWS: Final = (
    PersonUse("9f86d081", people=1, is_sum=False, questions=9, cost=900, last_seen=NOON),
    PersonUse("Shop", people=3, is_sum=True, questions=4, cost=400, last_seen=NOON),
)


def a_report(
    *,
    rows: Sequence[PersonUse] = ROWS,
    invited: Sequence[InviteUse] = (),
    until: date = LAST,
    span: str = "week",
) -> Report:
    """A report on days of which each has one question and 1,000 micro-USD more than the one before."""
    period = Period.week(until) if span == "week" else Period.month(until)
    days = [
        DaySpend(
            date.fromordinal(period.since.toordinal() + number).isoformat(),
            number * 1000,
            tokens_in=number * 1500,
            tokens_out=number * 200,
            answers=number,
            calls=number + 1,
            channels={Channel.MESSENGER: number * 600, Channel.WEB: number * 300},
            questions=number,
        )
        for number in range(period.days)
    ]
    totals = Totals.of(days)
    whole = totals.cost
    return Report(
        stage="prod",
        zone=ZoneInfo("Europe/Berlin").key,
        made_at=NOON,
        period=period,
        days=days,
        totals=totals,
        before=Totals(),
        daily_budget=1_000_000,
        monthly_budget=None,
        forecast=None,
        people=PeopleUse(known=4, new=1, active=3, month="2026-11", rows=rows, invited=invited, rest=100),
        channels=[
            Share("messenger", whole * 6 // 10),
            Share("web", whole * 3 // 10),
            Share(OTHER, whole - whole * 6 // 10 - whole * 3 // 10),
        ],
        models=[Share("gpt-6-luna", whole)],
        personas=[Share("santa", whole)],
        hours=[0] * 8 + [totals.questions] + [0] * 15,
        answer_times=[Bucket(bound, number) for number, bound in enumerate(ANSWER_MS)],
    )
