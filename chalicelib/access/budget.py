"""The daily budget in micro-USD (millionths of a dollar): prices, reservations and settlements."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_UP, Decimal

from chalicelib.access.shards import LEAST_SHARE, Shard, shard_of
from chalicelib.ids import Channel


@dataclass(frozen=True)
class Usage:
    """The tokens of a model call; `cached` and `written` are parts of `input`."""

    input: int = 0
    cached: int = 0
    """Read from the provider's cache."""
    output: int = 0
    written: int | None = None
    """Written to the provider's cache; None if the provider does not tell."""
    model: str = ""
    """The name of the model that was asked, where several may be; empty for the one that the reservation is for."""


@dataclass(frozen=True)
class MonthCap:
    """The month's budget on one of its days, in micro-USD."""

    cap: int
    """The most that may be set aside in the month."""
    before: int
    """What its earlier days have used, or a little more."""
    of_person: int | None = None
    """The most that may be set aside in the month for the user who asks; None for no limit."""

    @property
    def room(self) -> int:
        """The most that the month leaves for the day."""
        return self.cap - self.before


@dataclass(frozen=True)
class Reservation:
    """Money set aside for one model call before its request is sent, in micro-USD."""

    day: str
    """The ISO date, in the owner's time zone, of the call, not of the question."""
    amount: int
    """The most that the call can cost."""
    cap: int
    """The most that may be set aside on that day in total."""
    person_cap: int | None = None
    """The most that may be set aside on that day for the user who asks; None for no limit."""
    channel_cap: int | None = None
    """The most that may be set aside on that day for the user's channel; None for a call of no turn."""
    model: str = ""
    """The name of the model that is asked."""
    persona: str = ""
    """The name of the persona as which it is asked; empty for a call of none."""
    hour: int = 0
    """The hour of `day` in which it is asked."""
    month: MonthCap | None = None
    """The budget of the month of `day`; None if there is none."""
    shard: Shard | None = None
    """The part of the channel's day in which it is set aside and settled; None for the day's own item."""
    limits: str = ""
    """The settings by which the day is shared out; empty if the budget is too small to be shared out."""

    @property
    def most(self) -> int:
        """The most that may be set aside on the day, by its own budget and by the month's."""
        return min(self.cap, self.month.room) if self.month else self.cap


@dataclass(frozen=True)
class Settlement:
    """The end of a reservation: its amount is replaced by the `cost` of the call, in micro-USD."""

    reserved: Reservation
    cost: int
    usage: Usage | None = None
    """The response's tokens, all 0 if the provider does not tell; None if there was no complete response."""

    @property
    def model(self) -> str:
        """The name of the model that was asked."""
        return (self.usage.model if self.usage else "") or self.reserved.model

    @property
    def cost_usd(self) -> float:
        """The cost in USD, for logs."""
        return round(self.cost / 1_000_000, 6)


@dataclass(frozen=True)
class DaySpend:
    """The sums over all model calls of a day."""

    day: str
    committed: int = 0
    """Micro-USD: the cost of settled calls, and the reservations of calls whose cost is unknown or still open."""
    tokens_in: int = 0
    tokens_cached: int = 0
    """The part of `tokens_in` that the provider read from its cache."""
    tokens_out: int = 0
    answers: int = 0
    """Calls that ended with a response; the token counts are theirs."""
    calls: int = 0
    channels: Mapping[Channel, int] = field(default_factory=dict, compare=False)
    """The part of `committed` that each channel has used."""
    models: Mapping[str, int] = field(default_factory=dict, compare=False)
    """The part of `committed` of each model, by the name of the one that was asked."""
    personas: Mapping[str, int] = field(default_factory=dict, compare=False)
    """The part of `committed` of each persona, by its name; an empty name for calls of no persona."""
    of_no_person: int = field(default=0, compare=False)
    """The part of `committed` that is counted for no person: of summaries, openings and checks."""
    questions: int = field(default=0, compare=False)
    """Charged questions, those included whose charge was given back later."""
    hours: Mapping[int, int] = field(default_factory=dict, compare=False)
    """The `questions` of each hour of the owner's day, 0 to 23."""
    refunded: int = field(default=0, compare=False)
    """Charges that were given back on the day."""
    failures: int = field(default=0, compare=False)
    """Questions that got an apology, because the model failed."""
    unanswered: int = field(default=0, compare=False)
    """Questions that were closed without a delivered reply, because they were too old or could not be delivered."""
    answer_ms: Mapping[int, int] = field(default_factory=dict, compare=False)
    """Answers by how long users waited for them: the bound of a bucket, of `ledger.ANSWER_MS`, and their number."""

    def used(self, cap: int, *, of_channel: int) -> Decimal:
        """Return the used share of the budget of `cap`, or of a channel's part if that is used up further."""
        parts = (Decimal(used) / max(1, of_channel) for used in self.channels.values())
        return max(Decimal(self.committed) / max(1, cap), *parts, Decimal(0))


