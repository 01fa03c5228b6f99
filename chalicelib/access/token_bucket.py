"""Token buckets: how often somebody may do something, as arithmetic on one stored number."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TokenBucket:
    """A bucket of `burst` tokens that regains one every `every_ms`.

    Its state is `full_at`, the time in milliseconds since 1970 at which it is full again; 0 for one never used. Within
    any time t it yields at most burst + t / every_ms tokens.
    """

    burst: int
    every_ms: int

    @property
    def latest_ms(self) -> int:
        """The longest time from now to `full_at` at which there is a token left."""
        return (self.burst - 1) * self.every_ms

    def is_full(self, full_at: int, *, now: int) -> bool:
        """Whether no token is missing."""
        return full_at <= now

    def has_token(self, full_at: int, *, now: int) -> bool:
        """Whether a token can be taken."""
        return full_at - now <= self.latest_ms

    def taken(self, full_at: int, *, now: int) -> int:
        """Return the state after a token was taken."""
        return max(full_at, now) + self.every_ms
