"""Inboxes that each lack one safeguard, and are right in everything else."""

from dataclasses import replace
from typing import Any, Final

from chalicelib.access.budget import Reservation, Settlement
from chalicelib.conversation.ports import Accepted, Charged
from chalicelib.conversation.turn import IncomingMessage, Lease, Reply, Thread, Turn, TurnState, turn_id
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
    """Says that a message is kept before it is."""

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        return Accepted.QUEUED


class TakesHeldLeases(FakeInbox):
    """Lacks `nobody works` in take."""

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        self.memory.conversations[conversation].free()
        return super().take(conversation, owner=owner, now=now, until=until)


class NeverTakesOver(FakeInbox):
    """Lacks `lease_until < now` in take."""

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        return super().take(conversation, owner=owner, now=0, until=until)


class Unfenced(FakeInbox):
    """Lacks owner and fence in everything that frees a conversation."""

    def _mine(self, lease: Lease) -> Lease:
        found = self.memory.conversations[lease.conversation]
        return replace(lease, owner=found.lease_owner, fence=found.fence)  # type: ignore[arg-type]

    def finish(
        self, lease: Lease, turn: Turn, state: TurnState, *, release: bool, refund: bool = False, scrub: bool = False
    ) -> Lease | None:
        return super().finish(self._mine(lease), turn, state, release=release, refund=refund, scrub=scrub)

    def release(self, lease: Lease) -> Lease | None:
        return super().release(self._mine(lease))

    def hand_back(self, lease: Lease) -> None:
        super().hand_back(self._mine(lease))


class IgnoresArrivals(FakeInbox):
    """Lacks `arrivals` as read when it releases."""

    def _as_if_read_now(self, lease: Lease) -> Lease:
        return replace(lease, arrivals=self.memory.conversations[lease.conversation].arrivals)

    def finish(
        self, lease: Lease, turn: Turn, state: TurnState, *, release: bool, refund: bool = False, scrub: bool = False
    ) -> Lease | None:
        seen = self._as_if_read_now(lease)
        return super().finish(seen, turn, state, release=release, refund=refund, scrub=scrub)

    def release(self, lease: Lease) -> Lease | None:
        return super().release(self._as_if_read_now(lease))


class HasNoLimit(FakeInbox):
    """Lacks `used < limit` in charge."""

    def charge(self, lease: Lease, turn: Turn, *, limit: int | None, **more: Any) -> Charged:
        return super().charge(lease, turn, limit=None, **more)


class ForgetsCalls(FakeInbox):
    """Does not count the second model call."""

    def call_again(self, lease: Lease, turn: Turn, **more: Any) -> bool:
        again = super().call_again(lease, turn, **more)
        self.memory.turns[turn.conversation, turn.id].change(model_calls=1)
        return again


class SpendsWithoutEnd(FakeInbox):
    """Lacks `committed <= cap - amount` in charge."""

    def charge(self, lease: Lease, turn: Turn, *, reserve: Reservation, **more: Any) -> Charged:
        return super().charge(lease, turn, reserve=replace(reserve, cap=WITHOUT_END), **more)


class AsksAgainWithoutEnd(FakeInbox):
    """Lacks `committed <= cap - amount` in call_again."""

    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> bool:
        return super().call_again(lease, turn, reserve=replace(reserve, cap=WITHOUT_END), until=until)


class AsksAgainForNothing(FakeInbox):
    """Sets nothing aside for the second model call."""

    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> bool:
        return super().call_again(lease, turn, reserve=replace(reserve, amount=0), until=until)


class GivesAllMoneyBack(FakeInbox):
    """Takes the reservation back as if the call had cost nothing."""

    def record(self, lease: Lease, turn: Turn, reply: Reply, *, bill: Settlement | None = None, **more: Any) -> None:
        super().record(lease, turn, reply, bill=replace(bill, cost=0) if bill else None, **more)


class KeepsAllMoney(FakeInbox):
    """Settles nothing."""

    def record(self, lease: Lease, turn: Turn, reply: Reply, *, bill: Settlement | None = None, **more: Any) -> None:
        super().record(lease, turn, reply, **more)


class SettlesTwice(FakeInbox):
    """Gives the same money back again."""

    def record(self, lease: Lease, turn: Turn, reply: Reply, *, bill: Settlement | None = None, **more: Any) -> None:
        super().record(lease, turn, reply, bill=bill, **more)
        if bill:
            spend.settle(self.memory, bill)


class KeepsCharges(FakeInbox):
    """Takes no charge back with an apology."""

    def record(self, lease: Lease, turn: Turn, reply: Reply, *, refund: bool = False, **more: Any) -> None:
        super().record(lease, turn, reply, **more)


class GivesBackTwice(FakeInbox):
    """Takes the charge back and leaves the turn charged."""

    def record(self, lease: Lease, turn: Turn, reply: Reply, **more: Any) -> None:
        super().record(lease, turn, reply, **more)
        if more.get("refund"):
            self.memory.turns[turn.conversation, turn.id].change(charged_day=turn.charged_day)


class LosesReceipts(FakeInbox):
    """Keeps no receipt."""

    def receipt(self, conversation: ConversationId, turn: TurnId, part: int) -> None:
        return


class LoadsBackwards(FakeInbox):
    """The newest message first."""

    def load(self, lease: Lease, *, now: int) -> Thread:
        thread = super().load(lease, now=now)
        return Thread(open=tuple(reversed(thread.open)), closed=thread.closed)


class LosesSightOfTheRest(FakeInbox):
    """Handing back removes the mark by which the heartbeat finds what is open."""

    def hand_back(self, lease: Lease) -> None:
        super().hand_back(lease)
        self.memory.conversations[lease.conversation].due_at = None


class ChargesRunningTurns(FakeInbox):
    """Lacks `turn queued` in charge: known to make no difference, because owner and fence cover it."""

    def charge(self, lease: Lease, turn: Turn, **more: Any) -> Charged:
        kept = self.memory.turns[turn.conversation, turn.id]
        held = self.memory.conversations[lease.conversation]
        if kept.turn.state is TurnState.RUNNING and (held.lease_owner, held.fence) == (lease.owner, lease.fence):
            kept.change(state=TurnState.QUEUED)
        return super().charge(lease, turn, **more)


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
    """Gives a charge back to the person only."""

    def _count_on_key(self, turn: Turn, number: int) -> None:
        super()._count_on_key(turn, max(number, 0))
