"""What `conversation` needs from adapters, as Protocols; no code. Contract tests check each docstring.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Protocol

from chalicelib.access.budget import Price, Reservation
from chalicelib.access.levels import Part
from chalicelib.access.own_conversations import OwnConversation
from chalicelib.access.person import Person
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish, Forgotten, Record
from chalicelib.conversation.prompt import ModelEvent, Prompt
from chalicelib.conversation.turn import Feedback, IncomingMessage, Lease, Overdue, Reply, Summary, Thread, Turn
from chalicelib.errors import ModelUnusable, ParleyError
from chalicelib.ids import Channel, ConversationId, PersonId, TurnId


class Accepted(Enum):
    """The result of `Inbox.accept`."""

    QUEUED = "queued"
    """Stored as a new turn."""
    DUPLICATE_OPEN = "duplicate_open"
    """The message was accepted before and is not yet answered: the wake may have been lost."""
    DUPLICATE_DONE = "duplicate_done"
    """Stored before and closed."""
    BLOCKED = "blocked"
    """The owner has blocked the person: not stored, unless it is a command that forgets."""
    OVERFLOW = "overflow"
    """Too many turns of the conversation are open: the message is not stored; the user is notified once."""
    TOO_MANY_CONVERSATIONS = "too_many_conversations"
    """The person has opened the most conversations allowed, and this is another one: the message is not stored."""
    CROWDED = "crowded"
    """Too many conversations of all people of the API key are open: the message is not stored."""
    TOO_FAST = "too_fast"
    """The person sends more messages than MESSAGES_OF_A_PERSON allows: the message is not stored."""
    TOO_MANY_ROOMS = "too_many_rooms"
    """The person is in the most rooms allowed, and this is another one: the message is not stored."""
    TOO_OLD = "too_old"
    """The channel delivers the message after the time for which turns are stored: it is not stored again."""


class Inbox(Protocol):
    """The durable queue of each conversation's turns.

    The methods from `charge` to `hand_back` raise LeaseLost, having written nothing, unless the lease is still in
    force; those with `until` extend it. The one that takes a turn from the queue closes what `Turn.joins` with it, as
    `burst.joined` says. All methods raise StoreError when the store fails. Every write is atomic.
    """

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        """Store the message as a queued turn, exactly once however often it is delivered, or return why not.

        If the message was written in a room, the room is stored with the person.
        """

    def may_wake_again(self, conversation: ConversationId, *, now: int) -> bool:
        """Whether to wake a worker because a message came again, for the case that the first wake was lost.

        True at most once in WAKE_AGAIN_MS, and only if work is due that no worker has.
        """

    def take(self, conversation: ConversationId, *, owner: str, now: int, until: int) -> Lease | None:
        """Acquire the conversation's lease until `until`; None when another worker has it or nothing is due.

        Each worker has an `owner` of its own. One that holds the lease gets it again as it is: a request whose response
        was lost is sent twice.
        """

    def load(self, lease: Lease, *, now: int) -> Thread:
        """Return as many open turns as there were when `lease` was read, and at least the most recent closed ones.

        An open turn is missing only when others have arrived since; then the lease cannot be released either.
        """

    def charge(self, lease: Lease, step: Charge, *, now: int, until: int) -> Charged:
        """Move a queued turn to running, count it on its day and reserve money; never beyond the limit or a cap.

        Extends the lease to `until`. A reservation of 0 always has room. When the person came with an API key, the key
        must be valid at `now` and its `max_messages` not used up, and the question is counted on the key too.
        """

    def call_again(self, lease: Lease, turn: Turn, *, reserve: Reservation, until: int) -> Charged:
        """Count one more model call for a running turn, and reserve money for it. Extends the lease to `until`.

        Not CHARGED, with nothing written, when there is no room. The reservation of the call before stays.
        """

    def record(self, lease: Lease, step: Record, *, until: int) -> bool:
        """Move a queued or running turn to answered; False, with nothing written, if no refund is left for the step."""

    def refuse(self, lease: Lease, turn: Turn, reply: Reply, *, day: str, now: int, until: int) -> bool:
        """Answer a queued turn with the notice that no more is answered today, and return whether it was answered.

        False, with nothing written, when the person has had the notice of that day within NOTICE_EVERY_MS. A channel
        on which each question needs an end uses `record` instead. Extends the lease to `until`.
        """

    def deliver_again(self, lease: Lease, turn: Turn, *, until: int) -> None:
        """Count one more attempt to deliver an answered turn; its reply counted the first. Extends the lease."""

    def finish(self, lease: Lease, step: Finish) -> Lease | None:
        """Close an open turn; return None when the lease was released with it.

        From then on it is stored until its time plus that for which the owner keeps turns.

        Otherwise return the lease as it now is. When `release` was requested, messages have arrived since the lease was
        read, and the caller has to load the conversation again.
        """

    def release(self, lease: Lease) -> Lease | None:
        """Release the lease because no turn is open; None when done.

        When messages have arrived since the lease was read, it is not released but returned as it now is.
        """

    def hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        """Release the lease although turns are open: the heartbeat finds them with `overdue`, not before `due_at`."""

    def make_due(self, conversation: ConversationId, *, now: int) -> None:
        """Let work that was handed back until later be due now. Ignored if nothing waits for a later time."""

    def receipt(self, conversation: ConversationId, turn: TurnId, part: int) -> None:
        """Store that the channel has delivered this part of the turn's reply. Unknown turns are ignored."""

    def receipts(self, turn: Turn) -> frozenset[int]:
        """Return the parts of the turn's reply that the channel has confirmed by now."""

    def pause(self, conversation: ConversationId, *, until: int, since: int | None = None) -> int:
        """Keep the bot silent until then, because a human answers; return until when it is.

        A longer pause stays, and so does `Takeovers.resume` that came later than the human's words, at `since`.

        Also where no message has arrived yet; such a pause is stored for 30 days.
        """

    def overdue(self, *, now: int) -> Iterator[Overdue]:
        """Yield the conversations with open turns that no worker may be working on, longest overdue first."""


