"""Inboxes that each count one thing wrongly, or lack a safeguard of a turn's end, and are otherwise correct."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.access.ledger import month_of
from chalicelib.access.person import Access
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.turn import Lease, Thread, Turn, TurnState
from tests.fakes.inbox import FakeInbox
from tests.fakes.memory import Conversation


class _Miscounts(FakeInbox):
    """Counts something wrongly after each charge."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        charged = super().charge(lease, step, now=now, until=until)
        if charged is Charged.CHARGED:
            self._miscount(step)
        return charged

    def _miscount(self, step: Charge) -> None: ...

    def _of_day(self, step: Charge, **values: Any) -> None:
        day = step.reserve.day
        self.memory.spend[day] = replace(self.memory.spend[day], **values)


class LosesTheChannel(_Miscounts):
    """Counts the cost of a call on no channel."""

    def _miscount(self, step: Charge) -> None:
        self._of_day(step, channels={})


class LosesThePersona(_Miscounts):
    """Counts the cost of a call on no persona."""

    def _miscount(self, step: Charge) -> None:
        self._of_day(step, personas={})


class LosesTheHour(_Miscounts):
    """Counts a question in no hour."""

    def _miscount(self, step: Charge) -> None:
        self._of_day(step, hours={})


class CountsForNoPerson(_Miscounts):
    """Counts the cost of a person's call for no person too."""

    def _miscount(self, step: Charge) -> None:
        self._of_day(step, of_no_person=step.reserve.amount)


class LosesThePersonsDay(_Miscounts):
    """Counts no cost of a day on the person."""

    def _miscount(self, step: Charge) -> None:
        self.memory.people[step.turn.person].change(spent={})


class LosesThePersonsMonth(_Miscounts):
    """Counts no cost of a month on the person."""

    def _miscount(self, step: Charge) -> None:
        self.memory.people[step.turn.person].change(months=self._months(step, cost=0))

    def _months(self, step: Charge, **values: int) -> Mapping[str, Any]:
        months, month = self.memory.people[step.turn.person].person.months, month_of(step.reserve.day)
        return {**months, month: replace(months[month], **values)}


class LosesThePersonsQuestions(LosesThePersonsMonth):
    """Counts no question of a month on the person."""

    def _miscount(self, step: Charge) -> None:
        self.memory.people[step.turn.person].change(months=self._months(step, questions=0))


class _MiscountsRefunds(FakeInbox):
    """Counts so many refunds too many on the day."""

    more = 0

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        recorded = super().record(lease, step, until=until)
        if recorded and step.refund and (day := step.turn.charged_day):
            spent = self.memory.spend[day]
            self.memory.spend[day] = replace(spent, refunded=spent.refunded + self.more)
        return recorded


class CountsRefundsTwice(_MiscountsRefunds):
    """Counts a refund twice on the day."""

    more = 1


class CountsBackwards(_MiscountsRefunds):
    """Takes a refund from the day's count."""

    more = -2


class RefundsWithoutEnd(FakeInbox):
    """Lacks `refunds < most_refunds` when a turn ends."""

    def _may_refund(self, step: Record | Finish) -> bool:
        return True


class TakesStoredForSent(FakeInbox):
    """Closes a turn whose answer is stored, whether it was sent or not."""

    def load(self, lease: Lease, *, now: int) -> Thread:
        conversation = self.memory.conversations[lease.conversation]
        for kept in self.memory.of(lease.conversation):
            if kept.turn.state is TurnState.ANSWERED:
                kept.change(state=TurnState.DONE)
                conversation.open_turns -= 1
        return super().load(lease, now=now)


class JoinsToNone(FakeInbox):
    """Stores no leader with a message that is answered with another one."""

    def _close_all(self, conversation: Conversation, joined: Sequence[Turn]) -> None:
        super()._close_all(conversation, joined)
        for turn in joined:
            self.memory.turns[turn.conversation, turn.id].change(joined=None)


class AnswersBlocked(FakeInbox):
    """Lacks `not blocked` in charge."""

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        known = self._person(step.turn)
        access = known.person.access
        known.change(access=Access.DEFAULT)
        charged = super().charge(lease, step, now=now, until=until)
        known.change(access=access)
        return charged
