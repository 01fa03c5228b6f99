"""A day's budget in several items, so that many calls can set money aside at once: the day's own, and shards.

A small budget has the day's own item alone. A large one grants money to shards, in parts that become smaller:

    committed   of the day's own item: what was set aside there, and all that was granted; the caps limit it alone
    granted     of the same: the part of it that was granted to a channel's shards
    room        of a shard: what it was granted and has not set aside

A call sets money aside in its shard, and settles it there unless it cost more. If the shard has too little left, the
same transaction takes more from the day's own item, and, where that has none, from other shards. So no call is refused
while there is room anywhere. If the settings change on the day, what was granted is first taken back from all shards
(`drain`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Final

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access import ledger, shards
from chalicelib.access.budget import DaySpend
from chalicelib.access.shards import Headroom
from chalicelib.aws.dynamodb import ledger_items
from chalicelib.aws.dynamodb.conditions import NOT_EXISTS
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.ledger_items import committed_by, granted_to
from chalicelib.aws.dynamodb.spend_conditions import (
    DRAINED,
    NOT_CLOSED,
    has_room_for,
    room_below,
    room_is,
    room_of,
    shared_by,
    still_drained,
    under,
)
from chalicelib.aws.dynamodb.spend_writes import SetAside, kept, key_of_part, shard_names
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.errors import StoreError
from chalicelib.ids import Channel

_TRIES: Final = 50
"""How often a call looks for room that others take before it."""


def set_aside(table: Table, money: SetAside, **others: Write | None) -> None:
    """Set money aside, with other writes, in one transaction. Raises TransactionRefused, StoreError.

    If no room is left, `failed["spend"]` is as the day's item would be if it were the only one.
    """
    try:
        table.transact(**others, spend=money.write())
    except TransactionRefused as exc:
        if exc.failed.keys() != {"spend"}:
            raise
        found = exc.failed["spend"] or {}
        if money.shard is None and not shard_names(found):
            raise
        _Search(table, money).set_aside(others)


def set_aside_alone(table: Table, money: SetAside) -> bool:
    """Set money aside on the day's own item with no other write; False, with nothing counted, if no room is left."""
    try:
        table.write(money.write())
    except ConditionFailed as exc:
        if not shard_names(exc.item or {}):
            return False
    else:
        return True
    try:
        _Search(table, money).set_aside({})
    except TransactionRefused:
        return False
    return True


@dataclass(frozen=True)
class _Day:
    """The items of a day: its own, that of a call's shard, and others."""

    own: Item
    shard: Item | None
    others: Mapping[str, Item]

    @property
    def limits(self) -> str | None:
        """The settings by which it is shared out; None if it never was."""
        return self.own.get("limits")

    def spent(self, day: str) -> DaySpend:
        """What all of them have counted."""
        found = [self.own, self.shard or {}, *self.others.values()]
        return reduce(ledger.added, (ledger_items.day_spend(item) for item in found if item), DaySpend(day))


