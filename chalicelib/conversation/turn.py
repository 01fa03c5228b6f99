"""A turn and everything stored with it, as frozen values. No I/O and no decisions. Times are milliseconds since 1970.

Fields that hold users' words are kept out of `repr`, so that no log line or traceback shows them.
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from chalicelib.ids import Channel, ConnectionId, ConversationId, PersonId, TurnId

MAX_TEXT: Final = 4000
"""The longest question, in characters."""
MAX_ANSWER_BYTES: Final = 200_000
"""The longest answer, in UTF-8 bytes: half of what an item of the table can hold."""


class TurnState(StrEnum):
    """The states of a turn; the first three are open, the last two final."""

    QUEUED = "queued"
    """Accepted."""
    RUNNING = "running"
    """Charged; the model is called."""
    ANSWERED = "answered"
    """The reply is recorded and has to be delivered."""
    DONE = "done"
    """Delivered."""
    DROPPED = "dropped"
    """Closed without a delivered reply."""


OPEN_STATES = frozenset({TurnState.QUEUED, TurnState.RUNNING, TurnState.ANSWERED})


class Feedback(StrEnum):
    """What the person who asked thinks of an answer."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Received:
    """When and where a message came in on a WebSocket. It orders turns; it is no part of a turn's id."""

    at: int
    """When API Gateway received the frame; a function that starts late changes nothing about it."""
    socket: ConnectionId
    number: int | None = None
    """The frame's `n`: its place among the frames of the connection that its client numbers, from 1."""
    after_question: bool = False
    """Whether the frame with the number before is another question of the conversation, received shortly before."""


@dataclass(frozen=True)
class IncomingMessage:
    """A message from a channel, before it is stored."""

    id: str
    """The channel's own id of the message; the same for every delivery of it."""
    channel: Channel
    conversation: ConversationId
    person: PersonId
    at: int
    """When it was sent, as the sender says."""
    text: str = field(repr=False)
    attachments: tuple[str, ...] = ()
    """Kinds of attachments, such as `image`."""
    replaces: TurnId | None = None
    """The turn whose question is asked again; the model does not get the answer to it."""
    time_is_signed: bool = True
    """False if the event carried no time; then a repetition may have another `at`."""
    place: int = 0
    """Its place among messages of the same millisecond, as the sender says; it is no part of the turn's id."""
    received: Received | None = None
    """None on channels without connections."""
    opens: bool = False
    """Whether no user wrote it: it asks the model to open the conversation. It has no text."""
    language: str = ""
    """The tag of the language of the page or menu that it was sent from; empty if that is not known."""


@dataclass(frozen=True)
class Choice:
    """A button below a reply; tapping it sends `command` as if the user had typed it."""

    title: str
    command: str


STOPPED: Final = "stopped"
"""The code of an answer that the user cancelled: the model's words so far."""
OPENING: Final = "opening"
"""The code of the fixed opening, where the model should have opened the conversation and did not."""
KEY_REVOKED: Final = "key_revoked"
"""The code, and the text key, of the notice that the user's API key is not valid any more."""
JOINED: Final = "joined"
"""The code of what stands in place of an answer where a later turn answers the message too."""
CANCELLED: Final = "cancelled"
"""The code, and the text key, of an answer that the user cancelled before its first word."""


@dataclass(frozen=True)
class Reply:
    """What is sent to the user."""

    text: str = field(repr=False)
    """The model's answer or one of the bot's own sentences; the only part that is sent to the model later."""
    footer: str = field(default="", repr=False)
    """The bot's own sentences below the model's answer."""
    choices: tuple[Choice, ...] = ()
    code: str = ""
    """The stable key of the bot's own sentence; for an answer of the model empty, or STOPPED."""
    left: int | None = None
    """Questions the user has left today; None for no limit, or if it is not known."""

    @property
    def ends_access(self) -> bool:
        """Whether the user may not use the bot any more, so that a channel with connections closes them."""
        return self.code == KEY_REVOKED