class Transcript(Protocol):
    """The stored words of conversations. All methods raise StoreError."""

    def turns(self, conversation: ConversationId, *, now: int) -> Iterator[Turn]:
        """Return every stored turn, oldest first."""

    def latest(self, conversation: ConversationId, *, count: int, now: int) -> Sequence[Turn]:
        """Return the last stored turns, at most `count`, oldest first: of the 30, or `count`, with the highest ids."""

    def up_to(self, conversation: ConversationId, turn: TurnId, *, count: int, now: int) -> Sequence[Turn]:
        """Return the stored turns whose ids are not after `turn`, in the order of their ids: the last `count` of them.

        There need not be a turn with that id.
        """

    def own(self, conversations: Collection[ConversationId], *, now: int) -> Sequence[OwnConversation]:
        """Return those of a known person's own conversations in which they have written, the last used first.

        A title is stored from the first question until the last turn expires, or is erased.
        """

    def rename(self, conversation: ConversationId, title: str) -> bool:
        """Change the title of a conversation that has one; False, with nothing written, if it has none."""

    def find(self, conversation: ConversationId, turn: TurnId, *, now: int) -> Turn | None:
        """Return a stored turn as last written; None if there is none."""

    def summary(self, conversation: ConversationId) -> Summary | None:
        """Return the conversation's summary; None if there is none."""

    def erase_closed(self, conversation: ConversationId, person: PersonId, *, now: int) -> None:
        """Delete the person's closed turns with their rounds of tools, and the title of a conversation of their own.

        Repetitions of their messages are still recognised for two days.
        """

    def forget(
        self, conversation: ConversationId, person: PersonId, *, asked_at: int, here: bool, now: int
    ) -> Forgotten:
        """Delete the person's turns as `erase_closed` does, and open ones, as `Forgotten` says."""

    def take_along(self, turns: Sequence[Turn], person: PersonId, *, now: int) -> None:
        """Move closed turns into the person's own conversation, as theirs; ids, times and expiry stay, rounds do not.

        Each turn is moved atomically, once, and counts as written now for when the person was seen. One that is open,
        erased or gone is left out, and all are if the owner has blocked the person. Repetitions of the messages are
        still recognised for two days.
        """

    def erase(self, conversation: ConversationId, *, now: int) -> None:
        """Delete the conversation and all its turns, as `erase_closed` does.

        Raises ConversationBusy while a turn is being answered.
        """

    def erase_text(self, conversation: ConversationId, message_id: str) -> bool:
        """Delete the words of a message that the person has unsent, in every place. False if it is not stored here.

        A worker that answers it loses its lease at the next step of a tool.
        """

    def replace_text(self, conversation: ConversationId, message_id: str, text: str, *, edit: int) -> bool:
        """Store the person's `edit`-th edit of a message. Older edits that arrive late change nothing.

        Return whether the text was replaced; False also if the message is not stored here.
        """

    def give_feedback(self, turn: Turn, feedback: Feedback) -> bool:
        """Store the feedback to the turn's answer. False, with nothing written, if it has it already or is erased."""


