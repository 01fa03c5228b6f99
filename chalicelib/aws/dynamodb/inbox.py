"""The Inbox port over DynamoDB: each step of a turn is one atomic write under conditions, and each write has a name.

The lease compares the clocks of two Lambda workers; their difference is far below LEASE_SPARE_MS:

    take        the worker's time is over                 lease_until        another worker may take
    |---------------------------------|-- LEASE_SPARE_MS --|------------------|

A worker that runs longer all the same cannot write: each `take` increments the fence, and every write checks it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from heapq import merge
from itertools import chain
from operator import itemgetter

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access.budget import Reservation
from chalicelib.access.own_conversations import has_title
from chalicelib.access.retention import TURN_KEPT_S, is_over
from chalicelib.aws.dynamodb import charges, index_keys, items, joins, keys, refusals, spend, summaries, taken_back
from chalicelib.aws.dynamodb.accepting import Acceptance
from chalicelib.aws.dynamodb.conditions import (
    EXISTS,
    IS_DUE,
    due_after,
    due_by,
    in_state,
    lease_free,
    no_arrivals_since,
    not_notified_since,
    not_woken_since,
)
from chalicelib.aws.dynamodb.leased import extend, fewer_open, update_conversation, update_turn
from chalicelib.aws.dynamodb.shared_day import set_aside
from chalicelib.aws.dynamodb.silence import paused_until_before
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.taken_back import Changes, RefundsUsedUp
from chalicelib.aws.dynamodb.writes import Update, Write, update
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.limits import NOTICE_EVERY_MS, WAKE_AGAIN_MS
from chalicelib.conversation.order import in_order
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import OPEN_STATES, IncomingMessage, Lease, Overdue, Reply, Thread, Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import ConversationId, TurnId

_LEASE = ["lease_owner", "lease_until"]
_DUE = ["due_bucket", "due_at", "opened_by"]
_TEXT = ["text", "attachments", "answer", "footer", "choices", "code", "left"]


@dataclass(frozen=True)
class DynamoInbox:
    """`conversation.ports.Inbox` over one table."""

    table: Table
    open_of_a_key: int
    """The most open conversations of all people of one API key."""
    kept_s: int = TURN_KEPT_S
    """For how many seconds closed turns are stored."""

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        if is_over(message.at, now=now, kept_s=self.kept_s):
            return Accepted.TOO_OLD
        return Acceptance(self.table, message, now, self.open_of_a_key).run()

    def may_wake_again(self, conversation: ConversationId, *, now: int) -> bool:
        woken = Update(set={"woken_at": now})
        waits = IS_DUE & due_by(now) & lease_free(now) & not_woken_since(now - WAKE_AGAIN_MS)
        return self._write_if(keys.conversation_key(conversation), woken, when=waits)

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        change = Update(set={"lease_owner": owner, "lease_until": until}, add={"fence": 1})
        try:
            item = self.table.write(update(keys.conversation_key(conversation), change, when=lease_free(now) & IS_DUE))
        except ConditionFailed as exc:
            item = exc.item or {}
            if item.get("lease_owner") != owner:
                return None
        return items.lease(item, owner=owner, fence=int(item["fence"]))

    def load(self, lease: Lease, *, now: int) -> Thread:
        found, read = list[Turn](), 0
        newest_first = self.table.pages(keys.turns_of(lease.conversation), newest_first=True, size=items.TURNS_A_PAGE)
        for page in newest_first:
            found += [items.turn(item) for item in page if items.is_there(item, now=now)]
            read += len(page)
            if read >= items.TURNS_A_PAGE and sum(turn.is_open for turn in found) >= lease.open_turns:
                break
        turns = in_order(found)
        return Thread(
            open=tuple(turn for turn in turns if turn.is_open), closed=tuple(turn for turn in turns if not turn.is_open)
        )

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        charged: items.Item = {} if step.turn.opens else {"charged_day": step.day}
        charged |= {"says_ai": True} if step.turn.says_ai else {}
        running = Update(set={"state": TurnState.RUNNING.value, **charged}, add={"model_calls": 1})
        joined = self._joined(step.turn)
        try:
            set_aside(
                self.table,
                spend.reserve_for(step.turn, step.reserve, asks=True),
                turn=update_turn(step.turn, running, when=in_state(TurnState.QUEUED)),
                conversation=extend(lease, until=until, closed=len(joined)),
                person=charges.count_on_person(step),
                key=charges.count_on_key(step, now=now),
                **joined,
            )
        except TransactionRefused as exc:
            refusals.raise_if_lost(exc)
            if refusals.may_lack_count(exc, step) and charges.begin_count(self.table, step.turn):
                return self.charge(lease, step, now=now, until=until)
            return refusals.why_not_charged(exc, step, now=now)
        return Charged.CHARGED

    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> Charged:
        try:
            set_aside(
                self.table,
                spend.reserve_for(turn, reserve, asks=False),
                turn=update_turn(turn, Update(add={"model_calls": 1}), when=in_state(TurnState.RUNNING)),
                conversation=extend(lease, until=until),
                person=charges.set_aside_again(turn, reserve),
            )
        except TransactionRefused as exc:
            refusals.raise_if_lost(exc)
            return refusals.why_no_money(exc, reserve)
        return Charged.CHARGED

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        values = items.answered_values(step.reply)
        if step.settlement and step.settlement.usage:
            values["usage"] = asdict(step.settlement.usage)
        answered = Update(set=values, remove=["charged_day"] if step.refund else [])
        hidden = {} if step.forget_before is None else {"history_from": step.forget_before}
        dropped = summaries.dropped() if step.drops_summary else Update()
        joined = self._joined(step.turn)
        changed = replace(dropped, set={"lease_until": until, **hidden}, add={**dropped.add, **fewer_open(len(joined))})
        try:
            self._transact_or_lost(
                turn=update_turn(step.turn, answered, when=in_state(TurnState.QUEUED, TurnState.RUNNING)),
                conversation=update_conversation(lease, changed),
                spend=spend.end(step),
                taken=taken_back.by(step),
                told=charges.tell(step.turn),
                **joined,
            )
        except RefundsUsedUp:
            return False
        return True

    def refuse(self, lease: Lease, turn: Turn, reply: Reply, *, day: str, now: int, until: int) -> bool:
        answered, due = Update(set=items.answered_values(reply)), not_notified_since(now - NOTICE_EVERY_MS, day=day)
        told: items.Item = {"told_day": day, "told_at": now, **(charges.talked(turn) if turn.says_ai else {})}
        notified, joined = Update(set=told), self._joined(turn)
        try:
            self.table.transact(
                turn=update_turn(turn, answered, when=in_state(TurnState.QUEUED)),
                conversation=extend(lease, until=until, closed=len(joined)),
                person=update(keys.person_key(turn.person), notified, when=due),
                **joined,
            )
        except TransactionRefused as exc:
            refusals.raise_if_lost(exc)
            return False
        return True

    def deliver_again(self, lease: Lease, turn: Turn, *, until: int) -> None:
        counted = Update(add={"deliveries": 1})
        self._transact_or_lost(
            turn=update_turn(turn, counted, when=in_state(TurnState.ANSWERED)),
            conversation=extend(lease, until=until),
        )

    def finish(self, lease: Lease, step: Finish) -> Lease | None:
        try:
            return self._finish(lease, step)
        except RefundsUsedUp:
            return self._finish(lease, replace(step, refund=False))

    def _finish(self, lease: Lease, step: Finish) -> Lease | None:
        gone = [*(_TEXT if step.scrub else []), *(["charged_day"] if step.refund else [])]
        ended = {"state": step.state.value, "expires_at": step.turn.at // 1000 + self.kept_s}
        closed = update_turn(step.turn, Update(set=ended, remove=gone), when=in_state(*OPEN_STATES))
        taken, joined = taken_back.by(step), joins.close(step.joined, kept_s=self.kept_s)
        fewer = fewer_open(1 + len(joined))
        if step.release:
            # The title of a person's own conversation, and a summary, are stored as long as the turns; so is what is
            # left of a conversation that the person had deleted.
            expires = lease.summary or has_title(lease.conversation, step.turn.person) or step.scrub
            kept = {"expires_at": max(step.turn.at, lease.paused_until) // 1000 + self.kept_s} if expires else {}
            free = Update(add=fewer, set=kept, remove=[*_LEASE, *_DUE])
            freed = update_conversation(lease, free, when=no_arrivals_since(lease))
            try:
                given_back = (*taken, *taken_back.place(lease))
                taken_back.transact(
                    self.table, given_back, turn=closed, conversation=freed, spend=spend.end(step), **joined
                )
            except TransactionRefused as exc:
                lease = refusals.current_lease(lease, exc.failed.get("conversation"))
            else:
                return None
        counted = update_conversation(lease, Update(add=fewer))
        self._transact_or_lost(turn=closed, conversation=counted, spend=spend.end(step), taken=taken, **joined)
        return replace(lease, open_turns=lease.open_turns - 1 - len(step.turn.joins))

    def release(self, lease: Lease) -> Lease | None:
        free = Update(set={"open_turns": 0}, remove=[*_LEASE, *_DUE])
        freed = update_conversation(lease, free, when=no_arrivals_since(lease))
        try:
            taken_back.transact(self.table, taken_back.place(lease), conversation=freed)
        except TransactionRefused as exc:
            return refusals.current_lease(lease, exc.failed["conversation"])
        return None

    def hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        postponed = {} if due_at is None else {"due_at": due_at}
        try:
            self.table.write(update_conversation(lease, Update(set=postponed, remove=_LEASE)))
        except ConditionFailed as exc:
            raise LeaseLost("the lease expired before it was handed back") from exc

    def make_due(self, conversation: ConversationId, *, now: int) -> None:
        self._write_if(keys.conversation_key(conversation), Update(set={"due_at": now}), when=due_after(now))

    def receipt(self, conversation: ConversationId, turn: TurnId, part: int) -> None:
        delivered = Update(add_to_set={"receipts": {part}})
        self._write_if(keys.turn_key(conversation, turn), delivered, when=EXISTS)

    def receipts(self, turn: Turn) -> frozenset[int]:
        item = self.table.get(keys.turn_key(turn.conversation, turn.id))
        return items.turn(item).receipts if item else frozenset()

    def pause(self, conversation: ConversationId, *, until: int, since: int | None = None) -> int:
        kept = {"expires_at": until // 1000 + TURN_KEPT_S}  # outlives all turns; `accept` takes it away
        began = {} if since is None else {"silent_since": since}
        paused = Update(set={"paused_until": until, **began, **kept}, set_if_absent={"arrivals": 0})
        when = paused_until_before(until, since=since)
        try:
            self.table.write(update(keys.conversation_key(conversation), paused, when=when))
        except ConditionFailed as exc:
            return int((exc.item or {}).get("paused_until", 0))
        return until

    def overdue(self, *, now: int) -> Iterator[Overdue]:
        buckets = (
            chain.from_iterable(self.table.pages(index_keys.due(bucket, now=now), index=index_keys.DUE_INDEX))
            for bucket in index_keys.DUE_BUCKETS
        )
        return map(items.overdue, merge(*buckets, key=itemgetter("due_at")))

    def _joined(self, turn: Turn) -> dict[str, Write]:
        return joins.with_queued(turn, kept_s=self.kept_s)

    def _write_if(self, key: keys.Key, change: Update, *, when: ConditionBase) -> bool:
        return self.table.write_if(update(key, change, when=when))

    def _transact_or_lost(
        self, *, turn: Write, conversation: Write, taken: Changes = (), **others: Write | None
    ) -> None:
        """Write the step; every refusal means that the lease is lost. Raises RefundsUsedUp."""
        try:
            taken_back.transact(self.table, taken, turn=turn, conversation=conversation, **others)
        except TransactionRefused as exc:
            raise LeaseLost("another worker has this conversation") from exc
