"""What the flow needs of the world, as small Protocols; each docstring is a promise that the contract tests hold.

No implementation lives here. Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any, Protocol

from chalicelib.channels.messenger.registration import AppSubscription, Holder, Token
from chalicelib.findings import Answered, KnownModel
from chalicelib.messages import (
    Access,
    ConversationId,
    IncomingMessage,
    Lease,
    ModelEvent,
    Person,
    PersonId,
    Prompt,
    Reply,
    Thread,
    Turn,
    TurnId,
    TurnState,
    Usage,
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


class Charged(Enum):
    """What became of an attempt to charge a turn."""

    CHARGED = "charged"
    OVER_LIMIT = "over_limit"
    BLOCKED = "blocked"


class Inbox(Protocol):
    """The durable list of a conversation's turns.

    From `charge` to `hand_back` every method raises LeaseLost, having written nothing, unless the lease is still in
    force. All raise StoreError when the store fails. Every write is atomic as a whole.
    """

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        """Keep the message as a queued turn, exactly once however often it comes, unless the person is blocked."""

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        """Become the one who works on the conversation; None when somebody does or there is nothing to do."""

    def load(self, lease: Lease, *, now: int) -> Thread:
        """Read as many open turns as there were when `lease` was read, and at least the most recent closed ones.

        One that was open then is missed only when others have come since; then the lease cannot be released either.
        """

    def charge(
        self, lease: Lease, turn: Turn, *, day: str, limit: int | None, until: int, outdated: Sequence[str] = ()
    ) -> Charged:
        """Move a queued turn to running and count it on `day`; never beyond `limit`. Extends the lease.

        The counts of the `outdated` days are deleted with it.
        """

    def call_again(self, lease: Lease, turn: Turn, *, until: int) -> None:
        """Count one more model call for a running turn. Extends the lease."""

    def record(
        self,
        lease: Lease,
        turn: Turn,
        reply: Reply,
        *,
        until: int,
        usage: Usage | None = None,
        refund: bool = False,
        forget_before: int | None = None,
    ) -> None:
        """Move a queued or running turn to answered. Extends the lease.

        `refund` takes the turn's charge back, on the day it was made, if that is still counted. `forget_before` hides
        all earlier turns from the conversation's memory.
        """

    def refuse(self, lease: Lease, turn: Turn, reply: Reply, *, day: str, until: int) -> bool:
        """Answer a queued turn with the notice of the limit, at most once a day and person. True if it was."""

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

    def overdue(self, *, now: int) -> Iterator[ConversationId]:
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

    def erase_closed(self, lease: Lease, *, now: int) -> None:
        """Delete all turns of the conversation that are not open; repeated messages are still known for two days."""

    def erase(self, conversation: ConversationId, *, now: int) -> None:
        """Delete the conversation with all turns, as `erase_closed` does. Raises PersonBusy while one is answered."""

    def erase_text(self, conversation: ConversationId, message_id: str) -> bool:
        """The person took a message back: remove its words, wherever they are. False when it is not here."""

    def replace_text(self, conversation: ConversationId, message_id: str, text: str, *, edit: int) -> bool:
        """The person edited a message, for the `edit`-th time; older edits that come late change nothing."""


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

    def answer(self, prompt: Prompt, *, seconds: float) -> Iterator[ModelEvent]:
        """Text deltas, then exactly one Finished, all within `seconds`; otherwise raises ModelError."""


class Sender(Protocol):
    """A channel's way back to the person."""

    def attend(self, person: PersonId) -> AbstractContextManager[None]:
        """Show that the message was seen and that the bot is typing, for as long as the context lasts.

        A courtesy that fails does not cost the answer; only ChannelBroken is raised, at the end of the context, because
        then no answer can be delivered either.
        """

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        """Send the reply in as many parts as the channel needs, without those already in `turn.receipts`.

        `receipts` is asked when it is unclear whether a part arrived. Raises DeliveryError, at the latest when
        `seconds` are over.
        """


class MessengerPage(Protocol):
    """The page and the app, as Meta keeps them. All methods raise MetaError, and ConfigError if a secret lacks."""

    def holder(self) -> Holder:
        """Whom the page token speaks for."""

    def token(self) -> Token:
        """What the page token may do, and until when; also of one that is no longer valid, but not of another app's."""

    def app_subscription(self) -> AppSubscription | None:
        """Where the app is told what happens on its pages; None when nowhere."""

    def subscribe_app(self, callback_url: str, *, verify_token: str, fields: Collection[str]) -> None:
        """Have the app told so; Meta asks the address first, and nothing changes when that fails."""

    def page_subscription(self) -> frozenset[str]:
        """The fields of the page that the app is told of; empty when the page does not know the app."""

    def subscribe_page(self, fields: Collection[str]) -> None:
        """Have the app told of exactly these."""

    def unsubscribe_page(self) -> None:
        """Have the app told nothing more."""

    def profile(self) -> Mapping[str, Any]:
        """The profile's properties that Parley sets, as far as they are there."""

    def set_profile(self, properties: Mapping[str, Any]) -> None:
        """Replace these properties."""

    def clear_profile(self) -> None:
        """Delete all properties that Parley sets."""


class Webhook(Protocol):
    """The bot's own webhook, asked as Meta asks it. Both raise WebhookSilent, and ConfigError if a secret lacks."""

    def handshake(self, challenge: str) -> Answered:
        """Ask whether the address is ours: then the challenge is the answer."""

    def deliver_nothing(self, *, signed: bool) -> Answered:
        """Deliver a body without events, with the app's signature or with none."""


class Catalogue(Protocol):
    """What the model's provider offers."""

    def find(self) -> KnownModel:
        """What is known of the model in use. Raises ModelError."""


class Examiner(Protocol):
    """Asks for a checkup."""

    def ask(self) -> None:
        """Have it made soon; returns without waiting for it. Raises WakeError."""
