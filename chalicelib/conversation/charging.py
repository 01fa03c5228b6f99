"""Charging: a question against the quota and the API key, and its model call against the day's budget.

Money is reserved before the model is called and settled after it, so that the budget is never exceeded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from chalicelib.access import budget, identity, ledger, quota
from chalicelib.access.budget import Budget, Reservation, Settlement
from chalicelib.clock import Clock
from chalicelib.conversation import prompt_builder
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge
from chalicelib.conversation.journal import Asked
from chalicelib.conversation.ports import Inbox, OwnerAlerts
from chalicelib.conversation.prompt import Answer, Failure
from chalicelib.conversation.turn import Turn
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.ids import Channel


@dataclass(frozen=True)
class Charging:
    """Charges turns. Methods that write raise LeaseLost and StoreError."""

    inbox: Inbox
    budget: Budget
    alerts: OwnerAlerts
    clock: Clock
    zone: ZoneInfo

    def reserve(self, context: TurnContext) -> Reservation:
        """Return the most that a model call made now can cost, on today's budget. Nothing is written yet."""
        now, today = self.clock(), self.day_now()
        is_unlimited = context.person.is_unlimited
        most = prompt_builder.most_usage(context)
        return self.budget.reserve_for_turn(
            most,
            day=today,
            is_unlimited=is_unlimited,
            model=context.model,
            persona=context.persona_name,
            hour=quota.hour_of(now, zone=self.zone),
        )

    def day_now(self) -> str:
        """Return the ISO date in the owner's time zone."""
        now = self.clock()
        return quota.day_of(now, now=now, zone=self.zone)

    def charge(self, context: TurnContext, reservation: Reservation) -> Charged:
        """Charge a queued turn and set the money aside, atomically. The owner is notified at four fifths of the budget.

        The first attempt is limited to four fifths of the budget and of the channel's part. Only if that has no room is
        all of it tried, so the warning needs no other request to the store.
        """
        now = self.clock()
        outdated = quota.outdated(context.person.days, today=context.day)
        first = self._charge(context, budget.within_warning_level(reservation), now=now, outdated=outdated)
        if first not in (Charged.OVER_BUDGET, Charged.CHANNEL_SPENT):
            return first
        charged = self._charge(context, reservation, now=now, outdated=outdated)
        if charged is Charged.CHARGED:
            self.alerts.budget_nearly_spent(reservation, spent_by(context.turn, first))
        return charged

    def charge_again(self, context: TurnContext, reservation: Reservation) -> Charged:
        """Set money aside for another model call of a running turn; not CHARGED if there is no room.

        The user is not charged again.
        """
        return self.inbox.call_again(context.lease, context.turn, reserve=reservation, until=context.time.until())

    def settle(self, reservation: Reservation, outcome: Answer | Asked | Failure) -> Settlement:
        """Return what the call cost: as the provider says, else the most that it can have cost."""
        return self.budget.settle(reservation, outcome.usage, at_most=outcome.at_most)

    def _charge(self, context: TurnContext, reservation: Reservation, *, now: int, outdated: Sequence[str]) -> Charged:
        months = ledger.outdated_months(context.person.months, today=reservation.day)
        step = Charge(
            context.turn,
            day=context.day,
            limit=context.limit,
            reserve=reservation,
            forgotten_at=context.person.forgotten_at,
            outdated=outdated,
            outdated_months=months,
        )
        return self.inbox.charge(context.lease, step, now=now, until=context.time.until())


def spent_by(turn: Turn, refused: Charged) -> Channel | None:
    """Return the channel whose part has no room for the turn's call; None if the whole budget has none."""
    return identity.channel_of(turn.person) if refused is Charged.CHANNEL_SPENT else None
