"""Charging: a question against the quota and the API key, and its model call against the day's budget.

Money is reserved before the model is called and settled after it, so that the budget is never exceeded.
"""

from dataclasses import dataclass, field

from chalicelib.access import identity, ledger, quota
from chalicelib.access.budget import Reservation, Settlement
from chalicelib.access.levels import ALL, Levels, Part
from chalicelib.access.todays_budget import TodaysBudget
from chalicelib.clock import Clock
from chalicelib.conversation import prompt_builder
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge
from chalicelib.conversation.journal import Asked
from chalicelib.conversation.ports import Inbox, OwnerAlerts
from chalicelib.conversation.prompt import Answer, Failure
from chalicelib.conversation.turn_context import TurnContext


@dataclass(frozen=True)
class Charging:
    """Charges turns. Methods that write raise LeaseLost and StoreError."""

    inbox: Inbox
    today: TodaysBudget
    alerts: OwnerAlerts
    clock: Clock
    levels: Levels = field(default_factory=Levels)

    def day_now(self) -> str:
        """Return the ISO date in the owner's time zone."""
        return self.today.day()

    def charge(self, context: TurnContext) -> tuple[Charged, Reservation]:
        """Charge a queued turn and set aside, atomically, the most that a call made now can cost.

        The owner is notified when a level of a budget is passed, as `levels` says.
        """
        reservation = self._reserve(context)
        charged = self._up_to_the_next_level(context, reservation)
        if self._is_worth_another_try(charged, reservation):
            return self.charge(context)
        return charged, reservation

    def charge_again(self, context: TurnContext) -> tuple[Charged, Reservation]:
        """Set money aside for another model call of a running turn; not CHARGED if there is no room.

        The user is not charged again.
        """
        reservation = self._reserve(context)
        until = context.time.until()
        charged = self.inbox.call_again(context.lease, context.turn, reserve=reservation, until=until)
        if self._is_worth_another_try(charged, reservation):
            return self.charge_again(context)
        return charged, reservation

    def settle(self, reservation: Reservation, outcome: Answer | Asked | Failure) -> Settlement:
        """Return what the call cost: as the provider says, else the most that it can have cost."""
        return self.today.budget.settle(reservation, outcome.usage, at_most=outcome.at_most)

    def _reserve(self, context: TurnContext) -> Reservation:
        return self.today.reserve_for_turn(
            prompt_builder.most_usage(context),
            is_unlimited=context.person.is_unlimited,
            model=context.model,
            persona=context.persona_name,
            name=context.turn.id,
        )

    def _is_worth_another_try(self, charged: Charged, reservation: Reservation) -> bool:
        """Whether the money may be set aside on the next day, or with what the month's earlier days have given back."""
        if charged is Charged.DAY_OVER:
            self.today.go_past(reservation.day)
            return True
        return charged is Charged.MONTH_SPENT and self.today.read_again()

    def _up_to_the_next_level(self, context: TurnContext, reservation: Reservation) -> Charged:
        channel, passed = identity.channel_of(context.turn.person), dict[Part, int]()
        while True:
            charged = self._charge(context, self.levels.next(reservation, channel))
            part = part_without_room(charged)
            percent = self.levels.percent(part, reservation, channel) if part else ALL
            if part is None or percent == ALL:
                break
            self.levels.go_past(part, reservation, channel)
            passed[part] = percent
        for each, percent in passed.items():
            if charged is Charged.CHARGED:
                self.alerts.budget_nearly_spent(reservation, each, channel, percent=percent)
            elif each is not part:
                self.levels.go_back(each, reservation, channel)
        return charged

    def _charge(self, context: TurnContext, reservation: Reservation) -> Charged:
        key = context.entitlements.key
        step = Charge(
            context.turn,
            day=context.day,
            limit=context.limit,
            reserve=reservation,
            forgotten_at=context.person.forgotten_at,
            outdated=quota.outdated(context.person.days, today=context.day),
            outdated_months=ledger.outdated_months(context.person.months, today=reservation.day),
            key_counted_apart=key is not None and key.is_counted_apart,
        )
        return self.inbox.charge(context.lease, step, now=self.clock(), until=context.time.until())


def part_without_room(refused: Charged) -> Part | None:
    """Return which budget has no room for a call; None if another reason, or none, speaks against it."""
    match refused:
        case Charged.OVER_BUDGET:
            return Part.DAY
        case Charged.CHANNEL_SPENT:
            return Part.CHANNEL
        case Charged.MONTH_SPENT:
            return Part.MONTH
    return None
