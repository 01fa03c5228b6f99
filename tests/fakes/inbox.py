"""The Inbox and Transcript ports in memory: they keep the same promises by a lock instead of conditions."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.access.budget import Reservation
from chalicelib.access.own_conversations import OwnConversation, has_title
from chalicelib.access.person import Person
from chalicelib.access.retention import REPEATED_MS, TURN_KEPT_S, is_over
from chalicelib.aws.dynamodb.items import TURNS_A_PAGE
from chalicelib.conversation import burst
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish, Forgotten, Record
from chalicelib.conversation.limits import NOTICE_EVERY_MS
from chalicelib.conversation.order import in_order
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import (
    OPEN_STATES,
    Feedback,
    IncomingMessage,
    Lease,
    Overdue,
    Reply,
    Summary,
    Thread,
    Turn,
    TurnState,
    message_digest,
)
from chalicelib.errors import ConversationBusy, LeaseLost
from chalicelib.ids import ConversationId, PersonId, TurnId
from tests.fakes import ingest, spend
from tests.fakes.ingest import OPEN_OF_A_KEY
from tests.fakes.memory import Conversation, KeptTurn, KnownPerson, Memory, atomic

_NO_MORE_EDITS: Final = 10**6


@dataclass(frozen=True)
class FakeInbox:
    """`conversation.ports.Inbox` and `conversation.ports.Transcript`."""

    memory: Memory = field(default_factory=Memory)
    open_of_a_key: int = field(default=OPEN_OF_A_KEY, kw_only=True)
    kept_s: int = field(default=TURN_KEPT_S, kw_only=True)

    @atomic
    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        if is_over(message.at, now=now, kept_s=self.kept_s):
            return Accepted.TOO_OLD
        return ingest.accept(self.memory, message, now=now, open_of_a_key=self.open_of_a_key)

    @atomic
    def may_wake_again(self, conversation: ConversationId, *, now: int) -> bool:
        found = self.memory.conversations.get(conversation)
        return found is not None and found.may_wake_again(now=now)

    @atomic
    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        found = self.memory.conversations.get(conversation)
        if found is None or found.due_at is None:
            return None
        if not found.is_free(now=now):
            return found.lease(conversation) if found.lease_owner == owner else None
        found.lease_owner, found.lease_until = owner, until
        found.fence += 1
        return found.lease(conversation)

    @atomic
    def load(self, lease: Lease, *, now: int) -> Thread:
        turns = [kept.turn for kept in self.memory.of(lease.conversation) if kept.is_there(now=now)]
        return Thread(
            open=tuple(turn for turn in turns if turn.is_open), closed=tuple(turn for turn in turns if not turn.is_open)
        )

    @atomic
    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        conversation, kept = self._held(lease), self._in(step.turn, TurnState.QUEUED)
        known = self._person(step.turn)
        if known.is_blocked and not step.turn.opens:
            return Charged.BLOCKED
        if known.person.forgotten_at != step.forgotten_at and not step.turn.opens:
            raise LeaseLost("the person has had everything deleted meanwhile")
        if step.limit is not None and not step.turn.opens and known.person.quota.get(step.day, 0) >= step.limit:
            return Charged.OVER_LIMIT
        money = spend.refusal(self.memory, step.reserve, step.turn)
        if money is Charged.SHARE_SPENT:
            return money
        if refused := self._key_refuses(step.turn, now=now) or money:
            return refused
        self._close_joined(conversation, step.turn)
        self._count_on_key(step.turn, 1)
        conversation.lease_until = until
        kept.change(state=TurnState.RUNNING, model_calls=kept.turn.model_calls + 1)
        spend.reserve(self.memory, step.reserve, step.turn, asks=True)
        if not step.turn.opens:
            kept.change(charged_day=step.day)
            kept.change(says_ai=step.turn.says_ai)
            known.change(talked_at=step.turn.asked_at)
            known.forget_days(step.outdated)
            known.forget_months(step.outdated_months)
            known.count(step.day, 1)
        return Charged.CHARGED

    @atomic
    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> Charged:
        conversation, kept = self._held(lease), self._in(turn, TurnState.RUNNING)
        if refused := spend.refusal(self.memory, reserve, turn):
            return refused
        spend.reserve(self.memory, reserve, turn)
        conversation.lease_until = until
        kept.change(model_calls=kept.turn.model_calls + 1)
        return Charged.CHARGED

    @atomic
    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        conversation, kept = self._held(lease), self._in(step.turn, TurnState.QUEUED, TurnState.RUNNING)
        if not self._may_refund(step):
            return False
        self._refund(step)
        if step.turn.says_ai and not step.turn.charged_day and not step.turn.opens:
            self._person(step.turn).change(talked_at=step.turn.asked_at)
        self._close_joined(conversation, step.turn)
        conversation.lease_until = until
        conversation.history_from = conversation.history_from if step.forget_before is None else step.forget_before
        if step.drops_summary:
            conversation.drop_summary()
        if step.settlement:
            kept.usage = step.settlement.usage
        spend.end(self.memory, step)
        kept.change(state=TurnState.ANSWERED, reply=step.reply, deliveries=1, **_not_charged(refund=step.refund))
        return True

    @atomic
    def refuse(self, lease: Lease, turn: Turn, reply: Reply, *, day: str, now: int, until: int) -> bool:
        conversation, kept = self._held(lease), self._in(turn, TurnState.QUEUED)
        known = self._person(turn)
        if known.person.notified_day == day and known.person.notified_at > now - NOTICE_EVERY_MS:
            return False
        known.change(notified_day=day, notified_at=now)
        if turn.says_ai:
            known.change(talked_at=turn.asked_at)
        self._close_joined(conversation, turn)
        conversation.lease_until = until
        kept.change(state=TurnState.ANSWERED, reply=reply, deliveries=1)
        return True

    @atomic
    def deliver_again(self, lease: Lease, turn: Turn, *, until: int) -> None:
        conversation, kept = self._held(lease), self._in(turn, TurnState.ANSWERED)
        conversation.lease_until = until
        kept.change(deliveries=kept.turn.deliveries + 1)

    @atomic
    def finish(self, lease: Lease, step: Finish) -> Lease | None:
        conversation, kept = self._held(lease), self._in(step.turn, *OPEN_STATES)
        step = step if self._may_refund(step) else replace(step, refund=False)
        self._refund(step)
        spend.end(self.memory, step)
        words: dict[str, Any] = {"text": "", "attachments": (), "reply": None} if step.scrub else {}
        kept.expires_at = step.turn.at // 1000 + self.kept_s
        kept.change(state=step.state, **words, **_not_charged(refund=step.refund))
        conversation.open_turns -= 1
        self._close_all(conversation, step.joined)
        if not step.release:
            return replace(lease, open_turns=lease.open_turns - 1 - len(step.turn.joins))
        if conversation.arrivals != lease.arrivals:
            return conversation.lease(lease.conversation)
        conversation.free()
        self.memory.close(conversation)
        if lease.summary or has_title(lease.conversation, step.turn.person) or step.scrub:
            conversation.expires_at = max(step.turn.at, lease.paused_until) // 1000 + self.kept_s
        return None

    @atomic
    def release(self, lease: Lease) -> Lease | None:
        conversation = self._held(lease)
        if conversation.arrivals != lease.arrivals:
            return conversation.lease(lease.conversation)
        conversation.free()
        self.memory.close(conversation)
        conversation.open_turns = 0
        return None

    @atomic
    def hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        conversation = self._held(lease)
        conversation.free()
        conversation.due_at = conversation.due_at if due_at is None else due_at

    @atomic
    def make_due(self, conversation: ConversationId, *, now: int) -> None:
        found = self.memory.conversations.get(conversation)
        if found and found.due_at is not None and found.due_at > now:
            found.due_at = now

    @atomic
    def latest(self, conversation: ConversationId, *, count: int, now: int) -> Sequence[Turn]:
        by_id = sorted(self.turns(conversation, now=now), key=lambda kept: kept.id)
        return in_order(by_id[-max(count, TURNS_A_PAGE) :])[-count:]

    @atomic
    def up_to(self, conversation: ConversationId, turn: TurnId, *, count: int, now: int) -> Sequence[Turn]:
        found = (kept for kept in self.turns(conversation, now=now) if kept.id <= turn)
        return sorted(found, key=lambda kept: kept.id)[-count:]

    @atomic
    def find(self, conversation: ConversationId, turn: TurnId, *, now: int) -> Turn | None:
        return next((kept for kept in self.turns(conversation, now=now) if kept.id == turn), None)

    @atomic
    def summary(self, conversation: ConversationId) -> Summary | None:
        found = self.memory.conversations.get(conversation)
        return found.summary if found else None

    @atomic
    def erase_closed(self, conversation: ConversationId, person: PersonId, *, now: int) -> None:
        for kept in self.memory.of(conversation):
            if not kept.turn.is_open and kept.turn.person == person:
                self._erase(kept, now=now)
        found = self.memory.conversations.get(conversation)
        if found:
            found.drop_summary()
        if found and has_title(conversation, person):
            found.title, found.used_at = "", None

    @atomic
    def forget(
        self, conversation: ConversationId, person: PersonId, *, asked_at: int, here: bool, now: int
    ) -> Forgotten:
        ended, has_later = [], False
        for kept in self.memory.of(conversation):
            turn, found = kept.turn, self.memory.conversations[conversation]
            if kept.erased or turn.person != person or not turn.is_open:
                continue
            if here or (turn.state is TurnState.QUEUED and turn.asked_at > asked_at):
                has_later = has_later or turn.asked_at > asked_at
                continue
            ended.append(replace(turn, state=TurnState.DROPPED, reply=None))
            self._erase(kept, now=now)
            found.open_turns -= 1
            if turn.state is not TurnState.QUEUED or not identity.is_room(conversation):
                found.free()
        used_at = self.memory.conversations[conversation].used_at if conversation in self.memory.conversations else None
        self.erase_closed(conversation, person, now=now)
        if (left := self.memory.conversations.get(conversation)) and has_title(conversation, person):
            left.used_at = used_at if has_later else None
            left.expires_at = left.expires_at if has_later or here else now // 1000 + TURN_KEPT_S
        return Forgotten(tuple(ended), has_later=has_later)

    @atomic
    def own(self, conversations: Collection[ConversationId], *, now: int) -> Sequence[OwnConversation]:
        found = {each: self.memory.conversations.get(each) for each in conversations}
        listed = [
            OwnConversation(each, kept.title, kept.used_at)
            for each, kept in found.items()
            if kept and kept.used_at is not None and (kept.expires_at is None or kept.expires_at * 1000 > now)
        ]
        return sorted(listed, key=lambda each: (-each.used_at, each.id))

    @atomic
    def rename(self, conversation: ConversationId, title: str) -> bool:
        found = self.memory.conversations.get(conversation)
        if found is None or not found.title:
            return False
        found.title = title
        return True

    @atomic
    def take_along(self, turns: Sequence[Turn], person: PersonId, *, now: int) -> None:
        there, known = identity.conversation_of(person), self.memory.people.get(person)
        if known and known.is_blocked:
            return
        for turn in turns:
            kept = self.memory.turns.get((turn.conversation, turn.id))
            if kept and kept.is_there(now=now) and not kept.turn.is_open and (there, turn.id) not in self.memory.turns:
                moved = replace(kept.turn, conversation=there, person=person)
                self._erase_rounds(kept.turn)
                self.memory.turns[there, turn.id] = replace(kept, turn=moved)
                self._erase(kept, now=now)
                ingest.see(self.memory, person, now=now)
        for conversation in {turn.conversation for turn in turns} & self.memory.conversations.keys():
            self.memory.conversations[conversation].drop_summary()

    @atomic
    def erase_text(self, conversation: ConversationId, message_id: str) -> bool:
        kept = self._find(conversation, message_id)
        if kept is None:
            return False
        self._drop_summary_of(kept.turn)
        kept.edit = _NO_MORE_EDITS
        if kept.turn.joined:
            self._erase_answer(kept.turn.conversation, kept.turn.joined)
        self._erase_rounds(kept.turn)
        kept.change(text="", attachments=())
        if kept.turn.reply and not kept.turn.is_open:
            kept.change(reply=None)
        return True

    @atomic
    def replace_text(self, conversation: ConversationId, message_id: str, text: str, *, edit: int) -> bool:
        kept = self._find(conversation, message_id)
        if kept is None or kept.turn.overflow or kept.edit >= edit:
            return False
        self._drop_summary_of(kept.turn)
        kept.edit = edit
        kept.change(text=text)
        return True

    @atomic
    def receipt(self, conversation: ConversationId, turn: TurnId, part: int) -> None:
        kept = self.memory.turns.get((conversation, turn))
        if kept:
            kept.change(receipts=kept.turn.receipts | {part})

    @atomic
    def receipts(self, turn: Turn) -> frozenset[int]:
        kept = self.memory.turns.get((turn.conversation, turn.id))
        return kept.turn.receipts if kept else frozenset()

    @atomic
    def pause(self, conversation: ConversationId, *, until: int, since: int | None = None) -> int:
        found = self.memory.conversations.setdefault(conversation, Conversation())
        if found.paused_until < until and (since is None or found.resumed_at <= since):
            found.paused_until, found.expires_at = until, until // 1000 + TURN_KEPT_S
            found.silent_since = found.silent_since if since is None else since
        return found.paused_until

    @atomic
    def overdue(self, *, now: int) -> Iterator[Overdue]:
        due = [(found.due_at, name) for name, found in self.memory.conversations.items() if found.due_at is not None]
        return iter([Overdue(name, since=due_at) for due_at, name in sorted(due) if due_at <= now])

    @atomic
    def turns(self, conversation: ConversationId, *, now: int) -> Iterator[Turn]:
        return iter([kept.turn for kept in self.memory.of(conversation) if kept.is_there(now=now)])

    @atomic
    def erase(self, conversation: ConversationId, *, now: int) -> None:
        found = self.memory.conversations.get(conversation)
        if found and not found.is_free(now=now):
            raise ConversationBusy("a message of this person is being answered; try again in a minute")
        if found:
            self.memory.close(found)
        self.memory.conversations.pop(conversation, None)
        for kept in self.memory.of(conversation):
            self._erase(kept, now=now)

    def _close_joined(self, conversation: Conversation, leader: Turn) -> None:
        if leader.state is TurnState.QUEUED:
            self._close_all(conversation, burst.joined(leader))

    def _close_all(self, conversation: Conversation, joined: Sequence[Turn]) -> None:
        for turn, kept in [(turn, self._in(turn, TurnState.QUEUED)) for turn in joined]:
            kept.expires_at = turn.at // 1000 + self.kept_s
            kept.change(state=turn.state, reply=turn.reply, joined=turn.joined)
            conversation.open_turns -= 1

    def _erase_answer(self, conversation: ConversationId, leader: TurnId) -> None:
        kept = self.memory.turns.get((conversation, leader))
        if kept and not kept.erased:
            self._erase_rounds(kept.turn)
            if not kept.turn.is_open:
                kept.change(reply=None)

    def _held(self, lease: Lease) -> Conversation:
        return self.memory.held(lease)

    def _in(self, turn: Turn, *states: TurnState) -> KeptTurn:
        return self.memory.turn_in(turn, *states)

    def _person(self, turn: Turn) -> KnownPerson:
        return self.memory.people.setdefault(turn.person, KnownPerson(Person(turn.person)))

    @atomic
    def give_feedback(self, turn: Turn, feedback: Feedback) -> bool:
        kept = self.memory.turns.get((turn.conversation, turn.id))
        if kept is None or kept.erased or kept.turn.feedback is feedback:
            return False
        kept.change(feedback=feedback)
        return True

    def _drop_summary_of(self, turn: Turn) -> None:
        found = self.memory.conversations.get(turn.conversation)
        if found and found.summary and found.summary.upto >= turn.asked_at:
            found.drop_summary()
        elif found:
            found.words_version += 1

    def _find(self, conversation: ConversationId, message_id: str) -> KeptTurn | None:
        wanted = message_digest(message_id)
        return next((kept for kept in reversed(self.memory.of(conversation)) if kept.turn.id.endswith(wanted)), None)

    def _erase(self, kept: KeptTurn, *, now: int) -> None:
        """Delete the turn; while Meta may repeat the message, keep a mark by which the repetition is recognised."""
        turn = kept.turn
        self._erase_rounds(turn)
        if now - turn.at < REPEATED_MS:
            mark = Turn(turn.id, turn.conversation, turn.person, turn.at, TurnState.DROPPED, "")
            self.memory.turns[turn.conversation, turn.id] = KeptTurn(mark, (now + REPEATED_MS) // 1000, erased=True)
        else:
            del self.memory.turns[turn.conversation, turn.id]

    def _erase_rounds(self, turn: Turn) -> None:
        for number in range(turn.rounds):
            self.memory.rounds.pop((turn.conversation, turn.id, number), None)

    def _may_refund(self, step: Record | Finish) -> bool:
        day = step.turn.charged_day
        if not step.refund or step.most_refunds is None or day is None:
            return True
        return self._person(step.turn).person.refunds.get(day, 0) < step.most_refunds

    def _refund(self, step: Record | Finish) -> None:
        """Take the charge back from the person, on the day it was made, and from the API key."""
        turn, day = step.turn, step.turn.charged_day
        if step.refund and turn.opens:
            self._count_on_key(turn, -1)
        if not step.refund or day is None:
            return
        known = self._person(turn)
        if known.person.quota.get(day, 0) > 0:
            known.count(day, -1)
            if step.most_refunds is not None:
                known.change(refunds={**known.person.refunds, day: known.person.refunds.get(day, 0) + 1})
        if step.most_refunds is None:
            self._count_on_key(turn, -1)

    def _key_refuses(self, turn: Turn, *, now: int) -> Charged | None:
        name = identity.key_of(turn.person)
        if name is None:
            return None
        key = self.memory.keys.get(name)
        if key is None or not key.is_valid(now=now):
            return Charged.KEY_REVOKED
        return Charged.KEY_SPENT if key.left == 0 else None

    def _count_on_key(self, turn: Turn, number: int) -> None:
        name = identity.key_of(turn.person)
        key = self.memory.keys.get(name) if name else None
        if key:
            self.memory.keys[key.id] = replace(key, used=max(0, key.used + number))


def _not_charged(*, refund: bool) -> dict[str, Any]:
    return {"charged_day": None} if refund else {}
