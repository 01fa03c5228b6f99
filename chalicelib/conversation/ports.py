"""What answering a conversation needs from adapters, as Protocols; no code. Contract tests hold each docstring.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Protocol

from chalicelib.access.budget import Price, Reservation, Settlement
from chalicelib.access.person import Person
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.prompt import ModelEvent, Prompt
from chalicelib.conversation.turn import IncomingMessage, Lease, Overdue, Reply, Thread, Turn, TurnState
from chalicelib.errors import ModelUnusable, ParleyError
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId


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
        bill: Settlement | None = None,
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


class Wake(Protocol):
    """Asks for a worker."""

    def wake(self, conversation: ConversationId) -> None:
        """Have the conversation worked on soon; returns without waiting for it. Raises WakeError."""


class Model(Protocol):
    """What writes the answer."""

    @property
    def name(self) -> str:
        """The model's name at its provider."""

    @property
    def provider(self) -> str:
        """The provider, by OpenTelemetry's name for it: `gen_ai.provider.name`."""

    @property
    def price(self) -> Price:
        """What its tokens cost; the budget reserves and settles money at this price."""

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        """Text deltas, then exactly one Finished, all within `seconds`; otherwise raises ModelError.

        Closing it ends the call.
        """


class OnDelta(Protocol):
    """Is told the answer while the model speaks."""

    def __call__(self, words: str, /) -> bool:
        """The next words. False when the person wants no more of them; never waits for the network."""


class Sender(Protocol):
    """A channel's way back to the person."""

    def responding(self, turn: Turn) -> AbstractContextManager[OnDelta]:
        """Show that the message was seen and is being answered, for as long as the context lasts.

        It yields what is told the words as they come. A courtesy that fails does not cost the answer; only
        ChannelBroken is raised, at the end of the context, because then no answer can be delivered either.
        """

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        """Send the reply in as many parts as the channel needs, without those already in `turn.receipts`.

        `receipts` is asked when it is unclear whether a part arrived. Raises DeliveryError, at the latest when
        `seconds` are over.
        """

    def end_silently(self, turn: Turn) -> None:
        """The turn has ended without a reply; says so where somebody waits for an end. Raises nothing."""


class OwnerAlerts(Protocol):
    """Notifies the owner; each alert once a day, each new person once. Raises StoreError, never NotifyError."""

    def new_person(self, person: Person) -> None:
        """A person has written for the first time."""

    def model_unusable(self, error: ModelUnusable) -> None:
        """The model answers nobody until the owner acts."""

    def channel_broken(self, error: ParleyError, turn: Turn) -> None:
        """No answer can be sent until the owner acts; the answer to `turn` is given up."""

    def budget_nearly_spent(self, reserved: Reservation) -> None:
        """Four fifths of the day's budget are used."""

    def budget_spent(self, reserved: Reservation) -> None:
        """The day's budget has no room for this call."""


class ConnectionStore(Protocol):
    """The open WebSockets, and whose they are. All methods raise StoreError; every write is atomic as a whole.

    A socket is forgotten after two hours and a bit, when API Gateway has long closed it.
    """

    def open(self, connection: Connection, *, now: int) -> None:
        """Keep a new one, which has not said who it is."""

    def get(self, connection: ConnectionId, *, now: int) -> Connection | None:
        """The socket as last written; what its client asks for is told by `of` alone."""

    def admit(
        self, connection: Connection, person: PersonId, conversation: ConversationId, *, now: int
    ) -> Connection | None:
        """It has proved who it is: ready, in a conversation. None when it was not CONNECTED any more."""

    def reject(self, connection: Connection) -> None:
        """It could not prove who it is; final. Ignored when it has proved it meanwhile, or is closed."""

    def move(self, connection: Connection, conversation: ConversationId, *, now: int) -> Connection:
        """It leaves its conversation, whichever that is by now, for another one. Ignored when it is closed."""

    def resume(self, connection: Connection) -> None:
        """Its client is to be brought up to date by whoever answers in its conversation. Ignored when it is closed."""

    def cancel(self, connection: Connection, turn: TurnId) -> None:
        """Its person wants no more of the turn. Ignored when it is closed."""

    def close(self, connection: ConnectionId) -> None:
        """Forget it, in its conversation too; nothing happens when it is not known."""

    def in_conversation(self, conversation: ConversationId, *, now: int) -> Sequence[Connection]:
        """Those who see the conversation, READY each, as last written."""

    def unauthenticated(self, *, now: int) -> Iterator[Connection]:
        """Those who have not said within 60 seconds who they are, longest first."""


class ConnectionApi(Protocol):
    """The way to an open WebSocket."""

    def send(self, connection: Connection, frame: str) -> None:
        """Send one text frame of at most 32 KB.

        Raises SocketGone when nobody is there any more, ChannelBroken when no socket can be written to until the owner
        acts, and DeliveryError otherwise.
        """

    def close(self, connection: Connection) -> None:
        """End the connection, if there still is one. Raises DeliveryError."""
