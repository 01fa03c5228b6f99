"""Joins the lines of an exception's report to one event: Python prints each, and Lambda stores each on its own.

Chalice's and Lambda's own loggers write a report as one event, which stays as it is.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from scripts.cli import log_failures
from scripts.cli.log_failures import TRACEBACK
from scripts.cli.log_lines import Event

_RAISED: Final = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?", re.DOTALL)
_CHAINED: Final = ("During handling of the above exception", "The above exception was the direct cause")


def joined(events: Iterable[Event]) -> list[Event]:
    """Return the events in their order, each report in the place of its first line.

    Lines of JSON between two lines of a report stay events of their own: several processes write to the demo's file.
    """
    result: list[Event] = []
    open_: dict[tuple[str, str], int] = {}
    for event in events:
        stream = (event.function, event.stream)
        if event.text.startswith("{"):
            result.append(event)
        elif stream in open_ and _continues(result[open_[stream]].text, event.text):
            report = result[open_[stream]]
            result[open_[stream]] = replace(report, text=f"{report.text}\n{event.text}")
        else:
            open_.pop(stream, None)
            if log_failures.opens(event.text):
                open_[stream] = len(result)
            result.append(event)
    return result


def _continues(report: str, line: str) -> bool:
    """Whether a line belongs to a report: a traceback, its frames, the exception, and exceptions chained to it."""
    last = report.rstrip("\n").rpartition("\n")[2]
    if line == TRACEBACK:
        return TRACEBACK not in report or last.startswith(_CHAINED)
    if line[:1].isspace() or not line:
        return TRACEBACK in report
    if last == TRACEBACK or last[:1].isspace():
        return bool(_RAISED.fullmatch(line))
    return line.startswith(_CHAINED)
