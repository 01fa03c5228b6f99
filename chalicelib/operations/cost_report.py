"""What the last days cost and a thousand messages do, worked out from what was counted. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from chalicelib.access.budget import DaySpend, Price, Usage
from chalicelib.operations import aws_prices
from chalicelib.operations.aws_prices import Item, Prices

THOUSAND: Final = 1000
TYPICAL: Final = Usage(input=1500, output=250)
"""What an answer takes, as long as none was counted."""
_MICRO: Final = Decimal(1_000_000)


@dataclass(frozen=True)
class Report:
    """One stage's costs in USD."""

    stage: str
    days: Sequence[DaySpend]
    """From the first to today, without a gap."""
    model: str
    price: Price
    """The model's, used only while no answer is counted."""
    prices: Prices
    message: Sequence[Item]
    web_message: Sequence[Item]
    month: Sequence[Item]

    @property
    def calls(self) -> int:
        """How often the model was asked: each call is taken for one plain message."""
        return sum(day.calls for day in self.days)

    @property
    def answers(self) -> int:
        """Calls that ended with an answer."""
        return sum(day.answers for day in self.days)

    @property
    def tokens(self) -> Usage:
        """Of all answers."""
        return Usage(
            sum(day.tokens_in for day in self.days),
            sum(day.tokens_cached for day in self.days),
            sum(day.tokens_out for day in self.days),
        )

    @property
    def model_usd(self) -> Decimal:
        """What the model cost, with what is set aside for calls that nobody knows the end of."""
        return sum(day.committed for day in self.days) / _MICRO

    @property
    def messages_usd(self) -> Decimal:
        """AWS's part of all messages."""
        return self.calls * aws_prices.total(self.message)

    @property
    def idle_usd(self) -> Decimal:
        """AWS's part of all these days, without the messages."""
        return aws_prices.total(self.month) * len(self.days) / aws_prices.MONTH_DAYS

    @property
    def usd(self) -> Decimal:
        """Everything."""
        return self.model_usd + self.messages_usd + self.idle_usd

    @property
    def thousand(self) -> Sequence[Item]:
        """AWS's part of a thousand messages."""
        return [item.times(Decimal(THOUSAND)) for item in self.message]

    @property
    def thousand_web(self) -> Sequence[Item]:
        """AWS's part of a thousand messages of the web chat."""
        return [item.times(Decimal(THOUSAND)) for item in self.web_message]

    @property
    def thousand_model_usd(self) -> Decimal:
        """The model's part of a thousand messages: as they were on the average, or else as they typically are."""
        if self.answers:
            return self.model_usd / self.answers * THOUSAND
        return THOUSAND * self.price.cost(TYPICAL) / _MICRO