@dataclass(frozen=True)
class Turn:
    """One message and everything that happens to it."""

    id: TurnId
    conversation: ConversationId
    person: PersonId
    at: int
    state: TurnState
    text: str = field(repr=False)
    attachments: tuple[str, ...] = ()
    reply: Reply | None = None
    charged_day: str | None = None
    """The ISO date on which it was counted; None if it was not charged, or was refunded."""
    model_calls: int = 0
    rounds: int = 0
    """Rounds of tool calls that are journalled."""
    calls_before: int = 0
    """`model_calls` when the last of them was journalled."""
    deliveries: int = 0
    """Attempts to deliver the reply, each counted before it is made."""
    overflow: bool = False
    """Takes the place of messages that came when too many were open; their words are not stored."""
    receipts: frozenset[int] = frozenset()
    """Indexes of the reply's parts that the channel has confirmed."""
    place: int = 0
    """As `IncomingMessage.place`."""
    replaces: TurnId | None = None
    """As `IncomingMessage.replaces`."""
    feedback: Feedback | None = None
    received: Received | None = None
    """As `IncomingMessage.received`; also None if an older version stored the turn."""
    opens: bool = False
    """As `IncomingMessage.opens`. Such a turn counts on its person's API key and on the budget, not on the person."""
    language: str = ""
    """As `IncomingMessage.language`; in a TurnContext the language in which the bot speaks, whatever tells it."""
    joined: TurnId | None = None
    """The later turn that answers the message too; it has no answer of its own."""
    says_ai: bool = False
    """Whether its reply says that an AI answers, as `disclosure` wants it; stored when it is charged."""
    hides_before: int = 0
    """As `Record.forget_before` of a command that the worker has just carried out, else 0; it is not stored here."""
    drops_summary: bool = False
    """As `Record.drops_summary` of such a command; it is not stored here either."""
    before: tuple["Turn", ...] = ()
    """The messages that it answers beside its own, in their order; `burst` finds them, and they are not stored here."""

    @property
    def question(self) -> str:
        """The words to answer: those of the messages before, and its own, each from a line of its own."""
        return "\n".join(turn.text for turn in (*self.before, self) if turn.text) if self.before else self.text

    @property
    def joins(self) -> tuple["Turn", ...]:
        """Those messages before it that were still queued when they were read."""
        return tuple(turn for turn in self.before if turn.state is TurnState.QUEUED)

    @property
    def is_open(self) -> bool:
        """Whether the turn still has to be worked on."""
        return self.state in OPEN_STATES

    @property
    def was_begun(self) -> bool:
        """Whether another worker has begun to answer it before."""
        return self.model_calls > 1 or self.rounds > 0

    @property
    def asked_at(self) -> int:
        """When the message was received, if that is known, else when it was sent as the sender says."""
        return self.received.at if self.received else self.at


@dataclass(frozen=True)
class Summary:
    """What was said before the last messages, in a few sentences of the model."""

    text: str = field(repr=False)
    upto: int
    """Turns that were asked until then are in it."""
    at: int
    """When it was made."""


@dataclass(frozen=True)
class Lease:
    """A worker's lock on a conversation until a certain time, and the conversation as it was when last read."""

    conversation: ConversationId
    owner: str
    fence: int
    """Grows with each lease; writes with an older number are refused."""
    arrivals: int
    """Messages accepted so far; tells whether others have arrived since."""
    open_turns: int
    history_from: int = 0
    """Turns before this time are not sent to the model."""
    paused_until: int = 0
    """Questions before this time are not answered, because a human has answered."""
    due_at: int = 0
    """When the conversation's work is due; before that, an answer that could not be delivered is not sent again."""
    opened_by: PersonId | None = None
    """The person whose message opened the conversation, for whom it is counted as open.

    None at rest, or if an older version opened it.
    """
    summary: Summary | None = None
    """None if there is none, or none any more."""
    summary_tried: int = 0
    """The time of the newest turn when the last summary was begun; 0 once it is stored."""
    words_version: int = 0
    """Grows with each change of words that a summary may contain, and with each summary."""


@dataclass(frozen=True)
class Overdue:
    """A conversation that is waiting for a worker."""

    conversation: ConversationId
    since: int
    """When its work was due: when the first message arrived that found no other turn open, or by `hand_back`."""


@dataclass(frozen=True)
class Thread:
    """The open turns and the recent closed turns of a conversation, both oldest first."""

    open: tuple[Turn, ...]
    closed: tuple[Turn, ...]


def message_digest(message_id: str) -> str:
    """Hash a message id for storage and logs: 64 hex digits."""
    return hashlib.sha256(message_id.encode()).hexdigest()


def turn_id(message: IncomingMessage) -> TurnId:
    """Return the turn's id. It depends on the event only, so every delivery of it has the same id; ids sort by time."""
    return TurnId(f"{message.at:013d}#{message_digest(message.id)}")
