"""What the tool loop needs from adapters, as Protocols, and what a tool gets beside the model's arguments; no code.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from chalicelib.access.budget import Settlement
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.tool import ToolCall, ToolResult, ToolSpec
from chalicelib.conversation.turn import Lease, Turn
from chalicelib.ids import ConversationId, PersonId, TurnId


@dataclass(frozen=True)
class Caller:
    """Who calls a tool, and when. The model chooses nothing of it."""

    person: PersonId
    """Whose question is being answered."""
    conversation: ConversationId
    turn: TurnId
    """Which first asked the question: another answer to it is no new word of the person."""
    is_room: bool
    """Whether several people read the answer."""
    now: int
    zone: ZoneInfo
    """The owner's time zone."""
    key: str
    """64 hex digits, the same however often this call is run, and of no other call."""
    seconds: float
    """The most that the call may take."""
    asked_at: int = 0
    """When the person asked what is being answered; nothing is stored for it once they had everything deleted."""


class Prepared(Protocol):
    """A call of a tool whose arguments are valid."""

    @property
    def writes(self) -> bool:
        """Whether the call changes something outside of the conversation."""

    @property
    def may_be_repeated(self) -> bool:
        """Whether calls with the same `Caller.key` change no more than one of them."""

    def run(self, caller: Caller) -> ToolResult:
        """Run the tool, for little longer than `caller.seconds`. Whatever the tool raises is a result with an error."""


class Toolbox(Protocol):
    """The tools that personas may name."""

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        """Return the tools of these names, in this order; without those that do not exist."""

    def prepare(self, call: ToolCall) -> Prepared | ToolResult:
        """Validate the arguments of a call. The result is an error that tells the model what is wrong."""


class Journal(Protocol):
    """The rounds of tool calls of a turn, stored before anything is done because of them.

    The methods with a lease raise LeaseLost, having written nothing, unless it is still in force, and extend it to
    `until`. All methods raise StoreError. Every write is atomic.
    """

    def begin(self, lease: Lease, turn: Turn, asked: OpenRound, settlement: Settlement, *, until: int) -> None:
        """Store the next round of a running turn, number `turn.rounds`, and what the model call that asked it cost."""

    def start(self, lease: Lease, turn: Turn, number: int, call: int, *, until: int) -> None:
        """Note that a call of a round begins, by its index. Raises LeaseLost too if that, or its result, is noted."""

    def end(self, lease: Lease, turn: Turn, number: int, call: int, result: ToolResult, *, until: int) -> None:
        """Store the result of a call."""

    def rounds(self, turn: Turn) -> tuple[OpenRound, ...]:
        """Return the stored rounds of a turn, oldest first."""


class PersonLists(Protocol):
    """The lists that people keep with the bot, by their names. All methods raise StoreError."""

    def get(self, person: PersonId, name: str, *, now: int) -> PersonList:
        """Return the list as last written; one of version 0 if there is none. Names differ in more than their case."""

    def put(self, person: PersonId, changed: PersonList, *, asked_at: int, now: int) -> bool:
        """Store a list that was read as version `changed.version`; False, with nothing written, if it is not that now.

        False too if the person asked for the change at `asked_at`, and has had everything deleted since. It is stored
        until it is forgotten, or a year after its last change.
        """

    def all(self, person: PersonId, *, now: int) -> Sequence[PersonList]:
        """Return the person's lists in the order of their names."""

    def forget(self, person: PersonId) -> None:
        """Delete all lists of the person. Not atomic: call it again after a failure."""
