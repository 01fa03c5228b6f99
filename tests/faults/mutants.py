"""Inboxes that each lack one safeguard and are otherwise correct."""

from dataclasses import replace
from typing import Any, Final

from chalicelib.access.budget import Reservation
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import IncomingMessage, Lease, Thread, Turn, TurnState, turn_id
from chalicelib.ids import ConversationId, TurnId
from tests.fakes import spend
from tests.fakes.inbox import FakeInbox

WITHOUT_END: Final = 10**12


class TakesDuplicates(FakeInbox):
    """Lacks `turn absent` in accept."""

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        self.memory.turns.pop((message.conversation, turn_id(message)), None)
        return super().accept(message, now=now)


class KeepsNothing(FakeInbox):
    """Reports a message as queued without storing it."""

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        return Accepted.QUEUED


class TakesHeldLeases(FakeInbox):
    """Lacks `lease free` in take."""

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        self.memory.conversations[conversation].free()
        return super().take(conversation, owner=owner, now=now, until=until)


class NeverTakesOver(FakeInbox):
    """Lacks `lease_until < now` in take: never takes over an expired lease."""

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        return super().take(conversation, owner=owner, now=0, until=until)


class Unfenced(FakeInbox):
    """Lacks owner and fence in everything that frees a conversation."""

    def _mine(self, lease: Lease) -> Lease:
        found = self.memory.conversations[lease.conversation]
        return replace(lease, owner=found.lease_owner, fence=found.fence)  # type: ignore[arg-type]

    def finish(self, lease: Lease, step: Finish) -> Lease | None:
        return super().finish(self._mine(lease), step)

    def release(self, lease: Lease) -> Lease | None:
        return super().release(self._mine(lease))

    def hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        super().hand_back(self._mine(lease), due_at=due_at)


class IgnoresArrivals(FakeInbox):
    """Lacks `no arrivals since` when it releases."""

    def _as_if_read_now(self, lease: Lease) -> Lease:
        return replace(lease, arrivals=self.memory.conversations[lease.conversation].arrivals)

    def finish(self, lease: Lease, step: Finish) -> Lease | None:
        return super().finish(self._as_if_read_now(lease), step)

    def release(self, lease: Lease) -> Lease | None:
        return super().release(self._as_if_read_now(lease))


class KeepsPlaces(FakeInbox):
    """Takes no place back when the last turn of a conversation is closed."""

    def finish(self, lease: Lease, step: Finish) -> Lease | None:
        opener = self.memory.conversations[lease.conversation].opened_by
        held = super().finish(lease, step)
        if held is None and opener:
            self.memory.people[opener].open_conversations += 1
        return held


class TakesPlacesForEachMessage(FakeInbox):
    """Takes a place for each message, not for each conversation."""

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        found = self.memory.conversations.get(message.conversation)
        was_open = found is not None and found.due_at is not None
        accepted = super().accept(message, now=now)
        if was_open and accepted is Accepted.QUEUED:
            self.memory.people[message.person].open_conversations += 1
        return accepted


class HasNoLimit(FakeInbox):
    """Lacks `used < limit` in charge."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        return super().charge(lease, replace(step, limit=None), now=now, until=until)


class ForgetsCalls(FakeInbox):
    """Does not count the second model call."""

    def call_again(self, lease: Lease, turn: Turn, **more: Any) -> Charged:
        again = super().call_again(lease, turn, **more)
        self.memory.turns[turn.conversation, turn.id].change(model_calls=1)
        return again


def _unlimited(reserve: Reservation) -> Reservation:
    return replace(reserve, cap=WITHOUT_END, person_cap=None, channel_cap=None, month=None)


class SpendsWithoutEnd(FakeInbox):
    """Lacks `committed <= cap - amount` in charge."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        reserve = _unlimited(step.reserve)
        return super().charge(lease, replace(step, reserve=reserve), now=now, until=until)


class ForgetsTheMonth(FakeInbox):
    """Lacks the rest of the month in charge."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        reserve = replace(step.reserve, month=None)
        return super().charge(lease, replace(step, reserve=reserve), now=now, until=until)


class ForgetsTheDaysBefore(FakeInbox):
    """Takes each day of a month for its first."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        month = step.reserve.month and replace(step.reserve.month, before=0)
        return super().charge(lease, replace(step, reserve=replace(step.reserve, month=month)), now=now, until=until)


