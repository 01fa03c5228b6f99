"""The budget on the day of a call: its own, and what the month's leaves of it.

What the earlier days of the month have used is read once a day. From then on nothing more is set aside on them, so it
only falls, and the month's budget holds without an item of its own in each transaction.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import quota
from chalicelib.access.budget import Budget, Reservation, Usage
from chalicelib.access.ports import Spending
from chalicelib.clock import Clock

_AGAIN_MS: Final = 60_000
"""After so long the earlier days are read again if the month has no room: some of it may have been given back."""


@dataclass
class TodaysBudget:
    """Says what a call may cost at most. Methods raise StoreError."""

    budget: Budget
    spending: Spending
    clock: Clock
    zone: ZoneInfo
    """The owner's time zone, in which the day begins."""
    _first_open: str = field(default="", init=False)
    """The first day that is not known to be over."""
    _before: int = field(default=0, init=False)
    _read_for: str = field(default="", init=False)
    """The day for which the earlier ones were read."""
    _read_at: int = field(default=0, init=False)

    def day(self) -> str:
        """Return the ISO date in the owner's time zone; the next one if another computer has begun that."""
        now = self.clock()
        return max(quota.date_at(now, zone=self.zone), self._first_open)

    def reserve(self, most: Usage, *, model: str = "") -> Reservation:
        """Return what must be set aside for a call of no turn that uses at most `most`."""
        day = self.day()
        return self.budget.reserve(most, day=day, model=model, before=self._used_before(day))

    def reserve_for_turn(
        self, most: Usage, *, is_unlimited: bool, model: str = "", persona: str = "", name: str = ""
    ) -> Reservation:
        """Return the same for a user's question; `name` is that of `Budget.for_turn`."""
        hour = quota.hour_of(self.clock(), zone=self.zone)
        whole = replace(self.reserve(most, model=model), persona=persona, hour=hour)
        return self.budget.for_turn(whole, is_unlimited=is_unlimited, name=name)

    def go_past(self, day: str) -> None:
        """Note that no more can be set aside on that day, whatever this computer's clock says."""
        following = date.fromisoformat(day) + timedelta(days=1)
        self._first_open = max(self._first_open, following.isoformat())

    def read_again(self) -> bool:
        """Read anew what the earlier days have used; False if that was done a moment ago, or there are none."""
        if self._read_for != self.day() or self.clock() - self._read_at < _AGAIN_MS:
            return False
        before, self._read_for = self._before, ""
        return self._used_before(self.day()) < before

    def _used_before(self, day: str) -> int:
        if self.budget.month_cap is None or self.budget.is_free:
            return 0
        if self._read_for != day:
            asked_for = date.fromisoformat(day)
            self._before = 0 if asked_for.day == 1 else self.spending.used_before(asked_for)
            self._read_for, self._read_at = day, self.clock()
        return self._before
