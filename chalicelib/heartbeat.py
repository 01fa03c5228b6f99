"""Once a minute: keep the other functions warm, and wake what was left behind."""

from dataclasses import dataclass
from itertools import islice
from typing import Final

from chalicelib.errors import ParleyError
from chalicelib.observability import Log
from chalicelib.ports import Clock, Inbox, Wake, Warmer

MAX_SWEPT: Final = 200
"""Wakes a beat, so that after an outage the account's concurrency is not used up at once."""


@dataclass(frozen=True)
class Beat:
    """What one heartbeat did."""

    warmed: list[str]
    swept: int


@dataclass(frozen=True)
class Heartbeat:
    """The scheduled function."""

    inbox: Inbox
    wake: Wake
    warmer: Warmer
    clock: Clock
    log: Log

    def beat(self) -> Beat:
        """Sweep, then warm. A wake that cannot be made raises WakeError: the next beat tries again."""
        now = self.clock()
        waiting = list(islice(self.inbox.overdue(now=now), MAX_SWEPT))
        oldest_ms = now - waiting[0].since if waiting else 0
        try:
            for overdue in waiting:
                self.wake.wake(overdue.conversation)
        except ParleyError as exc:
            self.log.failure("heartbeat", exc, oldest_ms=oldest_ms)
            raise
        beat = Beat(warmed=self.warmer.warm(), swept=len(waiting))
        self.log("heartbeat", warmed=len(beat.warmed), swept=beat.swept, oldest_ms=oldest_ms)
        return beat
