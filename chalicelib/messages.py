"""The design's words as frozen values; no I/O and no decisions.

Fields that hold people's words are kept out of `repr`, so that no log line or traceback shows them.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

PersonId = NewType("PersonId", str)
"""`messenger:<page id>:<PSID>` or `web:<key id>:<visitor>`."""

ConversationId = NewType("ConversationId", str)
"""The same string as the person's, or `room:<key id>:<name>` where several write: `identity` makes and reads them."""

TurnId = NewType("TurnId", str)
"""`<event time in ms>#<sha256 of the message id>`; sorts by time, made in `store/schema.py`."""


MAX_TEXT: Final = 4000
"""The longest question, in characters."""


class Channel(StrEnum):
    """Where people write."""

    MESSENGER = "messenger"
    WEB = "web"


class Access(StrEnum):
    """What the owner lets a person do."""

    DEFAULT = "default"
    UNLIMITED = "unlimited"
    BLOCKED = "blocked"


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
    told_at_once: bool = False
    """The sender learns at once when there is no room, so that no turn has to say so."""


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
class Usage:
    """What a model call cost, in tokens; `cached` is part of `input`."""

    input: int = 0
    cached: int = 0
    output: int = 0


@dataclass(frozen=True)
class Reservation:
    """Money set aside for one model call before it is made, in micro-USD: millionths of a dollar."""

    day: str
    """The owner's day on which the model is called, whenever the question was written."""
    amount: int
    """The most that the call can cost."""
    cap: int
    """What may be set aside for that day in all."""


@dataclass(frozen=True)
class Bill:
    """What becomes of a reservation once the call is over: it shrinks to `cost`, in micro-USD."""

    reserved: Reservation
    cost: int
    usage: Usage | None = None
    """The answer's tokens; None when there was no answer."""


@dataclass(frozen=True)
class DaySpend:
    """What the model calls of a day came to."""

    day: str
    committed: int = 0
    """Micro-USD: what calls cost, and what is set aside for those whose cost is not known, or not yet."""
    tokens_in: int = 0
    tokens_cached: int = 0
    """Of those in."""
    tokens_out: int = 0
    answers: int = 0
    """Calls that ended with an answer; the tokens are theirs."""
    calls: int = 0


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


@dataclass(frozen=True)
class Person:
    """Somebody who writes to the bot: access and quota, no names and no profile."""

    id: PersonId
    access: Access = Access.DEFAULT
    daily_limit: int | None = None
    """The person's own limit a day; None means the deployment's."""
    quota: dict[str, int] = field(default_factory=dict)
    """Used questions by day, the last few days."""
    told_day: str | None = None
    """The last day on which the person was told that there is nothing more, by the limit or by the budget."""
    announced: bool = False
    first_seen: int = 0
    last_seen: int = 0
    rooms: frozenset[ConversationId] = frozenset()
    """Where the person has written beside where they are alone with the bot."""


@dataclass(frozen=True)
class Deletion:
    """A request, passed on by Meta, that what is stored of somebody be deleted; the owner carries it out by hand."""

    code: str = field(repr=False)
    """By which the person finds it again; nobody can guess it."""
    received_at: int
    user: str = field(default="", repr=False)
    """App-scoped, so that no person in the store can be found by it; empty once it is done."""
    done_at: int | None = None


@dataclass(frozen=True)
class Exchange:
    """A question and its answer, as the model sees the past."""

    question: str = field(repr=False)
    answer: str = field(repr=False)


@dataclass(frozen=True)
class Prompt:
    """All a model is told."""

    instructions: str = field(repr=False)
    history: tuple[Exchange, ...]
    question: str = field(repr=False)
    max_output_tokens: int
    person_hash: str
    """Tells the provider apart whom to blame for abuse, without saying who it is."""
    temperature: float | None = None
    """How freely the model chooses its words; None leaves that to it."""


@dataclass(frozen=True)
class TextDelta:
    """The next few characters of the answer."""

    text: str = field(repr=False)


class FinishReason(StrEnum):
    """Why the model stopped."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True)
class Finished:
    """The answer is complete; always the last event."""

    reason: FinishReason
    usage: Usage


ModelEvent = TextDelta | Finished