class Wake(Protocol):
    """Starts workers."""

    def wake(self, conversation: ConversationId) -> None:
        """Request a worker for the conversation, and return without waiting for it. Raises WakeError."""


class Model(Protocol):
    """A model that writes answers."""

    @property
    def name(self) -> str:
        """The model's name at its provider."""

    @property
    def provider(self) -> str:
        """The provider, by OpenTelemetry's name for it: `gen_ai.provider.name`."""

    @property
    def price(self) -> Price:
        """What its tokens cost; the budget reserves and settles money at this price."""

    @property
    def may_think_unseen(self) -> bool:
        """Whether tokens of an answer may be billed that are no part of its text deltas, such as hidden thoughts."""

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        """Yield text deltas, then exactly one Finished, all within `seconds`; else raise ModelError, and nothing else.

        If the provider tells what a failed answer has used, Used comes before the error. Whatever it sends or leaves
        out, Waiting comes after each second without an event. At most two requests are sent with one key, and the
        second only if the first cannot be billed. Closing the generator ends the request.
        """


class OnDelta(Protocol):
    """Receives the answer while the model writes it."""

    def __call__(self, words: str, /, *, instead: bool = False) -> bool:
        """Accept the next words, without waiting for the network. False if the user has cancelled the answer.

        With `instead`, they replace all words before. Empty words only ask whether the user has cancelled.
        """


class Sender(Protocol):
    """Sends replies on a channel."""

    def responding(self, turn: Turn) -> AbstractContextManager[OnDelta]:
        """Show the user that the message was seen and is being answered, while the context is open.

        The context's value receives the words of the answer. Failures to show any of this are ignored: `deliver`
        meets them too, once the answer is recorded.
        """

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        """Send the reply in as many parts as the channel needs, except those in `turn.receipts`.

        `receipts` returns the parts that have been delivered by now; it is called when a request has failed and the
        part may have arrived all the same. Raises DeliveryError, at the latest after `seconds`.
        """

    def end_silently(self, turn: Turn) -> None:
        """Tell clients that wait for an end of the turn that it has ended without an answer. Raises nothing.

        With a reply, that is where its answer is: clients that need no end get nothing.
        """


class OwnerAlerts(Protocol):
    """Notifies the owner: of a fault once a day, of a new person once. Methods raise StoreError, never NotifyError."""

    def owner_added(self, person: Person) -> None:
        """Notify the other owners that this person is an owner from now on."""

    def new_person(self, person: Person, turn: Turn) -> Callable[[], None]:
        """Store that the owners are to be notified of a person who has written for the first time: this turn.

        Return what notifies them, so that the person is answered before. If it is not called, they are notified later.
        """

    def model_unusable(self, error: ModelUnusable) -> None:
        """Notify that the model answers no request until the owner acts."""

    def provider_down(self, model: str) -> None:
        """Notify that the provider of the model gives no responses; an empty name means the deployment's."""

    def channel_broken(self, error: ParleyError, turn: Turn) -> None:
        """Notify that no answer can be sent until the owner acts, found with the answer to `turn`."""

    def delivery_refused(self, error: ParleyError, turn: Turn) -> bool:
        """Count the person of `turn`, whose answer was refused for an unknown reason.

        Once it happened to several people of a day, notify as `channel_broken` does, and return True.
        """

    def budget_nearly_spent(self, reserved: Reservation, part: Part, channel: Channel, *, percent: int) -> None:
        """Notify that so much of the day's budget, of the month's, or of the part of `channel` is used."""

    def budget_spent(self, reserved: Reservation, part: Part, channel: Channel) -> None:
        """Notify that this budget has no room for this call."""
