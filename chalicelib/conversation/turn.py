"""A turn and everything stored with it, as frozen values; no I/O and no decisions.

Fields that hold people's words are kept out of `repr`, so that no log line or traceback shows them.
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from chalicelib.ids import Channel, ConversationId, PersonId, TurnId

MAX_TEXT: Final = 4000
"""The longest question, in characters."""


class TurnState(StrEnum):
    """The life of a turn; the first three are open, the last two final."""

    QUEUED = "queued"
    RUNNING = "running"
    ANSWERED = "answered"
    DONE = "done"
    DROPPED = "dropped"


OPEN_STATES = frozenset({TurnState.QUEUED, TurnState.RUNNING, TurnState.ANSWERED})


@dataclass(frozen=True)
class IncomingMessage:
    """A message to be answered, as the door hands it to the inbox."""

    id: str
    channel: Channel
    conversation: ConversationId
    person: PersonId
    at: int
    """Milliseconds since 1970, as the sender says."""
    text: str = field(repr=False)
    attachments: tuple[str, ...] = ()
    time_is_signed: bool = True
    """False when the event carried no time, so that a repetition may come with another `at`."""


@dataclass(frozen=True)
class Choice:
    """A button under an answer; tapping it sends `command` as if the person had typed it."""

    title: str
    command: str


STOPPED: Final = "stopped"
"""The code of a reply that its person cut short: the model's words so far."""
CANCELLED: Final = "cancelled"
"""The same when the model had not said anything yet: the bot's own sentence."""


@dataclass(frozen=True)
class Reply:
    """What a person gets to read."""

    text: str = field(repr=False)
    """The model's words, or the bot's own; the only part that becomes memory."""
    footer: str = field(default="", repr=False)
    choices: tuple[Choice, ...] = ()
    code: str = ""
    """Which of the bot's own sentences it is, in one stable word; empty for the model's words, or STOPPED."""
    left: int | None = None
    """Questions that the person may still ask today; None when they are not counted."""


@dataclass(frozen=True)
class Turn:
    """One incoming message and everything that becomes of it."""

    id: TurnId
    conversation: ConversationId
    person: PersonId
    at: int
    state: TurnState
    text: str = field(repr=False)
    attachments: tuple[str, ...] = ()
    reply: Reply | None = None
    charged_day: str | None = None
    model_calls: int = 0
    overflow: bool = False
    """Stands for messages that came when too many were open: their words are not kept."""
    receipts: frozenset[int] = frozenset()
    """The parts of the reply that the channel has told us it delivered."""

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN_STATES


@dataclass(frozen=True)
class Lease:
    """The right to work on a conversation, and the conversation as it was when last read."""

    conversation: ConversationId
    owner: str
    fence: int
    arrivals: int
    open_turns: int
    history_from: int = 0
    paused_until: int = 0


@dataclass(frozen=True)
class Overdue:
    """A conversation that waits for a worker."""

    conversation: ConversationId
    since: int
    """When the first message came that found nothing open before it."""


@dataclass(frozen=True)
class Thread:
    """A conversation's open turns, oldest first, and its recent closed ones, oldest first."""

    open: tuple[Turn, ...]
    closed: tuple[Turn, ...]


def message_digest(message_id: str) -> str:
    """A message id as it is stored and logged."""
    return hashlib.sha256(message_id.encode()).hexdigest()


def turn_id(message: IncomingMessage) -> TurnId:
    """Made of the event only, so that every delivery of it has the same; zero-padded, so that it sorts by time."""
    return TurnId(f"{message.at:013d}#{message_digest(message.id)}")
