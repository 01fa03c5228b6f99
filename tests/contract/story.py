"""A conversation told in short sentences, for tests of the store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from chalicelib.access import identity
from chalicelib.access.budget import DaySpend, Reservation
from chalicelib.access.person import Access, Person
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.inbox_steps import Charge, Finish
from chalicelib.conversation.ports import Accepted, Inbox, Transcript
from chalicelib.conversation.turn import IncomingMessage, Lease, Reply, Thread, Turn, TurnState
from chalicelib.ids import Channel, ConversationId, PersonId
from tests.contract.stores import Store
from tests.fakes.adapters import FakeClock

ANNA: Final = PersonId("messenger:1:anna")
BERT: Final = PersonId("messenger:1:bert")
ROOM: Final = ConversationId(ANNA)
DAY: Final = "2026-11-20"
REPLY: Final = Reply("Hello!")
WORK_MS: Final = 60_000
CALL: Final = Reservation(DAY, amount=100, cap=1_000_000)
"""What a model call is set aside with, in a budget that is never the matter."""


@dataclass
class Story:
    """One store and one clock; Anna is who writes unless somebody else is named."""

    store: Store
    clock: FakeClock
    written: int = field(default=0)

    @property
    def inbox(self) -> Inbox:
        return self.store.inbox

    @property
    def transcript(self) -> Transcript:
        return self.store.transcript

    @property
    def until(self) -> int:
        return self.clock() + WORK_MS

    def message(
        self,
        mid: str | None = None,
        *,
        at: int | None = None,
        person: PersonId = ANNA,
        room: ConversationId | None = None,
        text: str = "What is new?",
        attachments: tuple[str, ...] = (),
        time_is_signed: bool = True,
        place: int = 0,
    ) -> IncomingMessage:
        self.written += 1
        return IncomingMessage(
            id=mid or f"mid-{self.written}",
            channel=Channel.MESSENGER,
            conversation=room or ConversationId(person),
            person=person,
            at=self.clock() + self.written if at is None else at,
            text=text,
            attachments=attachments,
            time_is_signed=time_is_signed,
            place=place,
        )

    def accept(self, message: IncomingMessage | None = None) -> Accepted:
        return self.inbox.accept(message or self.message(), now=self.clock())

    def take(self, owner: str = "one", room: ConversationId = ROOM) -> Lease | None:
        return self.inbox.take(room, owner=owner, now=self.clock(), until=self.until)

    def hold(self, owner: str = "one", room: ConversationId = ROOM) -> Lease:
        lease = self.take(owner, room)
        assert lease, "somebody else holds the lease"
        return lease

    def read(self, lease: Lease) -> Thread:
        return self.inbox.load(lease, now=self.clock())

    def stored(self, room: ConversationId = ROOM) -> list[Turn]:
        return list(self.transcript.turns(room, now=self.clock()))

    def begin(self, message: IncomingMessage | None = None) -> tuple[Lease, Turn]:
        """A message comes, and a worker takes it up."""
        self.accept(message)
        lease = self.hold()
        return lease, self.read(lease).open[0]

    def charge(
        self,
        lease: Lease,
        turn: Turn,
        *,
        limit: int | None = 3,
        day: str = DAY,
        reserve: Reservation = CALL,
        outdated: Sequence[str] = (),
    ) -> Charged:
        now, until = self.clock(), self.until
        key = identity.key_of(turn.person)
        known = self.store.keys.get(key) if key else None
        step = Charge(
            turn,
            day=day,
            limit=limit,
            reserve=reserve,
            outdated=outdated,
            key_counted_apart=known is not None and known.is_counted_apart,
        )
        return self.inbox.charge(lease, step, now=now, until=until)

    def begin_charged(self) -> tuple[Lease, Turn]:
        lease, turn = self.begin()
        assert self.charge(lease, turn) is Charged.CHARGED
        return lease, self.read(lease).open[0]

    def finish_all(self, state: TurnState = TurnState.DONE) -> None:
        """Everything open is closed, and nobody works any more."""
        lease: Lease | None = self.hold("finisher")
        while lease:
            for turn in self.read(lease).open:
                self.inbox.finish(lease, Finish(turn, state, release=False))
            lease = self.inbox.release(lease)

    def used(self, person: PersonId = ANNA, *, day: str = DAY) -> int:
        return self.known(person).quota.get(day, 0)

    def spent(self, day: str = DAY) -> DaySpend:
        [spent] = self.store.spending.days(date.fromisoformat(day), date.fromisoformat(day))
        return spent

    def known(self, person: PersonId = ANNA) -> Person:
        found = self.store.people.get(person)
        assert found, "nobody of that name has written"
        return found

    def block(self, person: PersonId = ANNA) -> None:
        self.store.people.decide(person, Access.BLOCKED, daily_limit=None)

    def overdue(self) -> list[ConversationId]:
        return [waiting.conversation for waiting in self.inbox.overdue(now=self.clock())]