@dataclass(frozen=True)
class _Search:
    """Looks for room in the whole day, after a call's own shard had none."""

    table: Table
    money: SetAside

    def set_aside(self, others: Mapping[str, Write | None]) -> None:
        for _ in range(_TRIES):
            day = self._read()
            if self._must_drain(day):
                self._drain(day)
                continue
            self._refuse_if_full(day)
            writes = self._writes(day)
            try:
                self.table.transact(**others, **writes)
            except TransactionRefused as exc:
                theirs = {name: item for name, item in exc.failed.items() if name not in writes}
                if theirs:
                    raise TransactionRefused(theirs) from exc
            else:
                return
        raise StoreError("other calls took each time what a call was about to set aside")

    def _read(self) -> _Day:
        """Read the day's own item, and the call's shard; all others too unless more can be granted at once."""
        day, shard = self.money.reservation.day, self.money.shard
        wanted = [key_of_part(day, None), *([key_of_part(day, shard)] if shard else [])]
        found = {item["pk"]: item for item in self.table.get_many(wanted)}
        own, mine = found.get(wanted[0]["pk"], {}), found.get(wanted[-1]["pk"]) if shard else None
        read = _Day(own, mine, {})
        if shard and read.limits in (None, self.money.limits) and self._lacks(read) <= _least(self._room(read)):
            return read
        rest = [name for name in shard_names(own) if name != shard]
        there = {item["pk"]: item for item in self.table.get_many([key_of_part(day, name) for name in rest])}
        return _Day(own, mine, {name: there.get(key_of_part(day, name)["pk"], {}) for name in rest})

    def _room(self, day: _Day) -> Headroom:
        reservation, channel = self.money.reservation, self.money.channel
        ungranted, of_channel = reservation.most - _number(day.own, "committed"), None
        if channel is not None and reservation.channel_cap is not None:
            of_channel = reservation.channel_cap - _number(day.own, committed_by(channel))
        left = {name: _number(item, "room") for name, item in day.others.items()}
        return Headroom(ungranted, of_channel, left)

    def _lacks(self, day: _Day) -> int:
        """What the call's shard must be granted at least; negative if it has more left than the call needs."""
        amount = self.money.reservation.amount
        return amount - _number(day.shard or {}, "room") if amount else 0

    def _refuse_if_full(self, day: _Day) -> None:
        reservation, channel = self.money.reservation, self.money.channel
        if not reservation.amount:
            return
        spent, is_closed = day.spent(reservation.day), bool(reservation.month) and "closed" in day.own
        fits = spent.committed + reservation.amount <= reservation.most
        if channel is not None and reservation.channel_cap is not None:
            fits = fits and spent.channels.get(channel, 0) + reservation.amount <= reservation.channel_cap
        if is_closed or not fits:
            whole = {**ledger_items.counted(spent), **({"closed": True} if "closed" in day.own else {})}
            raise TransactionRefused({"spend": whole})

    def _writes(self, day: _Day) -> dict[str, Write]:
        """The writes that set the money aside with what is granted for it, and taken from other shards."""
        money, room, lacks = self.money, self._room(day), self._lacks(day)
        shard, reservation = money.shard, money.reservation
        if shard is None or reservation.shard is None:
            taken = room.taken_for(reservation.amount, money.channel)
            return {"spend": self._own_write(day, 0, taken), **self._givers(taken)}
        is_open = day.shard is not None and day.shard.get("limits") == money.limits
        if is_open and lacks <= 0:
            return {"spend": money.write()}
        granted = (
            room.share(lacks, shard.split(".", maxsplit=1)[0], of=reservation.shard.of) if reservation.amount else 0
        )
        taken = room.taken_for(granted, money.channel)
        return {
            "spend": self._granted(day, shard, granted),
            "day": self._own_write(day, granted, taken),
            **self._givers(taken),
        }

    def _granted(self, day: _Day, shard: str, granted: int) -> Write:
        """The write on the call's shard, which others may not have been granted more for meanwhile."""
        money, amount = self.money, self.money.reservation.amount
        add = ledger_items.counted(money.counted)
        if day.shard is None:
            when: ConditionBase = NOT_EXISTS
        else:
            stored = str(day.shard.get("limits", DRAINED))
            when = under(stored)
            if amount:
                when = when & room_of(amount - granted)
                when = when & room_below(amount) if stored == money.limits else when
        closed = {"closed": True} if "closed" in day.own else {}
        change = Update(set={"limits": money.limits, **closed}, add={**add, "room": granted - amount})
        return update(key_of_part(money.reservation.day, shard), kept(money.reservation.day, change), when=when)

    def _own_write(self, day: _Day, granted: int, taken: Mapping[str, int]) -> Write:
        """The write on the day's own item: what it grants, less what others give back, and what is counted there."""
        money, channel = self.money, self.money.channel
        add = _moved(taken)
        if money.shard is None or channel is None:
            for name, number in ledger_items.counted(money.counted).items():
                add[name] = add.get(name, 0) + number
            whole, shared = money.reservation.amount, Update()
        else:
            for name in ("committed", committed_by(channel), granted_to(channel)):
                add[name] = add.get(name, 0) + granted
            whole = granted
            shared = Update(set={"limits": money.limits}, add_to_set={"shards": {money.shard}})
        back = sum(taken.values())
        of_channel = sum(some for name, some in taken.items() if shards.is_of(name, channel))
        room = has_room_for(money.reservation, channel, whole=whole - back, of_channel=whole - of_channel)
        still_open = NOT_CLOSED if money.shard and "closed" not in day.own else None
        wanted = [each for each in (room, still_open, self._same_limits(day)) if each is not None]
        change = Update(set=shared.set, add_to_set=shared.add_to_set, add={n: v for n, v in add.items() if v})
        when = reduce(and_, wanted) if wanted else None
        return update(key_of_part(money.reservation.day, None), kept(money.reservation.day, change), when=when)

    def _givers(self, taken: Mapping[str, int]) -> dict[str, Write]:
        day = self.money.reservation.day
        return {
            f"of {name}": update(key_of_part(day, name), Update(add={"room": -some}), when=room_of(some))
            for name, some in taken.items()
        }

    def _same_limits(self, day: _Day) -> ConditionBase | None:
        if not self.money.limits:
            return None
        if day.limits == DRAINED:
            return still_drained(_number(day.own, "drained"))
        return shared_by(self.money.limits)

    def _must_drain(self, day: _Day) -> bool:
        limits = self.money.limits
        if not limits or day.limits in (None, limits):
            return False
        return day.limits != DRAINED or any(True for _ in _undrained(day, self.money.shard))

    def _drain(self, day: _Day) -> None:
        """Take back what was granted by other settings, so that none of it is spent by these.

        First no more is granted, then each shard gives back what it has left. What is settled later stays in its shard
        until that is granted more by the new settings.
        """
        name = self.money.reservation.day
        if day.limits != DRAINED:
            stopped = Update(set={"limits": DRAINED}, add={"drained": 1})
            self.table.write_if(update(key_of_part(name, None), stopped, when=under(str(day.limits))))
            return
        for shard, item in _undrained(day, self.money.shard):
            left = _number(item, "room")
            back = max(0, left)
            emptied = Update(set={"limits": DRAINED}, add={"room": -back})
            when = under(str(item.get("limits"))) & room_is(left)
            given = update(key_of_part(name, None), Update(add=_moved({shard: back}))) if back else None
            try:
                self.table.transact(day=given, shard=update(key_of_part(name, shard), emptied, when=when))
            except TransactionRefused:
                return


def _undrained(day: _Day, mine: str | None) -> Iterator[tuple[str, Item]]:
    found = {**day.others, **({mine: day.shard} if mine and day.shard else {})}
    return ((name, item) for name, item in found.items() if item.get("limits", DRAINED) != DRAINED)


def _moved(taken: Mapping[str, int]) -> dict[str, int]:
    """What the day's own item has less when shards give something back."""
    add: dict[str, int] = {}
    for name, some in taken.items():
        channel = Channel(name.split(".", maxsplit=1)[0])
        for counter in ("committed", committed_by(channel), granted_to(channel)):
            add[counter] = add.get(counter, 0) - some
    return add


def _least(room: Headroom) -> int:
    return room.ungranted if room.ungranted_of_channel is None else min(room.ungranted, room.ungranted_of_channel)


def _number(item: Item, name: str) -> int:
    return int(item.get(name, 0))
