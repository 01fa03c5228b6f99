"""The weekly message to the owners: the heartbeat starts it on Monday morning, the worker writes it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.log import Log
from chalicelib.operations import report_text
from chalicelib.operations.owner_notices import Notice, OwnerNotices
from chalicelib.operations.period import Period
from chalicelib.operations.ports import JobStarter, SentAlerts
from chalicelib.operations.report import Report, Reports
from chalicelib.operations.report_words import ReportWords

HOUR: Final = 8
"""The hour of the owner's day in which the message is started."""


class Sent(StrEnum):
    """What became of the message."""

    SENT = "sent"
    NOTHING_ASKED = "nothing_asked"
    """There was nothing to report, so nothing was sent."""


@dataclass(frozen=True)
class WeeklyReportSchedule:
    """Starts one message for each week from Monday to Sunday in the owner's time zone."""

    sent_alerts: SentAlerts
    starter: JobStarter
    zone: ZoneInfo

    def run(self, now: int) -> None:
        """Start the message unless that of the last whole week was started; looks in the first minute of HOUR only.

        So a message that a missing beat left out on Monday is started on the next day. Raises StoreError, and WakeError
        if the start fails: then that week has no message.
        """
        # Each look is a write to the table, so one a day is enough.
        local = datetime.fromtimestamp(now / 1000, self.zone)
        if (local.hour, local.minute) != (HOUR, 0):
            return
        year, week, _ = last_sunday(local.date()).isocalendar()
        if self.sent_alerts.first_today("weekly_report", day=f"{year}-W{week}"):
            self.starter.start()


@dataclass(frozen=True)
class WeeklyReport:
    """Sends the message."""

    reports: Reports
    notices: OwnerNotices
    texts: Texts
    clock: Clock
    log: Log

    def send(self) -> Sent:
        """Tell the owners about the last whole week; nothing if nothing was asked in it and in the one before.

        Raises StoreError. Lambda may then repeat the request; a message that was sent already is sent again.
        """
        now = self.clock()
        report = self.reports.of(Period.week(last_sunday(self.reports.date_of(now))), now=now)
        sent = Sent.NOTHING_ASKED if _is_empty(report) else Sent.SENT
        if sent is Sent.SENT:
            text = report_text.as_message(report, ReportWords(self.texts))
            footer = self.texts("owner_report_footer", stage=report.stage)
            self.notices.tell("report", Notice(self.texts("owner_report_subject"), text, mail=f"{text}\n\n{footer}"))
        self.log("weekly_report", outcome=sent.value)
        return sent


def last_sunday(day: date) -> date:
    """Return the last day of the last week that is over."""
    return day - timedelta(days=day.isoweekday())


def _is_empty(report: Report) -> bool:
    return not any((report.totals.calls, report.totals.questions, report.before.calls, report.before.questions))
