"""The inbox over DynamoDB: each step of a turn's life is one atomic write under named conditions.

Two clocks meet in the lease, the holder's and the next one's; both are Lambda's, far less than the spare apart:

    take            the work must be over                 lease_until        take by another
    |---------------------------------|-- LEASE_SPARE_MS --|------------------|

A holder that lives on regardless is stopped by the fence, which each taking raises.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from boto3.dynamodb.conditions import ConditionBase, Key

from chalicelib.access import identity
from chalicelib.access.budget import Reservation, Settlement
from chalicelib.access.traits import TRAITS
from chalicelib.aws.dynamodb import items, keys, refusals, spend, transcript
from chalicelib.aws.dynamodb.conditions import (
    EXISTS,
    JUST_FULL,
    KEY_NOT_SPENT,
    MAX_OPEN_TURNS,
    NOT_BLOCKED,
    NOT_EXISTS,
    ROOM_LEFT,
    STILL_DUE,
    below,
    in_state,
    is_mine,
    key_valid,
    knows_room,
    nobody_works,
    not_told,
    nothing_arrived,
    something_counted,
)
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused, Update, Write, put, update
from chalicelib.conversation.ports import Accepted, Charged
from chalicelib.conversation.turn import OPEN_STATES, IncomingMessage, Lease, Overdue, Reply, Thread, Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import ConversationId, TurnId


@dataclass(frozen=True)
class DynamoInbox:
    """`ports.Inbox` over one table."""

    table: Table

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        item = items.queued_item(message, now=now)
        try:
            self._admit(message, item, now=now, room=ROOM_LEFT)
        except TransactionRefused as exc:
            refused = refusals.why_not_accepted(exc)
            just_full = refused is Accepted.OVERFLOW and refusals.open_turns(exc) == MAX_OPEN_TURNS
            has_to_say_so = just_full and not TRAITS[message.channel].refuses_at_once
            return self._accept_overflow(message, now=now) if has_to_say_so else refused
        return Accepted.QUEUED

    def _accept_overflow(self, message: IncomingMessage, *, now: int) -> Accepted:
        """One turn in place of all that came too fast, to tell the person."""
        try:
            self._admit(message, items.overflow_item(message, now=now), now=now, room=JUST_FULL)
        except TransactionRefused as exc:
            refused = refusals.why_not_accepted(exc)
            room_again = refused is Accepted.OVERFLOW and refusals.open_turns(exc) < MAX_OPEN_TURNS
            return self.accept(message, now=now) if room_again else refused
        return Accepted.OVERFLOW

    def _admit(self, message: IncomingMessage, item: Item, *, now: int, room: ConditionBase) -> None:
        in_room = identity.room_of(message.conversation) is not None
        arrived = Update(count={"arrivals": 1, "open_turns": 1}, first={"due_bucket": keys.DUE_BUCKET, "due_at": now})
        seen = Update(
            put={"last_seen": now, "channel": message.channel.value},
            first={"first_seen": now, "quota": {}},
            union={"rooms": {str(message.conversation)}} if in_room else {},
            remove=["expires_at"],
        )
        may_write = NOT_BLOCKED & knows_room(message.conversation) if in_room else NOT_BLOCKED
        writes = [
            put(item, when=NOT_EXISTS),
            update(keys.conversation_key(message.conversation), arrived, when=room),
            update(keys.person_key(message.person), seen, when=may_write),
        ]
        if not message.time_is_signed:
            mark = {**keys.seen_key(message), "expires_at": item["expires_at"]}
            writes.append(put(mark, when=NOT_EXISTS))
        self.table.transact(*writes)

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        change = Update(put={"lease_owner": owner, "lease_until": until}, count={"fence": 1})
        try:
            item = self.table.write(
                update(keys.conversation_key(conversation), change, when=nobody_works(now) & STILL_DUE)
            )
        except ConditionFailed:
            return None
        return items.lease(item, owner=owner, fence=int(item["fence"]))

    def load(self, lease: Lease, *, now: int) -> Thread:
        found: list[Turn] = []
        for page in transcript.turn_pages(self.table, lease.conversation, newest_first=True):
            found += [items.turn(item) for item in page if items.is_there(item, now=now)]
            if sum(turn.is_open for turn in found) >= lease.open_turns:
                break
        found.reverse()
        return Thread(
            open=tuple(turn for turn in found if turn.is_open), closed=tuple(turn for turn in found if not turn.is_open)
        )

    def charge(
        self,
        lease: Lease,
        turn: Turn,
        *,
        now: int,
        day: str,
        limit: int | None,
        reserve: Reservation,
        until: int,
        outdated: Sequence[str] = (),
    ) -> Charged:
        running = Update(put={"state": TurnState.RUNNING.value, "charged_day": day}, count={"model_calls": 1})
        counted = Update(count={f"quota.{day}": 1}, remove=[f"quota.{old}" for old in outdated])
        may_ask = NOT_BLOCKED if limit is None else NOT_BLOCKED & below(limit, day=day)
        try:
            self.table.transact(
                update(transcript.turn_key_of(turn), running, when=in_state(TurnState.QUEUED)),
                self._extend(lease, until=until),
                update(keys.person_key(turn.person), counted, when=may_ask),
                spend.reserve(reserve),
                *_count_on_key(turn, now=now),
            )
        except TransactionRefused as exc:
            refusals.stop_if_lost(exc)
            return refusals.why_not_charged(exc, now=now)
        return Charged.CHARGED

    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> bool:
        again = update(transcript.turn_key_of(turn), Update(count={"model_calls": 1}), when=in_state(TurnState.RUNNING))
        try:
            self.table.transact(again, self._extend(lease, until=until), spend.reserve(reserve))
        except TransactionRefused as exc:
            refusals.stop_if_lost(exc)
            return False
        return True

    def record(
        self,
        lease: Lease,
        turn: Turn,
        reply: Reply,
        *,
        until: int,
        bill: Settlement | None = None,
        refund: bool = False,
        forget_before: int | None = None,
    ) -> None:
        values = {"state": TurnState.ANSWERED.value, **items.reply_values(reply)}
        if bill and bill.usage:
            values["usage"] = asdict(bill.usage)
        answered = Update(put=values, remove=["charged_day"] if refund else [])
        hide = {} if forget_before is None else {"history_from": forget_before}
        writes = [
            update(transcript.turn_key_of(turn), answered, when=in_state(TurnState.QUEUED, TurnState.RUNNING)),
            self._extend(lease, until=until, **hide),
            *([spend.settle(bill)] if bill else []),
        ]
        self._all_or_lost(*writes, given_back=_give_back(turn, refund=refund))

    def refuse(self, lease: Lease, turn: Turn, reply: Reply, *, day: str, until: int) -> bool:
        answered = Update(put={"state": TurnState.ANSWERED.value, **items.reply_values(reply)})
        try:
            self.table.transact(
                update(transcript.turn_key_of(turn), answered, when=in_state(TurnState.QUEUED)),
                self._extend(lease, until=until),
                update(keys.person_key(turn.person), Update(put={"told_day": day}), when=not_told(day)),
            )
        except TransactionRefused as exc:
            refusals.stop_if_lost(exc)
            return False
        return True

    def finish(
        self, lease: Lease, turn: Turn, state: TurnState, *, release: bool, refund: bool = False, scrub: bool = False
    ) -> Lease | None:
        words = ["text", "attachments", "answer", "footer", "choices", "code", "left"] if scrub else []
        closed = Update(put={"state": state.value}, remove=[*words, *(["charged_day"] if refund else [])])
        turn_closed = update(transcript.turn_key_of(turn), closed, when=in_state(*OPEN_STATES))
        given_back = _give_back(turn, refund=refund)
        if release:
            free = Update(count={"open_turns": -1}, remove=["lease_owner", "lease_until", "due_bucket", "due_at"])
            freed = update(
                keys.conversation_key(lease.conversation), free, when=is_mine(lease) & nothing_arrived(lease)
            )
            try:
                self._transact(turn_closed, freed, given_back=given_back)
            except TransactionRefused as exc:
                lease = refusals.as_it_is_now(lease, exc.failed.get(refusals.CONVERSATION))
            else:
                return None
        counted = update(
            keys.conversation_key(lease.conversation), Update(count={"open_turns": -1}), when=is_mine(lease)
        )
        self._all_or_lost(turn_closed, counted, given_back=given_back)
        return replace(lease, open_turns=lease.open_turns - 1)

    def release(self, lease: Lease) -> Lease | None:
        free = Update(put={"open_turns": 0}, remove=["lease_owner", "lease_until", "due_bucket", "due_at"])
        key = keys.conversation_key(lease.conversation)
        try:
            self.table.write(update(key, free, when=is_mine(lease) & nothing_arrived(lease)))
        except ConditionFailed as exc:
            return refusals.as_it_is_now(lease, exc.item)
        return None

    def hand_back(self, lease: Lease) -> None:
        free = Update(remove=["lease_owner", "lease_until"])
        try:
            self.table.write(update(keys.conversation_key(lease.conversation), free, when=is_mine(lease)))
        except ConditionFailed as exc:
            raise LeaseLost("the lease ran out before it was handed back") from exc

    def receipt(self, conversation: ConversationId, turn: TurnId, part: int) -> None:
        try:
            self.table.write(update(keys.turn_key(conversation, turn), Update(union={"receipts": {part}}), when=EXISTS))
        except ConditionFailed:
            return

    def receipts(self, turn: Turn) -> frozenset[int]:
        item = self.table.get(transcript.turn_key_of(turn))
        return items.turn(item).receipts if item else frozenset()

    def pause(self, conversation: ConversationId, *, until: int) -> None:
        try:
            self.table.write(
                update(keys.conversation_key(conversation), Update(put={"paused_until": until}), when=EXISTS)
            )
        except ConditionFailed:
            return

    def overdue(self, *, now: int) -> Iterator[Overdue]:
        waiting = Key("due_bucket").eq(keys.DUE_BUCKET) & Key("due_at").lte(now)
        for page in self.table.pages(waiting, index=keys.DUE_INDEX):
            yield from (items.overdue(item) for item in page)

    def _extend(self, lease: Lease, *, until: int, **also: int) -> Write:
        change = Update(put={"lease_until": until, **also})
        return update(keys.conversation_key(lease.conversation), change, when=is_mine(lease))

    def _transact(self, *writes: Write, given_back: Sequence[Write]) -> None:
        """With the reversal of a charge, but for counts that are gone: there is nothing to give back."""
        try:
            self.table.transact(*writes, *given_back)
        except TransactionRefused as exc:
            if min(exc.failed) < len(writes):
                raise
            still_counted = [give for place, give in enumerate(given_back, len(writes)) if place not in exc.failed]
            self._transact(*writes, given_back=still_counted)

    def _all_or_lost(self, *writes: Write, given_back: Sequence[Write] = ()) -> None:
        try:
            self._transact(*writes, given_back=given_back)
        except TransactionRefused as exc:
            raise LeaseLost("somebody else works on this conversation") from exc


def _count_on_key(turn: Turn, *, now: int) -> list[Write]:
    """One more of the messages that the person's key is good for, where there is one."""
    key = identity.key_of(turn.person)
    if key is None:
        return []
    return [update(keys.api_key_key(key), Update(count={"used": 1}), when=key_valid(now) & KEY_NOT_SPENT)]


def _give_back(turn: Turn, *, refund: bool) -> list[Write]:
    """The charge's reversal, on the day it was made, and on the key."""
    if not refund or turn.charged_day is None:
        return []
    used, key = f"quota.{turn.charged_day}", identity.key_of(turn.person)
    of_person = update(keys.person_key(turn.person), Update(count={used: -1}), when=something_counted(used))
    if key is None:
        return [of_person]
    return [of_person, update(keys.api_key_key(key), Update(count={"used": -1}), when=something_counted("used"))]
