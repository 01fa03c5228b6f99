"""Fakes of the clock, the sender, the wake and the notifier; they record their calls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from chalicelib.access import identity
from chalicelib.conversation.ports import OnDelta
from chalicelib.conversation.turn import Choice, Reply, Turn
from chalicelib.errors import DeliveryError, NotifyError, PersonUnreachable, WakeError
from chalicelib.ids import ConversationId, PersonId

NOON: Final = 1_795_176_000_000
"""20 November 2026, 12:00 UTC."""


@dataclass
class FakeClock:
    """`chalicelib.clock.Clock` that changes only when a test changes it."""

    now: int = NOON

    def __call__(self) -> int:
        return self.now

    def tick(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> int:
        """Let time pass; the new time."""
        self.now += round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
        return self.now


@dataclass(frozen=True)
class Delivered:
    """What a person got to read."""

    person: PersonId
    text: str
    footer: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass
class RememberingSender:
    """`conversation.ports.Sender`: one part per answer. A delivery takes the next of `script`; None is success."""

    script: list[DeliveryError | None] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    attended: list[PersonId] = field(default_factory=list)
    dismissed: list[PersonId] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    """In which the person of each turn would be asked for patience."""
    heard: list[str] = field(default_factory=list)
    """The words as they came."""
    stops_after: int | None = None
    """So many times; then the person has had enough."""
    attending: int = 0
    """How many are attended to at this moment."""

    @contextmanager
    def responding(self, turn: Turn) -> Iterator[OnDelta]:
        self.attended.append(turn.person)
        self.languages.append(turn.language)
        self.attending += 1
        try:
            yield self._hear
        finally:
            self.attending -= 1

    def end_silently(self, turn: Turn) -> None:
        self.dismissed.append(turn.person)

    def _hear(self, words: str, *, instead: bool = False) -> bool:
        if instead:
            self.heard.clear()
        self.heard.append(words)
        return len(self.heard) != self.stops_after

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        if 0 in turn.receipts:
            return
        error = self.script.pop(0) if self.script else None
        if error:
            raise error
        self.delivered.append(Delivered(turn.person, reply.text, reply.footer, reply.choices))


@dataclass
class RememberingWake:
    """`conversation.ports.Wake`."""

    woken: list[ConversationId] = field(default_factory=list)
    fails: bool = False

    def wake(self, conversation: ConversationId) -> None:
        if self.fails:
            raise WakeError("nobody can be woken")
        self.woken.append(conversation)


@dataclass
class RememberingJobStarter:
    """`operations.ports.JobStarter`."""

    started: int = 0
    fails: bool = False

    def start(self) -> None:
        if self.fails:
            raise WakeError("nobody can be woken")
        self.started += 1


@dataclass
class RememberingNotifier:
    """`operations.ports.Notifier`."""

    told: list[tuple[str, str]] = field(default_factory=list)
    """Subject and text."""
    fails: bool = False

    def send(self, subject: str, text: str) -> None:
        if self.fails:
            raise NotifyError("the owner cannot be told")
        self.told.append((subject, text))


@dataclass
class RememberingOwnerChat:
    """`operations.owner_notices.OwnerChat`."""

    told: list[Delivered] = field(default_factory=list)
    out_of_reach: set[PersonId] = field(default_factory=set)

    def send(self, owner: PersonId, text: str, choices: tuple[Choice, ...]) -> bool:
        if owner in self.out_of_reach:
            raise PersonUnreachable("code 10, subcode 2018278, HTTP 400")
        if not identity.traits_of(owner).announces_new_people:
            return False
        self.told.append(Delivered(owner, text, choices=choices))
        return True


def unexpected(error: Exception) -> None:
    """Receives errors that should not happen in a test."""
    raise error
