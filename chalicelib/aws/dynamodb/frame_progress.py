"""Counts a connection's frames, and stores how far they have been handled, in the item of the connection."""

from dataclasses import dataclass, replace
from typing import Final

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access.token_bucket import TokenBucket
from chalicelib.aws.dynamodb import items
from chalicelib.aws.dynamodb.conditions import EXISTS, bucket_full, has_token, is_next, not_past
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key
from chalicelib.aws.dynamodb.table import ConditionFailed, Table
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.frame_place import Arrival, FramePlace, Progress
from chalicelib.conversation.limits import FRAMES_OF_A_CONNECTION, WAITING_FRAMES
from chalicelib.errors import StoreError

_TRIES: Final = 20
"""More than there are cases, because other frames change the item between two attempts."""


@dataclass(frozen=True)
class _Case:
    """What one attempt to count a frame assumes. Its conditions demand it.

    Only EARLY is not demanded: the earlier frame may come meanwhile, and this one then waits in vain, but not for long.
    """

    full: bool = True
    """No token is missing from the bucket of the connection's frames."""
    arrival: Arrival = Arrival.NEXT
    waits: bool = False
    """The frame waits; an early one for which the bucket of WAITING_FRAMES has no token goes first."""
    all_may_wait: bool = True
    """No token is missing from that bucket."""


@dataclass(frozen=True)
class FrameProgress:
    """The frames of one connection; `key` is that of its item."""

    table: Table
    key: Key

    def count(self, place: FramePlace, *, now: int) -> Connection | None:
        """Do what `ConnectionStore.count_frame` promises, with the update that reads the connection.

        DynamoDB cannot compute the later of two times. So the update assumes a full bucket, as a client has that sends
        its frames one by one, and that the frame is the next one. If not, the item that comes back says what to write.
        """
        case = _Case()
        for _ in range(_TRIES):
            try:
                item = self.table.write(self._counting(case, place, now=now))
            except ConditionFailed as exc:
                found = exc.item
                if found is None or not items.is_there(found, now=now):
                    return None
                if not FRAMES_OF_A_CONNECTION.has_token(int(found.get("full_at", 0)), now=now):
                    return replace(items.connection(found), too_fast=True)
                case = _case(found, place, now=now)
            else:
                known = _connection(item, place, begun=case.arrival is Arrival.NEXT, now=now)
                return known and replace(known, waits=case.waits)
        raise StoreError("the connection changes too often")

    def begin(self, place: FramePlace, *, now: int, at_last: bool) -> Connection | None:
        """Do what `ConnectionStore.begin_frame` promises."""
        change, item, begun = _begun(place, forced=at_last), None, False
        if not change.set:
            item = self.table.get(self.key)
        else:
            when = EXISTS & (not_past(place.number) if at_last else is_next(place, now=now))
            try:
                item, begun = self.table.write(update(self.key, change, when=when)), not at_last
            except ConditionFailed as exc:
                item = exc.item
        if item is None or (not begun and not at_last and _progress(item).arrival_of(place, now=now) is Arrival.EARLY):
            return None
        return _connection(item, place, begun=begun, now=now)

    def done(self, number: int | None) -> None:
        """Do what `ConnectionStore.frame_done` promises."""
        change = Update(set={} if number is None else {"n": number, "mark": ""}, remove=["moving"])
        try:
            self.table.write(update(self.key, change, when=EXISTS & not_past(number)))
        except ConditionFailed:
            return  # the connection is closed, or a later frame has stopped waiting for this one

    def _counting(self, case: _Case, place: FramePlace, *, now: int) -> Write:
        change = Update()
        when: ConditionBase = EXISTS
        if case.arrival is Arrival.NEXT:
            change, when = _begun(place), when & is_next(place, now=now)
        elif case.arrival is Arrival.EARLY and not case.waits:
            change, when = _begun(place, forced=True), when & not_past(place.number)
        change, room = _taking(change, FRAMES_OF_A_CONNECTION, "full_at", full=case.full, now=now)
        when &= room
        if case.waits:
            change, room = _taking(change, WAITING_FRAMES, "waits_at", full=case.all_may_wait, now=now)
            when &= room
        return update(self.key, change, when=when)


def _taking(change: Update, bucket: TokenBucket, state: str, *, full: bool, now: int) -> tuple[Update, ConditionBase]:
    """Return the change that also takes a token, and its condition; `state` is the attribute of the bucket's state."""
    if full:
        return replace(change, set={**change.set, state: bucket.taken(0, now=now)}), bucket_full(now, of=state)
    taken = replace(change, add={**change.add, state: bucket.every_ms})
    return taken, has_token(bucket, now=now, of=state)


def _case(found: Item, place: FramePlace, *, now: int) -> _Case:
    arrival, waits_at = _progress(found).arrival_of(place, now=now), int(found.get("waits_at", 0))
    return _Case(
        full=FRAMES_OF_A_CONNECTION.is_full(int(found.get("full_at", 0)), now=now),
        arrival=arrival,
        waits=arrival is Arrival.EARLY and WAITING_FRAMES.has_token(waits_at, now=now),
        all_may_wait=WAITING_FRAMES.is_full(waits_at, now=now),
    )


def _begun(place: FramePlace, *, forced: bool = False) -> Update:
    """The change that stores that the frame has begun; empty if nothing has to be stored."""
    if place.moves:
        return Update(set={"moving": place.received_at})
    if place.number is None:
        return Update()
    begun = {"n": place.number, "mark": place.mark}
    return Update(set={**begun, "mark_before": ""}) if forced else Update(set=begun, copy={"mark_before": "mark"})


def _progress(item: Item) -> Progress:
    return Progress(int(item.get("n", 0)), item.get("mark", ""), int(item.get("moving", 0)))


def _connection(item: Item, place: FramePlace, *, begun: bool, now: int) -> Connection | None:
    if not items.is_there(item, now=now):
        return None
    known = items.connection(item)
    mark = item.get("mark_before", "")
    follows = begun and place.number is not None and place.is_right_after(mark, here=known.room)
    return replace(known, after_question=follows)
