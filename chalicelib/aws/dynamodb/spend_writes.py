"""The writes on a day's costs: in its own item, or in the shard of the call."""

from dataclasses import dataclass

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access import shards
from chalicelib.access.budget import DaySpend, Reservation, Settlement
from chalicelib.aws.dynamodb import items, keys, ledger_items
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.aws.dynamodb.spend_conditions import NOT_CLOSED, room_of, shared_by, under, within_cap
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.ids import Channel


@dataclass(frozen=True)
class SetAside:
    """Money that a call sets aside, and what is counted with it."""

    reservation: Reservation
    channel: Channel | None
    counted: DaySpend

    @property
    def shard(self) -> str | None:
        """The name of the shard; None for the day's own item."""
        return shard_of(self.reservation, self.channel)

    @property
    def limits(self) -> str:
        """The settings that must be those of the shards; empty if any may be."""
        return self.reservation.limits

    def write(self) -> Write:
        """The write if its place has room, as it has nearly always."""
        if self.shard is None:
            within, limits = within_cap(self.reservation, self.channel), self.limits
            return counting(self.counted, None, when=within & shared_by(limits) if within and limits else within)
        has_room = under(self.limits)
        if self.reservation.amount:
            has_room = has_room & room_of(self.reservation.amount)
            has_room = has_room & NOT_CLOSED if self.reservation.month else has_room
        return counting(self.counted, self.shard, when=has_room)


def counting(counted: DaySpend, shard: str | None, *, when: ConditionBase | None = None) -> Write:
    """The write that counts something in a shard, or in the day's own item."""
    add = ledger_items.counted(counted)
    if shard is not None and counted.committed:
        add["room"] = -counted.committed
    return update(key_of_part(counted.day, shard), kept(counted.day, Update(add=add)), when=when)


def settled_in(settlement: Settlement, channel: Channel) -> str | None:
    """The name of the shard in which a call is settled; None for the day's own item.

    What a call costs beyond its reservation counts on the day's own item, which alone keeps later calls within the cap.
    """
    is_within = settlement.cost <= settlement.reserved.amount
    return shard_of(settlement.reserved, channel) if is_within else None


def shard_of(reservation: Reservation, channel: Channel | None) -> str | None:
    """The name of the shard in which a reservation is made; None for the day's own item."""
    if reservation.shard is None or channel is None:
        return None
    return shards.shard_name(channel, reservation.shard.number)


def shard_names(own: Item) -> list[str]:
    """The names of a day's shards, of its own item."""
    return sorted(own.get("shards", ()))


def key_of_part(day: str, shard: str | None) -> Key:
    """The key of a shard, or of the day's own item."""
    return keys.spend_key(day) if shard is None else keys.spend_shard_key(day, shard)


def kept(day: str, change: Update) -> Update:
    """The change, of an item that is stored as long as the day's costs."""
    return Update(
        set=change.set,
        set_if_absent={"expires_at": items.spend_expires_at(day)},
        add=change.add,
        add_to_set=change.add_to_set,
    )
