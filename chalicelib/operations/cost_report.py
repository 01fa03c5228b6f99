"""Calculates what the last days cost and what 1,000 messages cost, from counted use and prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

from chalicelib.access.budget import DaySpend, Price, Usage
from chalicelib.ids import Channels
from chalicelib.operations import aws_prices
from chalicelib.operations.aws_prices import Item, Prices
from chalicelib.operations.report import Totals

THOUSAND: Final = 1000
TYPICAL: Final = Usage(input=1500, output=250)
"""Tokens of an answer, assumed while no answer is counted."""
_MICRO: Final = Decimal(1_000_000)


@dataclass(frozen=True)
class Report:
    """The costs of one stage, in USD unless a name says otherwise."""

    stage: str
    days: Sequence[DaySpend]
    """Oldest first, up to today, without a gap."""
    model: str
    price: Price
    """The price of the model, used only while no answer is counted."""
    prices: Prices
    message: Sequence[Item]
    web_message: Sequence[Item]
    month: Sequence[Item]
    channels: Channels

    @cached_property
    def totals(self) -> Totals:
        """The sums over the days, as `parley report` shows them. Each call is taken to be one message."""
        return Totals.of(self.days)

    @property
    def model_usd(self) -> Decimal:
        """The cost of the model, with the amounts reserved for requests whose result is unknown."""
        return self.totals.cost / _MICRO

    @property
    def messages_usd(self) -> Decimal:
        """The cost at AWS of all messages, taken to be Messenger's if the stage has it."""
        return self.totals.calls * aws_prices.total(self.message if self.channels.messenger else self.web_message)

    @property
    def idle_usd(self) -> Decimal:
        """The cost at AWS of all these days, without messages."""
        return aws_prices.total(self.month) * len(self.days) / aws_prices.MONTH_DAYS

    @property
    def usd(self) -> Decimal:
        """The sum of all costs."""
        return self.model_usd + self.messages_usd + self.idle_usd

    @property
    def thousand(self) -> Sequence[Item]:
        """The cost at AWS of 1,000 messages on Messenger, by item."""
        return [item.times(Decimal(THOUSAND)) for item in self.message]

    @property
    def thousand_web(self) -> Sequence[Item]:
        """The cost at AWS of 1,000 messages in the web chat, by item."""
        return [item.times(Decimal(THOUSAND)) for item in self.web_message]

    @property
    def thousand_model_usd(self) -> Decimal:
        """The cost of the model for 1,000 messages: the average of the counted answers, or of a typical one."""
        if self.totals.answers:
            return self.model_usd / self.totals.answers * THOUSAND
        return THOUSAND * self.price.cost(TYPICAL) / _MICRO


def since(created: date, days: Sequence[DaySpend]) -> Sequence[DaySpend]:
    """Leave out the days before the stage was created, but none from the first with a call to the model on.

    A table that was copied from another account is newer than its counts. The last day always stays.
    """
    counted = (number for number, day in enumerate(days) if day.calls or day.day >= created.isoformat())
    return days[next(counted, len(days) - 1) :]
