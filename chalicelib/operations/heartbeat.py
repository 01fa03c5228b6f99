"""The service that runs once a minute: wakes workers for overdue conversations, keeps functions warm, runs jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from chalicelib.clock import Clock
from chalicelib.conversation.ports import Inbox, Wake
from chalicelib.errors import ParleyError
from chalicelib.log import Log
from chalicelib.operations.ports import Warmer

MAX_SWEPT: Final = 200
"""Conversations a beat, so that workers do not use up the account's concurrency after an outage."""

Job = Callable[[int], object]
"""Work of one capability; gets the time of the beat in milliseconds since 1970 and logs lines of its own."""
CountedJob = Callable[[int], int]
"""A job that logs nothing about its success; returns a number for the heartbeat's log line instead."""


@dataclass(frozen=True)
class Beat:
    """What one heartbeat did."""

    warmed: list[str]
    """Names of the functions that answered."""
    swept: int
    """Number of conversations for which a worker was woken."""
    counts: Mapping[str, int]
    """Results of the counted jobs, by field of the log line."""


@dataclass(frozen=True)
class Heartbeat:
    """Runs what has to be done once a minute, each step after the other."""

    inbox: Inbox
    wake: Wake
    warmer: Warmer
    counted_jobs: Mapping[str, CountedJob]
    """By the field of the log line that holds their result; they run in this order, before the line is logged."""
    jobs: Sequence[Job]
    """Run in this order, after the line is logged."""
    clock: Clock
    log: Log

    def beat(self) -> Beat:
        """Sweep, warm, run the jobs, and return what was done.

        The first error ends the beat and is raised, for example WakeError: the steps after it wait for the next beat.
        """
        now = self.clock()
        swept, oldest_ms = self._sweep(now)
        warmed = self.warmer.warm()
        beat = Beat(warmed, swept, counts={name: job(now) for name, job in self.counted_jobs.items()})
        self.log("heartbeat", warmed=len(beat.warmed), swept=beat.swept, **beat.counts, oldest_ms=oldest_ms)
        for job in self.jobs:
            job(now)
        return beat

    def _sweep(self, now: int) -> tuple[int, int]:
        """Wake a worker for each overdue conversation; return their number and how long the oldest has waited, in ms.

        Raises WakeError and StoreError; conversations that are still overdue are found by the next beat.
        """
        waiting = list(islice(self.inbox.overdue(now=now), MAX_SWEPT))
        oldest_ms = now - waiting[0].since if waiting else 0
        try:
            for overdue in waiting:
                self.wake.wake(overdue.conversation)
        except ParleyError as exc:
            self.log.failure("heartbeat", exc, oldest_ms=oldest_ms)
            raise
        return len(waiting), oldest_ms
