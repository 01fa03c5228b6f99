"""A list that a person keeps with the bot, such as wishes, as a frozen value, and how it changes. Pure."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Final

MAX_ITEMS: Final = 50
LONGEST_ITEM: Final = 200
"""Characters."""
MAX_LISTS: Final = 10
"""Of one person."""
LONGEST_NAME: Final = 40
"""Characters of a list's name."""
_CHANGES_KNOWN: Final = 100


class ListFull(Exception):
    """The list has MAX_ITEMS items."""


class NotOnList(Exception):
    """The list has no such item."""


@dataclass(frozen=True)
class PersonList:
    """One list of one person."""

    name: str
    items: tuple[str, ...] = field(default=(), repr=False)
    """In the order in which they were added."""
    version: int = 0
    """How often it was stored; 0 for a list that is not."""
    done: tuple[str, ...] = field(default=(), repr=False)
    """The keys of its last changes."""
    offered_in: str = ""
    """The turn in which it was first asked whether to hand over these items; empty if it was not."""
    handed_over_at: int = 0
    """When these items were handed over to the owner, in milliseconds since 1970; 0 if they were not."""

    def with_item(self, item: str, *, key: str) -> "PersonList":
        """Return the list with one item more, at its end; not twice, and for a key once. Raises ListFull."""
        if self._is_done(key) or _same(item) in map(_same, self.items):
            return self
        if len(self.items) >= MAX_ITEMS:
            raise ListFull
        return self._changed((*self.items, item), key)

    def without_item(self, item: str, *, key: str) -> "PersonList":
        """Return the list without an item, whatever its case. For a key it is removed once. Raises NotOnList."""
        if self._is_done(key):
            return self
        kept = tuple(each for each in self.items if _same(each) != _same(item))
        if len(kept) == len(self.items):
            raise NotOnList
        return self._changed(kept, key)

    def with_those_of(self, other: "PersonList", *, key: str) -> tuple["PersonList", "PersonList"]:
        """Return the list with the items of another one, as many as it has room for, and the other with the rest.

        With the same `key` an item is added once.
        """
        merged, rest = self, list(other.items)
        while rest:
            try:
                merged = merged.with_item(rest[0], key=hashlib.sha256(f"{key}#{rest[0]}".encode()).hexdigest())
            except ListFull:
                break
            del rest[0]
        return merged, replace(other, items=tuple(rest), done=(), offered_in="", handed_over_at=0)

    def _is_done(self, key: str) -> bool:
        return _short(key) in self.done

    def _changed(self, items: tuple[str, ...], key: str) -> "PersonList":
        done = (*self.done, _short(key))[-_CHANGES_KNOWN:]
        return replace(self, items=items, done=done, offered_in="", handed_over_at=0)


def _same(item: str) -> str:
    return item.strip().casefold()


def _short(key: str) -> str:
    return key[:16]
