"""Stores conversations as the bot would, for tests of what the owner sees and decides."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import Reservation
from chalicelib.conversation.inbox_steps import Charge, Finish, Record
from chalicelib.conversation.turn import IncomingMessage, Reply, TurnState
from chalicelib.ids import ConversationId, KeyId, PersonId
from tests.contract.stores import Store
from tests.fakes.adapters import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE: Final = "parley-dev"
_AT_ONCE: Final = 25
"""DynamoDB's limit for a batch of writes."""
PAGE_ID: Final = "100200300400500"
ANNA: Final = PersonId(f"messenger:{PAGE_ID}:7293847561029384")
BERT: Final = PersonId(f"messenger:{PAGE_ID}:7293847561029385")
SHOP: Final = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=0, daily_messages=3)
VISITOR: Final = identity.visitor(SHOP.id, "visitor-7293")
OTHER_VISITOR: Final = identity.visitor(SHOP.id, "visitor-7294")
KITCHEN: Final = identity.room(VISITOR, "kitchen")
"""A room in which both visitors write."""


@dataclass
class Chats:
    """Writes messages and answers to a store directly, without a bot."""

    store: Store
    clock: FakeClock
    day: str
    received: int = field(default=0)

    def receive(
        self, person: PersonId = ANNA, text: str = "What is new?", *, room: ConversationId | None = None
    ) -> None:
        """Store a message that waits for an answer."""
        self.received += 1
        room = room or ConversationId(person)
        message = IncomingMessage(f"mid-{self.received}", identity.channel_of(person), room, person, self.clock(), text)
        self.store.inbox.accept(message, now=self.clock())

    def begin(self, person: PersonId = ANNA, text: str = "What is new?") -> None:
        """Store a message that a worker has leased."""
        self.receive(person, text)
        self.store.inbox.take(ConversationId(person), owner="w", now=self.clock(), until=self.clock() + 60_000)

    def answer(
        self,
        person: PersonId = ANNA,
        text: str = "What is new?",
        answer: str = "Nothing.",
        *,
        room: ConversationId | None = None,
    ) -> None:
        """Store a message that was charged and answered."""
        self.receive(person, text, room=room)
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


@dataclass
class Copies:
    """Does what is the same for many tests once: for the others, the table's items are copied."""

    client: "DynamoDBClient"
    kept: dict[tuple[Callable[[Chats], None], str], tuple[list[Any], int, int]] = field(default_factory=dict)

    def write(self, chats: Chats, write: Callable[[Chats], None]) -> None:
        """Fill the table of stage dev, which is empty."""
        if (write, chats.day) not in self.kept:
            write(chats)
            items = self.client.scan(TableName=TABLE)["Items"]
            self.kept[write, chats.day] = items, chats.received, chats.clock()
            return
        items, chats.received, chats.clock.now = self.kept[write, chats.day]
        for first in range(0, len(items), _AT_ONCE):
            puts: Any = [{"PutRequest": {"Item": item}} for item in items[first : first + _AT_ONCE]]
            assert not self.client.batch_write_item(RequestItems={TABLE: puts})["UnprocessedItems"]
