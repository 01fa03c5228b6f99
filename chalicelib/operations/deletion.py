"""A deletion request from Meta, as a frozen value; no I/O."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Deletion:
    """A request, passed on by Meta, that what is stored of somebody be deleted; the owner carries it out by hand."""

    code: str = field(repr=False)
    """By which the person finds it again; nobody can guess it."""
    received_at: int
    user: str = field(default="", repr=False)
    """App-scoped, so that no person in the store can be found by it; empty once it is done."""
    done_at: int | None = None