@dataclass(frozen=True)
class Price:
    """A model's prices in USD per million tokens, which is micro-USD per token."""

    input: Decimal
    cached: Decimal
    output: Decimal
    shutdown: date | None = None
    """The first day on which the provider does not serve the model any more; None if none is announced."""
    write: Decimal | None = None
    """The price of an input token that is also written to the provider's cache; None if it is that of any other."""

    @property
    def is_free(self) -> bool:
        """Whether no usage costs anything."""
        return not any((self.input, self.cached, self.output, self.write))

    def cost(self, usage: Usage) -> int:
        """Return what the usage costs in whole micro-USD, rounded up.

        If the usage does not tell what was written to the cache, all input that was not read from there counts as
        the dearer of the two: a budget may be counted too high but not too low.
        """
        write = self.input if self.write is None else self.write
        fresh = usage.input - usage.cached
        if usage.written is None:
            exact = fresh * max(self.input, write)
        else:
            exact = (fresh - usage.written) * self.input + usage.written * write
        exact += usage.cached * self.cached + usage.output * self.output
        return int(exact.to_integral_value(ROUND_UP))

    def or_dearer(self, other: "Price") -> "Price":
        """Return a price at which no usage costs less than at either of the two."""
        amounts = max(self.input, other.input), max(self.cached, other.cached), max(self.output, other.output)
        writes = [price.input if price.write is None else price.write for price in (self, other)]
        return Price(*amounts, write=max(writes))

    def times(self, factor: Decimal) -> "Price":
        """Return the same price with all amounts multiplied."""
        write = None if self.write is None else self.write * factor
        amounts = self.input * factor, self.cached * factor, self.output * factor
        return Price(*amounts, shutdown=self.shutdown, write=write)


@dataclass(frozen=True)
class Budget:
    """The money for a day, in micro-USD, and the price of the model it is spent on."""

    cap: int
    price: Price
    person_share: Decimal
    """The share of the budget that one person may use; 1 for all of it."""
    is_shared: bool = True
    """Whether two channels share it, so that each has a part."""
    others: Mapping[str, Price] = field(default_factory=dict)
    """The prices of other models that may answer, by name."""
    fallback: str = ""
    """The name of the one that answers where another one cannot; empty for none."""
    model: str = ""
    """The name of the deployment's model."""
    month_cap: int | None = None
    """The money for a month; None for no limit but the days'."""

    @property
    def is_free(self) -> bool:
        """Whether none of the models costs anything."""
        return all(price.is_free for price in (self.price, *self.others.values()))

    @property
    def of_channel(self) -> int:
        """What one channel may use of it."""
        return part_of_channel(self.cap, is_shared=self.is_shared)

    def price_of(self, model: str) -> Price:
        """Return the price of a model by its name; for any other name, that of the deployment's."""
        return self.others.get(model, self.price)

    def reserve(self, most: Usage, *, day: str, model: str = "", before: int = 0) -> Reservation:
        """Return what must be set aside on `day`, an ISO date, before a call of no turn that uses at most `most`.

        `model` is asked, without a name the deployment's, and in its place perhaps the fallback: the dearer counts.
        `before` is what the earlier days of the month have used.
        """
        month = None if self.month_cap is None else MonthCap(self.month_cap, before)
        amount, limits = self._dearest(model).cost(most), self._limits
        return Reservation(day, amount, self.cap, model=model or self.model, month=month, limits=limits)

    def for_turn(self, whole: Reservation, *, is_unlimited: bool, name: str = "") -> Reservation:
        """Return the reservation for a user's question, with the user's and the channel's part of the budget.

        Each part is large enough for one call. An unlimited person has no part, but the channel has. `name` is that of
        the turn, or of the conversation, by which the shard is chosen; without one, it is the day's own item.
        """
        of_channel = max(self.of_channel, whole.amount)
        shared = replace(whole, channel_cap=of_channel, shard=shard_of(name, cap=self.cap, amount=whole.amount))
        if is_unlimited or self.person_share == 1:
            return shared
        month = whole.month and replace(whole.month, of_person=self._share(whole.month.cap, whole))
        return replace(shared, person_cap=self._share(self.cap, whole), month=month)

    def settle(self, reserved: Reservation, usage: Usage | None, *, at_most: Usage) -> Settlement:
        """Return what the call cost: by `usage`, or, if the provider does not tell, no more than `at_most` costs.

        The price is that of the model that was asked; where that is not known, of the dearest that may have been.

        `at_most` is empty for a call that the provider cannot bill.
        """
        is_told = usage is not None and (usage.input or usage.output)
        if usage and is_told:
            return Settlement(reserved, self.price_of(usage.model or reserved.model).cost(usage), usage)
        return Settlement(reserved, min(self._dearest(reserved.model).cost(at_most), reserved.amount), usage)

    @property
    def _limits(self) -> str:
        """The settings that the shards of a day depend on: no money is spent that was granted by others."""
        return f"{self.cap}/{self.of_channel}/{self.month_cap}" if self.cap >= 2 * LEAST_SHARE else ""

    def _share(self, cap: int, whole: Reservation) -> int:
        return max(int(cap * self.person_share), whole.amount)

    def _dearest(self, model: str) -> Price:
        price = self.price_of(model)
        return price.or_dearer(self.others[self.fallback]) if self.fallback in self.others else price


def part_of_channel(cap: int, *, is_shared: bool) -> int:
    """Return what one channel may use of a budget: three quarters, so that a quarter is left for the other, or all."""
    return cap * 3 // 4 if is_shared else cap


def usd(micro: int) -> str:
    """Format micro-USD as dollars without trailing zeros: `0.5`."""
    return f"{Decimal(micro) / 1_000_000:f}"
