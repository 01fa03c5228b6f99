"""The real worker over the real adapter, on an emulator; model and channels are stand-ins."""

import gc
import io
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import Price, Usage
from chalicelib.bootstrap import adapters, clients, worker
from chalicelib.bootstrap.ports import Ports
from chalicelib.conversation.moderation import NoModeration
from chalicelib.conversation.ports import OnDelta
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.conversation.turn import IncomingMessage, Reply, Turn
from chalicelib.conversation.worker import Worker
from chalicelib.ids import ConversationId, KeyId, PersonId
from chalicelib.llm import listed
from chalicelib.log import Log
from scripts.simulator.aws import CREDENTIALS
from scripts.simulator.table import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

QUESTION: Final = "What is new? " * 16
ANSWER: Final = "An answer. " * 91
"""The lengths from which costs are computed (`chalicelib.operations.aws_prices.COUNTED`)."""
PAGE: Final = "4711"
WORKERS: Final = 1000
"""The most that `PARLEY_WORKERS` may be."""
MINUTE_MS: Final = 60_000
_BEGAN: Final = 1_800_000_000_000
_ENOUGH_MS: Final = 300_000
_NUMBERS: Final = count()

Emulation = str | Callable[..., Any]
"""The address of an emulator, or a hook for botocore's `before-send` that answers requests in this process."""


@dataclass
class Clock:
    """Returns milliseconds since 1970, and stands still until it is set."""

    now: int = _BEGAN

    def __call__(self) -> int:
        """Return the time."""
        return self.now


class NoSender:
    """`conversation.ports.Sender` that sends nothing."""

    @contextmanager
    def responding(self, _: Turn) -> Iterator[OnDelta]:
        """Ignore the words of the answer."""
        yield lambda *_, **__: True

    def deliver(self, turn: Turn, reply: Reply, **_: Any) -> None:
        """Send nothing."""

    def end_silently(self, turn: Turn) -> None:
        """Send nothing."""


@dataclass
class OneAnswer:
    """`conversation.ports.Model` that always answers the same."""

    name: str
    price: Price
    provider: str = "openai"
    may_think_unseen: bool = False

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:  # noqa: ARG002 (the port's names)
        """Yield the answer."""
        yield TextDelta(ANSWER)
        yield Finished(FinishReason.STOP, Usage(input=1500, cached=0, output=250), ())


class NoWake:
    """`conversation.ports.Wake` that wakes no worker: the caller runs it."""

    def wake(self, _: ConversationId) -> None:
        """Do nothing."""


@dataclass
class Stage:
    """One stage, and what happens to it."""

    ports: Ports
    worker: Worker
    client: "DynamoDBClient"
    looking: "DynamoDBClient"
    """Another client of the same table."""
    table: str
    clock: Clock
    messages: int = 0

    def accepts(self, person: PersonId, text: str = QUESTION) -> ConversationId:
        """Store a message of the person, a minute after the one before; return its conversation."""
        self.clock.now += MINUTE_MS
        self.messages += 1
        conversation, channel = ConversationId(person), identity.channel_of(person)
        message = IncomingMessage(f"m-{self.messages}", channel, conversation, person, self.clock.now, text)
        self.ports.ingest().accept(message)
        return conversation

    def works(self, conversation: ConversationId) -> None:
        """Let a worker answer what waits."""
        self.worker.run(conversation, remaining_ms=lambda: _ENOUGH_MS)

    def answers(self, person: PersonId, text: str = QUESTION) -> None:
        """Accept a message, and let a worker answer it."""
        self.works(self.accepts(person, text))

    def creates_key(self, name: str) -> KeyId:
        """Create an API key whose visitors may ask as often as they like."""
        key = KeyId(f"{name:0>10}")
        self.ports.api_keys.create(ApiKey(key, name, "0" * 64, "web", self.clock.now))
        return key

    def empties(self) -> None:
        """Delete all items, so that the emulator's memory does not grow."""
        self.client.delete_table(TableName=self.table)
        create_table(self.client, self.table)


def someone(name: object) -> PersonId:
    """Return the id of a user of Messenger."""
    return identity.messenger_person(PAGE, str(name))


@contextmanager
def emulated_stage(emulation: Emulation, **variables: str) -> Iterator[Stage]:
    """Yield a stage with an empty table, in an emulator; `variables` are settings beside the defaults.

    The functions' own wiring builds it (`bootstrap.clients`), so its requests are those of a deployment. Until the
    block ends, garbage is looked for only among what is made in it: in a large process all else takes a second.
    """
    usual = {"PARLEY_DAILY_LIMIT": "1000000", "PARLEY_DAILY_BUDGET_USD": "100000", "PARLEY_PERSON_BUDGET_SHARE": "1"}
    usual |= {"PARLEY_WORKERS": str(WORKERS), "PARLEY_TABLE": f"parley-scale-{next(_NUMBERS)}"}
    if isinstance(emulation, str):
        usual["AWS_ENDPOINT_URL"] = emulation
    with patch.dict(os.environ, {**CREDENTIALS, **usual, **variables}):
        _forget_clients()
        gc.freeze()
        try:
            if not isinstance(emulation, str):
                clients.session().events.register("before-send.dynamodb", emulation)
            yield _stage()
        finally:
            gc.unfreeze()
            _forget_clients()


def _stage() -> Stage:
    table, clock, settings = clients.table(), Clock(), clients.settings()
    create_table(table.client, table.name)
    log = Log(lambda: "key", settings.stage.name, stream=io.StringIO)
    ports = replace(adapters.ports(None), clock=clock, log=log, wake=NoWake)
    budget = listed.budget(settings)
    model = OneAnswer(settings.model.name, budget.price)
    built = worker.assemble(ports, model=model, moderation=NoModeration(), sender=NoSender(), budget=budget)
    looking = clients.session().client("dynamodb", config=clients.QUICK)
    return Stage(ports, built, table.client, looking, table.name, clock)


def _forget_clients() -> None:
    """Let `clients` build its clients again, for the environment as it is then."""
    for value in vars(clients).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()
