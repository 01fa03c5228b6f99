"""Reads an item that changes rarely along with others, so that it costs no request of its own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key


@dataclass
class ReadAlong:
    """An item that is read again with the first read after `every_ms`. One value is shared by the tables of a process.

    Two threads may both read it once; that is harmless.
    """

    key: Key
    clock: Callable[[], int]
    """Returns milliseconds since any moment."""
    every_ms: int = 60_000
    item: Item | None = None
    """As last read; None before, and if it did not exist."""
    _read_at: int | None = None

    @property
    def is_due(self) -> bool:
        """Whether the item was never read, or `every_ms` ago."""
        return self._read_at is None or self.clock() - self._read_at >= self.every_ms

    def current(self, read: Callable[[Sequence[Key]], Iterable[Item]]) -> Item:
        """Return the item as it was at most `every_ms` ago, empty if it did not exist; `read` reads items by keys."""
        if self.is_due:
            self.took(next(iter(read([self.key])), None))
        return self.item or {}

    def forget(self) -> None:
        """Read it again with the next read, because this process has changed it."""
        self._read_at = None

    def took(self, item: Item | None) -> None:
        """Keep what was read now."""
        self.item, self._read_at = item, self.clock()