class AsksAgainWithoutEnd(FakeInbox):
    """Lacks `committed <= cap - amount` in call_again."""

    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> Charged:
        return super().call_again(lease, turn, reserve=_unlimited(reserve), until=until)


class AsksAgainForNothing(FakeInbox):
    """Reserves nothing for the second model call."""

    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> Charged:
        return super().call_again(lease, turn, reserve=replace(reserve, amount=0), until=until)


class GivesAllMoneyBack(FakeInbox):
    """Releases the reservation as if the call had cost nothing."""

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        settlement = replace(step.settlement, cost=0) if step.settlement else None
        return super().record(lease, replace(step, settlement=settlement), until=until)


class KeepsAllMoney(FakeInbox):
    """Settles nothing."""

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        return super().record(lease, replace(step, settlement=None), until=until)


class SettlesTwice(FakeInbox):
    """Settles the same reservation twice."""

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        recorded = super().record(lease, step, until=until)
        if step.settlement and recorded:
            spend.settle(self.memory, step.settlement, step.turn)
        return recorded


class KeepsCharges(FakeInbox):
    """Refunds nothing with an apology."""

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        return super().record(lease, replace(step, refund=False), until=until)


class GivesBackTwice(FakeInbox):
    """Refunds the charge but leaves the turn charged."""

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        recorded = super().record(lease, step, until=until)
        if step.refund and recorded:
            self.memory.turns[step.turn.conversation, step.turn.id].change(charged_day=step.turn.charged_day)
        return recorded


class LosesReceipts(FakeInbox):
    """Stores no receipt."""

    def receipt(self, conversation: ConversationId, turn: TurnId, part: int) -> None:
        return


class LoadsBackwards(FakeInbox):
    """Loads the newest message first."""

    def load(self, lease: Lease, *, now: int) -> Thread:
        thread = super().load(lease, now=now)
        return Thread(open=tuple(reversed(thread.open)), closed=thread.closed)


class LosesSightOfTheRest(FakeInbox):
    """Removes the conversation from the due index when the lease is handed back."""

    def hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        super().hand_back(lease, due_at=due_at)
        self.memory.conversations[lease.conversation].due_at = None


class ForgetsDeliveries(FakeInbox):
    """Does not count another attempt to deliver."""

    def deliver_again(self, lease: Lease, turn: Turn, *, until: int) -> None:
        super().deliver_again(lease, turn, until=until)
        self.memory.turns[turn.conversation, turn.id].change(deliveries=turn.deliveries)


class DeliversAgainAtOnce(FakeInbox):
    """Lacks `not before due_at` when a lease is handed back after an attempt that failed."""

    def hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        super().hand_back(lease)


class ForgetsPlaces(FakeInbox):
    """Stores no place among the messages of a millisecond."""

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        return super().accept(replace(message, place=0), now=now)


class ChargesRunningTurns(FakeInbox):
    """Lacks `turn queued` in charge: known to make no difference, because owner and fence cover it."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        kept = self.memory.turns[step.turn.conversation, step.turn.id]
        held = self.memory.conversations[lease.conversation]
        if kept.turn.state is TurnState.RUNNING and (held.lease_owner, held.fence) == (lease.owner, lease.fence):
            kept.change(state=TurnState.QUEUED)
        return super().charge(lease, step, now=now, until=until)


class AnswersForSpentKeys(FakeInbox):
    """Lacks `used < max_messages` of the key in charge."""

    def _key_refuses(self, turn: Turn, *, now: int) -> Charged | None:
        refused = super()._key_refuses(turn, now=now)
        return None if refused is Charged.KEY_SPENT else refused


class AnswersForRevokedKeys(FakeInbox):
    """Lacks `neither revoked nor expired` of the key in charge."""

    def _key_refuses(self, turn: Turn, *, now: int) -> Charged | None:
        refused = super()._key_refuses(turn, now=now)
        return None if refused is Charged.KEY_REVOKED else refused


class CountsNothingOnKeys(FakeInbox):
    """Charges the person only."""

    def _count_on_key(self, turn: Turn, number: int) -> None:
        return


class KeepsChargesOnKeys(FakeInbox):
    """Refunds a charge to the person only."""

    def _count_on_key(self, turn: Turn, number: int) -> None:
        super()._count_on_key(turn, max(number, 0))
