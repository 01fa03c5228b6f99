"""What the flow needs of the world, as small Protocols; each docstring is a promise that the contract tests hold.

No implementation lives here. Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from enum import Enum
from typing import Protocol

from chalicelib.messages import (
    Access,
    Bill,
    ConversationId,
    DaySpend,
    Deletion,
    IncomingMessage,
    Lease,
    ModelEvent,
    Overdue,
    Person,
    PersonId,
    Prompt,
    Reply,
    Reservation,
    Thread,
    Turn,
    TurnId,
    TurnState,
)


class Clock(Protocol):
    """Tells the time in milliseconds since 1970."""

    def __call__(self) -> int: ...


class Accepted(Enum):
    """What became of a message at the door."""

    QUEUED = "queued"
    DUPLICATE_OPEN = "duplicate_open"
    """Already here and not yet answered: worth waking the worker again."""
    DUPLICATE_DONE = "duplicate_done"
    BLOCKED = "blocked"
    OVERFLOW = "overflow"
    """Too many open turns: not kept, and the person is told once."""
    TOO_MANY_ROOMS = "too_many_rooms"
    """The person writes in as many rooms as can be kept in mind: not kept."""


class Charged(Enum):
    """What became of an attempt to charge a turn."""

    CHARGED = "charged"
    OVER_LIMIT = "over_limit"
    BLOCKED = "blocked"
    OVER_BUDGET = "over_budget"
    """The day has no room for what would have to be set aside."""
    KEY_SPENT = "key_spent"
    """The key that vouches for the person has had all its messages."""
    KEY_REVOKED = "key_revoked"
    """It is revoked, has expired or is gone."""


class Inbox(Protocol):
    """The durable list of a conversation's turns.

    From `charge` to `hand_back` every method raises LeaseLost, having written nothing, unless the lease is still in
    force. All raise StoreError when the store fails. Every write is atomic as a whole.
    """

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        """Keep the message as a queued turn, exactly once however often it comes, unless the person is blocked.

        A room that it stands in is noted with the person.
        """

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        """Become the one who works on the conversation; None when somebody does or there is nothing to do."""

    def load(self, lease: Lease, *, now: int) -> Thread:
        """Read as many open turns as there were when `lease` was read, and at least the most recent closed ones.

        One that was open then is missed only when others have come since; then the lease cannot be released either.
        """

    def charge(
        self,
        lease: Lease,
        turn: Turn,
        *,
        now: int,
        day: str,
        limit: int | None,
        reserve: Reservation,
        until: int,
        outdated: Sequence[str] = (),
    ) -> Charged:
        """Move a queued turn to running, count it on `day` and set money aside; never beyond `limit` or the cap.

        Extends the lease. The counts of the `outdated` days are deleted with it. A reservation of nothing always has
        room. Where an API key vouches for the person, it must be valid at `now` and its `max_messages` not used up, and
        the question is counted there too.
        """

    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> bool:
        """Count one more model call for a running turn, and set money aside for it too. Extends the lease.

        False, with nothing written, when the day has no room. What was set aside for the call before stays: nobody
        knows whether it was billed.
        """

    def record(
        self,
        lease: Lease,
        turn: Turn,
        reply: Reply,
        *,
        until: int,
        bill: Bill | None = None,
        refund: bool = False,
        forget_before: int | None = None,
    ) -> None:
        """Move a queued or running turn to answered. Extends the lease.

        `bill` turns what was set aside for the call into what it cost; without one it stays set aside.
        `refund` takes the turn's charge back, on the day it was made, if that is still counted, and from the person's
        key. `forget_before` hides all earlier turns from the conversation's memory.
        """

    def refuse(self, lease: Lease, turn: Turn, reply: Reply, *, day: str, until: int) -> bool:
        """Answer a queued turn with the notice that there is nothing more, at most once a day and person.

        True if it was. Where somebody waits for an end to each question, `record` says it each time.
        """

    def finish(
        self, lease: Lease, turn: Turn, state: TurnState, *, release: bool, refund: bool = False, scrub: bool = False
    ) -> Lease | None:
        """Close an open turn as done or dropped; None when the lease was released with it.

        With `release` the lease is given back, unless messages have arrived since it was read: then it is returned
        as it now is, to be loaded again. `scrub` removes the turn's words.
        """

    def release(self, lease: Lease) -> Lease | None:
        """Give the lease back because nothing is open; None when done.

        Refused, by returning the lease as it now is, when messages have arrived since it was read.
        """

    def hand_back(self, lease: Lease) -> None:
        """Give the lease back though turns are open: the heartbeat finds them."""

    def receipt(self, conversation: ConversationId, turn: TurnId, part: int) -> None:
        """The channel says that it has delivered this part of the turn's reply. Unknown turns are ignored."""

    def receipts(self, turn: Turn) -> frozenset[int]:
        """The receipts that have come for the turn by now."""

    def pause(self, conversation: ConversationId, *, until: int) -> None:
        """A human answers here: stay silent until then."""

    def overdue(self, *, now: int) -> Iterator[Overdue]:
        """Conversations with open turns that nobody may be working on, longest overdue first."""


