"""Where a stage's log is: in CloudWatch, or in the demo's file. Each is read from a time on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from chalicelib.errors import ConfigError
from scripts.cli.log_lines import Event, time_of

_LATE_MS: Final = 60_000
"""How late CloudWatch may show an event that is older than one it has shown."""


class NothingLogged(ConfigError):
    """There is no log yet."""


class Source(Protocol):
    """A log."""

    def events(self, since: int) -> Iterable[Event]:
        """Those from `since` on, the oldest first. Raises NothingLogged."""


@dataclass(frozen=True)
class CloudWatch:
    """The log groups of a stage's functions."""

    client: Any
    groups: Mapping[str, str]
    """By the function's name in words."""

    def events(self, since: int) -> list[Event]:
        found = [self._group(function, group, since) for function, group in self.groups.items()]
        if all(events is None for events in found):
            raise NothingLogged("nothing logged yet: has anybody written?")
        return sorted((event for events in found for event in events or ()), key=lambda event: event.at)

    def _group(self, function: str, group: str, since: int) -> list[Event] | None:
        """None when there is no such group: it comes with the function's first line."""
        pages = self.client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        try:
            return [_event(function, event) for page in pages for event in page["events"]]
        except self.client.exceptions.ResourceNotFoundException:
            return None


@dataclass(frozen=True)
class File:
    """The demo's log, in which its functions are not told apart."""

    path: Path

    def events(self, since: int) -> list[Event]:
        try:
            texts = self.path.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            raise NothingLogged("nothing logged yet: has anybody written?") from None
        events, at = [], 0
        for number, text in enumerate(texts):
            at = time_of(text) or at
            events.append(Event(str(number), at, function="", stream="", text=text))
        return [event for event in events if event.at >= since]


@dataclass
class Tail:
    """A log read again and again: every event once."""

    source: Source
    since: int
    _seen: dict[str, int] = field(default_factory=dict)

    def fresh(self) -> list[Event]:
        """The events that were not there the last time. Raises NothingLogged."""
        events = [event for event in self.source.events(self.since) if event.id not in self._seen]
        self._seen |= {event.id: event.at for event in events}
        self.since = max([self.since, *(event.at - _LATE_MS for event in events)])
        self._seen = {id_: at for id_, at in self._seen.items() if at >= self.since}
        return events


def _event(function: str, event: Mapping[str, Any]) -> Event:
    at, stream, text = event["timestamp"], event["logStreamName"], event["message"].rstrip("\n")
    return Event(f"{stream} {at} {text}", at, function, stream, text)
