"""A user's request to delete their data, as a frozen value."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Deletion:
    """A request that a user made at Facebook and Meta forwarded; the owner carries it out by hand."""

    code: str = field(repr=False)
    """The confirmation code: gives access to the request's status page, so it cannot be guessed."""
    received_at: int
    """In milliseconds since 1970, as `done_at`."""
    user: str = field(default="", repr=False)
    """The user's app-scoped id, which leads to no conversation; empty once the request is done."""
    done_at: int | None = None
    """None while the request is open."""