class People(Protocol):
    """Those who write to the bot, and what the owner decided about them. All methods raise StoreError."""

    def get(self, person: PersonId) -> Person | None:
        """The person, or None when they have never written."""

    def announce(self, person: PersonId) -> bool:
        """True for exactly one caller: the one who shall tell the owner of this new person."""

    def decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> None:
        """Set access and limit. Raises UnknownPerson."""

    def list(self) -> Iterator[Person]:
        """Everybody, most recently seen first."""

    def forget(self, person: PersonId, *, now: int) -> None:
        """Delete what is stored of the person, but for the owner's decision and the counts of the last days.

        Those stay so that forgetting is not a way round a block or a limit; counts alone go after three days.
        """


class Transcript(Protocol):
    """A conversation's words, apart from the life of its turns. All methods raise StoreError."""

    def turns(self, conversation: ConversationId, *, now: int) -> Iterator[Turn]:
        """Every stored turn, oldest first."""

    def latest(self, conversation: ConversationId, *, count: int, now: int) -> Sequence[Turn]:
        """The last stored turns, at most so many, oldest first."""

    def find(self, conversation: ConversationId, turn: TurnId, *, now: int) -> Turn | None:
        """One stored turn, as last written."""

    def erase_closed(self, conversation: ConversationId, person: PersonId, *, now: int) -> None:
        """Delete the person's turns that are not open; repeated messages are still known for two days."""

    def erase(self, conversation: ConversationId, *, now: int) -> None:
        """Delete the conversation with all turns, as `erase_closed` does. Raises PersonBusy while one is answered."""

    def erase_text(self, conversation: ConversationId, message_id: str) -> bool:
        """The person took a message back: remove its words, wherever they are. False when it is not here."""

    def replace_text(self, conversation: ConversationId, message_id: str, text: str, *, edit: int) -> bool:
        """The person edited a message, for the `edit`-th time; older edits that come late change nothing."""


class Deletions(Protocol):
    """Requests for deletion that Meta has passed on, each kept for 90 days. All methods raise StoreError."""

    def keep(self, deletion: Deletion) -> bool:
        """Keep a new request; True for exactly one caller a code: the one who shall tell the owner."""

    def get(self, code: str, *, now: int) -> Deletion | None:
        """The request, or None when there is none of that code, or none any more."""

    def open(self, *, now: int) -> Iterator[Deletion]:
        """Those that are not done, oldest first."""

    def close(self, code: str, *, now: int) -> bool:
        """Note that a request is done, and forget who made it; False when it is not open."""


class Spending(Protocol):
    """What the model has cost. All methods raise StoreError."""

    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        """Every day from `since` to `until`, both included, oldest first; kept for 40 days, nothing before."""


class Alerts(Protocol):
    """Remembers what the owner has been told."""

    def first_today(self, kind: str, *, day: str) -> bool:
        """True for exactly one caller a kind and day; any name of a time will do for a day."""


class Wake(Protocol):
    """Asks for a worker."""

    def wake(self, conversation: ConversationId) -> None:
        """Have the conversation worked on soon; returns without waiting for it. Raises WakeError."""


class Warmer(Protocol):
    """Keeps functions warm."""

    def warm(self) -> list[str]:
        """Really invoke the API handler and the worker; the names of those that answered as they should."""


class Notifier(Protocol):
    """The way to the owner."""

    def tell(self, subject: str, text: str) -> None:
        """Send the owner a message; silent when no way is configured. Raises NotifyError."""


class Model(Protocol):
    """What writes the answer."""

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        """Text deltas, then exactly one Finished, all within `seconds`; otherwise raises ModelError.

        Closing it ends the call.
        """


class Hear(Protocol):
    """Is told the answer while the model speaks."""

    def __call__(self, words: str, /) -> bool:
        """The next words. False when the person wants no more of them; never waits for the network."""


class Sender(Protocol):
    """A channel's way back to the person."""

    def attend(self, turn: Turn) -> AbstractContextManager[Hear]:
        """Show that the message was seen and is being answered, for as long as the context lasts.

        It yields what is told the words as they come. A courtesy that fails does not cost the answer; only
        ChannelBroken is raised, at the end of the context, because then no answer can be delivered either.
        """

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        """Send the reply in as many parts as the channel needs, without those already in `turn.receipts`.

        `receipts` is asked when it is unclear whether a part arrived. Raises DeliveryError, at the latest when
        `seconds` are over.
        """

    def dismiss(self, turn: Turn) -> None:
        """The turn has ended without a reply; says so where somebody waits for an end. Raises nothing."""
