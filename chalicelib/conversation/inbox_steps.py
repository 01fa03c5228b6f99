"""The steps of a turn that take more than a value or two, as frozen values for the Inbox port."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from chalicelib.access.budget import Reservation, Settlement
from chalicelib.access.ledger import Tally
from chalicelib.conversation.turn import Reply, Turn, TurnState


@dataclass(frozen=True)
class Charge:
    """Counts a queued turn against its person's limits and reserves money for its first model call.

    An opening by the model (`Turn.opens`) is counted on the API key and the budget alone.
    """

    turn: Turn
    _: KW_ONLY
    day: str
    """The owner's day on which the question counts, as `2026-11-20`."""
    limit: int | None
    """The most questions that the person may ask on that day; None for no limit."""
    reserve: Reservation
    forgotten_at: int = 0
    """As in `Person`, when it was read: what was read with it must not be sent to the model once it is deleted."""
    outdated: Sequence[str] = ()
    """Days whose counts are deleted with the charge; neither `day` nor that of `reserve`."""
    outdated_months: Sequence[str] = ()
    """Months whose counts are deleted with it, as `2026-11`; not that of `reserve`."""
    key_counted_apart: bool = False
    """As in `ApiKey.is_counted_apart`, when the person's API key was read."""


@dataclass(frozen=True)
class Record:
    """Stores the reply to a queued or running turn."""

    turn: Turn
    reply: Reply
    _: KW_ONLY
    settlement: Settlement | None = None
    """What the model call cost; without it the whole reservation stays committed."""
    refund: bool = False
    """Return the charge to the person, on the day it was made, if that is still counted."""
    most_refunds: int | None = None
    """Refund only a person with fewer counted refunds of that day, and count this one.

    None: always and uncounted, and to the person's API key too. Its visitors are as many as its clients wish, so that
    it gets nothing back of what is counted.
    """
    forget_before: int | None = None
    """Hide all turns before this time (milliseconds since 1970) from the conversation's memory."""
    drops_summary: bool = False
    """Delete the conversation's summary, also one that is just being made."""
    tally: Tally | None = None
    """How the question ended, for the day's counters; None if nothing is counted but the settlement and the refund."""

    def answered(self) -> Turn:
        """Return the turn as it is once the step is recorded."""
        return replace(
            self.turn,
            state=TurnState.ANSWERED,
            reply=self.reply,
            deliveries=1,
            charged_day=None if self.refund else self.turn.charged_day,
            hides_before=self.forget_before or 0,
            drops_summary=self.drops_summary,
        )


@dataclass(frozen=True)
class Finish:
    """Closes an open turn."""

    turn: Turn
    state: TurnState
    """DONE or DROPPED."""
    _: KW_ONLY
    release: bool
    """Release the lease with the same write, unless messages have arrived since it was read."""
    refund: bool = False
    """Return the charge, as `Record` does."""
    most_refunds: int | None = None
    """As in `Record`; without a refund left, the turn is closed and stays charged."""
    scrub: bool = False
    """Delete the text of the turn and of its reply."""
    joined: Sequence[Turn] = ()
    """Queued turns that are closed with a queued one, as `burst.joined` says."""
    tally: Tally | None = None
    """As in `Record`."""


@dataclass(frozen=True)
class Forgotten:
    """What became of a person's turns in one conversation, as of `Transcript.forget`.

    Open ones stay that are queued and were asked after `asked_at`, and all open ones `here`, where the caller has the
    lease. The worker of one that is deleted loses its lease. Not atomic: call it again after a failure.
    """

    ended: tuple[Turn, ...] = ()
    """Those that were open, as dropped."""
    _: KW_ONLY
    has_later: bool = False
    """Whether open turns stay that were asked later."""
