"""The conditions under which money is set aside: the budget's room, the user's share, and what a shard was granted."""

from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.access.budget import Reservation
from chalicelib.access.ledger import month_of
from chalicelib.aws.dynamodb.day_counts import spent_on
from chalicelib.aws.dynamodb.ledger_items import committed_by, cost_in
from chalicelib.ids import Channel

NOT_CLOSED = Attr("closed").not_exists()
"""The day's costs have not been read for the sum of a month's earlier days."""
DRAINED: Final = "-"
"""In place of settings: no money may be spent here until the day is shared out again."""


def within_cap(reserved: Reservation, channel: Channel | None) -> ConditionBase | None:
    """The day's budget, and the channel's part of it, have room for the reservation; None for one of 0."""
    return has_room_for(reserved, channel, whole=reserved.amount, of_channel=reserved.amount)


def has_room_for(
    reserved: Reservation, channel: Channel | None, *, whole: int, of_channel: int
) -> ConditionBase | None:
    """The same for more, or less, than the reservation: for this much of the day's budget, and of the channel's part.

    Both may be negative where money is moved from one place to another.
    """
    if not reserved.amount:
        return None
    within = _has_room(Attr("committed"), reserved.most - whole)
    within = within & NOT_CLOSED if reserved.month else within
    if channel is None or reserved.channel_cap is None:
        return within
    return within & _has_room(Attr(committed_by(channel)), reserved.channel_cap - of_channel)


def within_share(reserved: Reservation) -> ConditionBase | None:
    """The user's share of the day's and of the month's budget has room; None for one of 0, or without a share."""
    if not reserved.amount or reserved.person_cap is None:
        return None
    within = _has_room(Attr(spent_on(reserved.day)), reserved.person_cap - reserved.amount)
    if reserved.month is None or reserved.month.of_person is None:
        return within
    return within & _has_room(Attr(cost_in(month_of(reserved.day))), reserved.month.of_person - reserved.amount)


def room_of(least: int) -> ConditionBase:
    """The shard has at least this much left of what it was granted."""
    return Attr("room").gte(least)


def room_below(least: int) -> ConditionBase:
    """The shard has less than this left."""
    return Attr("room").lt(least)


def room_is(left: int) -> ConditionBase:
    """The shard has exactly this left, as when it was read."""
    return Attr("room").eq(left)


def under(limits: str) -> ConditionBase:
    """The shard's money was granted by these settings."""
    return Attr("limits").eq(limits)


def shared_by(limits: str) -> ConditionBase:
    """The day is shared out by these settings, or not at all."""
    return Attr("limits").not_exists() | Attr("limits").eq(limits)


def still_drained(drained: int) -> ConditionBase:
    """The day's shards have no settings, as when they were read: it was drained so often."""
    return Attr("limits").eq(DRAINED) & Attr("drained").eq(drained)


def _has_room(used: Attr, most: int) -> ConditionBase:
    return used.not_exists() | used.lte(most) if most >= 0 else used.lte(most)
