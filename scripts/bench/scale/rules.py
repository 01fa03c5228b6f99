"""DynamoDB's documented rules of refusal: units a second of partitions and tables, and transactions that meet.

Sources, read in November 2026: AWS's Developer Guide of DynamoDB, pages bp-partition-key-design,
burst-adaptive-capacity, on-demand-capacity-mode, gsi-throttling, ServiceQuotas, transaction-apis. Times are in seconds.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from math import ceil, log2
from typing import Final

PARTITION_WRITES: Final = 1000
"""Write units a second of one partition of a table or an index, also after adaptive capacity has isolated one item."""
PARTITION_READS: Final = 3000
NEW_TABLE_WRITES: Final = 4000
"""Write units a second that a new on-demand table, and each of its indexes, takes at once."""
TABLE_WRITES: Final = 40_000
"""The default quota of write units a second of a table, and of each of its indexes."""
DOUBLING_S: Final = 30 * 60
"""An on-demand table takes at most twice its previous peak; a new peak counts after this time at the latest."""


@dataclass
class Units:
    """A token bucket of capacity units: refused is what finds too few of them left."""

    a_second: float
    kept_s: float = 1.0
    """For how many seconds unused units are kept. AWS keeps up to 300 s of them as burst capacity, "but that might
    change"; a limit that is met all the time is met all the same, only later."""
    left: float = field(init=False)
    since: float = 0.0

    def __post_init__(self) -> None:
        self.left = self.a_second * self.kept_s

    def has(self, units: float, *, now: float) -> bool:
        """Whether so many units are left."""
        self.left = min(self.a_second * self.kept_s, self.left + (now - self.since) * self.a_second)
        self.since = now
        return self.left >= units

    def take(self, units: float) -> None:
        """Use units, as `has` allowed."""
        self.left -= units


@dataclass
class Transactions:
    """The items in ongoing transactions: a write or another transaction of one of them is refused at once."""

    _until: dict[Hashable, float] = field(default_factory=dict)

    def meets(self, item: Hashable, *, now: float) -> bool:
        """Whether a transaction with this item is under way."""
        return self._until.get(item, 0.0) > now

    def hold(self, item: Hashable, *, until: float) -> None:
        """Begin a transaction with this item."""
        self._until[item] = until


def on_demand_writes(previous_peak: float) -> float:
    """Return the write units a second that an on-demand table, or index, takes at once after such a peak."""
    return min(TABLE_WRITES, max(NEW_TABLE_WRITES, 2 * previous_peak))


def seconds_until(writes: float) -> float:
    """Return after how long a new on-demand table takes so many write units a second, if its load doubles as it may.

    Infinite beyond the default quota.
    """
    if writes > TABLE_WRITES:
        return float("inf")
    return DOUBLING_S * max(0, ceil(log2(writes / NEW_TABLE_WRITES)))
