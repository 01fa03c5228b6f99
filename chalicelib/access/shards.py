"""In how many parts a large day's budget is shared out, so that many calls can set money aside at once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.spreading import part_of

MOST_SHARDS: Final = 40
"""Of one channel. Those of two channels, and the day's own item, are read in one request."""
_CALLS_A_SHARD: Final = 256
"""The fewest calls of a shard, so that it is seldom used up."""
LEAST_SHARE: Final = 2_500_000
"""The fewest micro-USD of a shard: a smaller budget pays for no calls that are many at the same time."""


@dataclass(frozen=True)
class Shard:
    """The part of a channel's day in which a call sets its money aside, and settles it."""

    number: int
    of: int
    """In how many parts the day was shared out for this call."""


def shard_of(name: str, *, cap: int, amount: int) -> Shard | None:
    """Return the shard of a call, by the name of its turn or conversation; None if the day is not shared out for it.

    `amount` of the `cap` is set aside for it, both in micro-USD.
    """
    number = min(MOST_SHARDS, cap // max(_CALLS_A_SHARD * amount, LEAST_SHARE))
    return Shard(part_of(name, number), number) if number > 1 and name else None


@dataclass(frozen=True)
class Headroom:
    """What a day's budget has left for one channel, in micro-USD."""

    ungranted: int
    """What no shard has; negative if the budget was lowered below what is set aside or granted."""
    ungranted_of_channel: int | None
    """The same of the channel's part; None if the channel has none."""
    shards: Mapping[str, int]
    """What other shards have left, by their names."""

    def share(self, need: int, channel: str, *, of: int) -> int:
        """Return what a shard is granted that needs at least `need`: a part of what is left, which becomes smaller."""
        left = sum(max(room, 0) for room in self.shards.values()) + self.ungranted
        if self.ungranted_of_channel is not None:
            own = sum(max(room, 0) for name, room in self.shards.items() if is_of(name, channel))
            left = min(left, own + self.ungranted_of_channel)
        return need + max(0, left - need) // (2 * of)

    def taken_for(self, amount: int, channel: str | None) -> Mapping[str, int]:
        """Return what other shards give back so that the amount can be granted: nothing as long as enough is ungranted.

        The channel's own shards come first, since theirs is the channel's part too, and first those with most.
        """
        short = amount - self.ungranted
        short_of_channel = 0 if self.ungranted_of_channel is None else amount - self.ungranted_of_channel
        taken: dict[str, int] = {}
        for name, room in sorted(self.shards.items(), key=lambda each: (not is_of(each[0], channel), -each[1])):
            missing = max(short, short_of_channel) if is_of(name, channel) else short
            if (some := min(room, missing)) > 0:
                taken[name] = some
                short, short_of_channel = short - some, short_of_channel - some * is_of(name, channel)
        return taken


def shard_name(channel: str, number: int) -> str:
    """Return the name of a channel's shard."""
    return f"{channel}.{number}"


def is_of(name: str, channel: str | None) -> bool:
    """Whether the shard of that name is the channel's."""
    return name.split(".", maxsplit=1)[0] == channel
