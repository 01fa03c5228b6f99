"""The levels of a budget at which the owner is warned: when half, and when four fifths of it are used.

Money is first set aside only up to the next level. If that has no room, the level is passed, and the one above is
tried. So the warning needs no request to the store but for the user's question that passes a level.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from chalicelib.access.budget import Reservation
from chalicelib.access.ledger import month_of


class Part(StrEnum):
    """What has a budget of its own."""

    DAY = "day"
    MONTH = "month"
    CHANNEL = "channel"
    """A channel's part of the day's budget."""


_LEVELS: Final[Mapping[Part, tuple[int, ...]]] = {Part.DAY: (50, 80), Part.MONTH: (50, 80), Part.CHANNEL: (80,)}
"""In percent."""
ALL: Final = 100
"""Past the last level, all of the budget may be set aside."""


@dataclass
class Levels:
    """How many levels of each budget are known to be passed, in one process."""

    _passed: dict[tuple[Part, str], int] = field(default_factory=dict)

    def next(self, reserved: Reservation, channel: str) -> Reservation:
        """Return the reservation, limited to the next level of each budget that has one."""
        month = reserved.month
        if month:
            month = replace(month, cap=self._limit(Part.MONTH, month.cap, reserved, channel))
        cap, of_channel = self._limit(Part.DAY, reserved.cap, reserved, channel), reserved.channel_cap
        if of_channel is not None:
            of_channel = self._limit(Part.CHANNEL, of_channel, reserved, channel)
        return replace(reserved, cap=cap, channel_cap=of_channel, month=month)

    def percent(self, part: Part, reserved: Reservation, channel: str) -> int:
        """Return up to how much of the budget money is set aside: that of the next level, or ALL past the last."""
        passed = self._passed.get(_key(part, reserved, channel), 0)
        return (*_LEVELS[part], ALL)[passed]

    def go_past(self, part: Part, reserved: Reservation, channel: str) -> None:
        """Note that the next level is passed."""
        key = _key(part, reserved, channel)
        self._passed[key] = min(self._passed.get(key, 0) + 1, len(_LEVELS[part]))

    def go_back(self, part: Part, reserved: Reservation, channel: str) -> None:
        """Note that none is known to be passed."""
        self._passed.pop(_key(part, reserved, channel), None)

    def _limit(self, part: Part, cap: int, reserved: Reservation, channel: str) -> int:
        return cap * self.percent(part, reserved, channel) // ALL


def _key(part: Part, reserved: Reservation, channel: str) -> tuple[Part, str]:
    """Return whose levels these are: of the day, of the channel on that day, or of the month."""
    match part:
        case Part.DAY:
            return part, reserved.day
        case Part.CHANNEL:
            return part, f"{reserved.day} {channel}"
        case Part.MONTH:
            return part, month_of(reserved.day)
