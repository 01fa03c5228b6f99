"""A page and those who write to it, for tests of what its owner sees and decides."""

from dataclasses import dataclass, field
from typing import Final

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import Reservation
from chalicelib.conversation.steps import Charge, Finish, Record
from chalicelib.conversation.turn import IncomingMessage, Reply, TurnState
from chalicelib.ids import ConversationId, KeyId, PersonId
from tests.contract.stores import Store
from tests.fakes.adapters import FakeClock

PAGE_ID: Final = "100200300400500"
ANNA: Final = PersonId(f"messenger:{PAGE_ID}:7293847561029384")
BERT: Final = PersonId(f"messenger:{PAGE_ID}:7293847561029385")
SHOP: Final = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=0, daily_messages=3)
VISITOR: Final = identity.visitor(SHOP.id, "visitor-7293")
OTHER_VISITOR: Final = identity.visitor(SHOP.id, "visitor-7294")
KITCHEN: Final = identity.room(VISITOR, "kitchen")
"""Where both visitors write."""


@dataclass
class Page:
    """What the bot does when people write, without a bot."""

    store: Store
    clock: FakeClock
    day: str
    heard: int = field(default=0)

    def hears(self, person: PersonId = ANNA, text: str = "What is new?", *, room: ConversationId | None = None) -> None:
        """A message comes and waits."""
        self.heard += 1
        room = room or ConversationId(person)
        message = IncomingMessage(f"mid-{self.heard}", identity.channel_of(person), room, person, self.clock(), text)
        self.store.inbox.accept(message, now=self.clock())

    def begins(self, person: PersonId = ANNA, text: str = "What is new?") -> None:
        """A message comes, and a worker takes it up."""
        self.hears(person, text)
        self.store.inbox.take(ConversationId(person), owner="w", now=self.clock(), until=self.clock() + 60_000)

    def answers(
        self,
        person: PersonId = ANNA,
        text: str = "What is new?",
        answer: str = "Nothing.",
        *,
        room: ConversationId | None = None,
    ) -> None:
        """A message comes, is charged and answered."""
        self.hears(person, text, room=room)
        inbox, until = self.store.inbox, self.clock() + 60_000
        lease = inbox.take(room or ConversationId(person), owner="w", now=self.clock(), until=until)
        assert lease
        turn = inbox.load(lease, now=self.clock()).open[0]
        inbox.charge(
            lease,
            Charge(turn, day=self.day, limit=None, reserve=Reservation(self.day, 0, 0)),
            now=self.clock(),
            until=until,
        )
        inbox.record(lease, Record(turn, Reply(answer)), until=until)
        inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
