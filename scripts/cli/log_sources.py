"""Reads a stage's log events from a point in time on: from CloudWatch, or from the demo's file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from chalicelib.errors import ConfigError
from scripts.cli.log_lines import Event, time_of

_LATE_MS: Final = 60_000
"""CloudWatch may return an event up to so long after newer ones."""


class NothingLogged(ConfigError):
    """The stage has no log yet."""


class Source(Protocol):
    """Returns log events."""

    def events(self, since: int) -> Iterable[Event]:
        """Return the events from `since` on (milliseconds since 1970), oldest first. Raises NothingLogged."""


@dataclass(frozen=True)
class CloudWatch:
    """The log groups of a stage's functions."""

    client: Any
    groups: Mapping[str, str]
    """Log groups by the short name of their function."""

    def events(self, since: int) -> list[Event]:
        found = [self._group(function, group, since) for function, group in self.groups.items()]
        if all(events is None for events in found):
            raise NothingLogged("nothing is logged yet: try again in a minute")
        return sorted((event for events in found for event in events or ()), key=lambda event: event.at)

    def _group(self, function: str, group: str, since: int) -> list[Event] | None:
        """Return None if the group does not exist; Lambda creates it with the function's first line."""
        pages = self.client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        try:
            return [_event(function, event) for page in pages for event in page["events"]]
        except self.client.exceptions.ResourceNotFoundException:
            return None


@dataclass(frozen=True)
class File:
    """The demo's log file, to which all functions write."""

    path: Path

    def events(self, since: int) -> list[Event]:
        try:
            texts = self.path.read_text(errors="replace").splitlines()
            changed_at = self.path.stat().st_mtime_ns // 1_000_000
        except FileNotFoundError:
            raise NothingLogged("nothing is logged yet: try again in a minute") from None
        events, at = [], next(filter(None, map(time_of, texts)), changed_at)
        for number, text in enumerate(texts):
            at = time_of(text) or at
            events.append(Event(str(number), at, function="", stream="", text=text))
        return [event for event in events if event.at >= since]


@dataclass
class Tail:
    """Polls a log and returns each event once."""

    source: Source
    since: int
    _seen: dict[str, int] = field(default_factory=dict)

    def fresh(self) -> list[Event]:
        """Return the events that are new since the last call. Raises NothingLogged."""
        events = [event for event in self.source.events(self.since) if event.id not in self._seen]
        self._seen |= {event.id: event.at for event in events}
        self.since = max([self.since, *(event.at - _LATE_MS for event in events)])
        self._seen = {id_: at for id_, at in self._seen.items() if at >= self.since}
        return events


def _event(function: str, event: Mapping[str, Any]) -> Event:
    at, stream, text = event["timestamp"], event["logStreamName"], event["message"].rstrip("\n")
    return Event(f"{stream} {at} {text}", at, function, stream, text)
