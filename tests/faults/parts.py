"""The world's parts for the simulation: they do what the fakes do, enter it into the ledger, and fail as told."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.access.budget import Price, Reservation, Settlement, Usage
from chalicelib.conversation import summary
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.inbox_steps import Charge, Record
from chalicelib.conversation.ports import Accepted, OnDelta, Sender
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.conversation.turn import IncomingMessage, Lease, Reply, Turn, turn_id
from chalicelib.errors import DeliveryError, ModelError, WakeError
from chalicelib.ids import Channel, ConversationId, PersonId, TurnId
from tests.fakes.connections import FakeConnections
from tests.fakes.inbox import FakeInbox
from tests.fakes.journal import FakeJournal
from tests.fakes.summaries import FakeSummaries
from tests.faults.ledger import Ledger, Run
from tests.faults.stage import Actor, Stage

KNOWN = (Accepted.QUEUED, Accepted.DUPLICATE_OPEN, Accepted.DUPLICATE_DONE)
WRITTEN = (None, True, Charged.CHARGED)
"""What those methods return that prolong the lease, when they did as asked."""
PRICE: Final = Price(Decimal(0), Decimal(0), output=Decimal(1))
USED: Final = Usage(input=10, output=5)
ERASES = frozenset({"erase_closed", "forget"})
ENDS_A_HOLD = frozenset({"hand_back", "release", "finish"})
OF_THE_HOLDER: Final = frozenset({"begin", "start", "end", "call_again", "record", "finish"})
"""Methods that raise LeaseLost for every other worker."""


def in_room(message: IncomingMessage) -> IncomingMessage:
    """`anna@kitchen` is Anna writing in the kitchen: one person in several conversations, as in a web room.

    `anna~trip` is Anna in another conversation of her own.
    """
    person = PersonId(message.person.partition("@")[0].partition("~")[0])
    return replace(message, person=person, conversation=meant(message.conversation))


def meant(conversation: ConversationId) -> ConversationId:
    """The conversation of `in_room`."""
    person, sign, name = conversation.partition("~")
    return identity.room(PersonId(person), f"{sign}{name}") if sign else conversation


class EnteredInbox:
    """An inbox whose every success is entered. Any inbox will do, also one that lacks a safeguard."""

    def __init__(self, inbox: FakeInbox | FakeJournal, ledger: Ledger, stage: Stage) -> None:
        self._inbox, self._ledger, self._stage = inbox, ledger, stage

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._inbox, method)

        def entered(*args: Any, **named: Any) -> Any:
            if method == "accept":
                args = (in_room(args[0]), *args[1:])
            before = dict(self._ledger.memory.turns) if method in ERASES else {}
            try:
                result = call(*args, **named)
            except BaseException:
                if method == "accept":
                    self._ledger.had_no_response(args[0], turn_id(args[0]))
                raise
            for place, kept in before.items():
                if self._ledger.memory.turns.get(place) is not kept:
                    self._ledger.was_erased(kept.turn)
            self._enter(method, args, named, result)
            self._enter_money([*args, *named.values()], result)
            self._ledger.check_always()
            return result

        return entered

    def _enter(self, method: str, args: tuple[Any, ...], named: Mapping[str, Any], result: Any) -> None:
        if method == "accept" and result in KNOWN:
            self._ledger.was_accepted(args[0], turn_id(args[0]))
        elif method == "charge" and result is Charged.CHARGED:
            self._ledger.was_charged(args[1].turn)
        elif method == "take" and result:
            self._ledger.was_taken(named["owner"], Run(self._stage.on, args[0], named["until"]))
        elif method == "hand_back" and named.get("due_at") is not None:
            self._ledger.was_postponed(args[0].conversation, named["due_at"])
        elif method == "forget" and self._is_free(args[0]):
            self._ledger.lease_was_taken_away(args[0])
        if args and isinstance(args[0], Lease) and args[0].owner in self._ledger.runs:
            self._enter_work(self._ledger.runs[args[0].owner], method, args, named, result)

    def _is_free(self, conversation: ConversationId) -> bool:
        found = self._ledger.memory.conversations.get(conversation)
        return found is not None and found.lease_owner is None

    def _enter_money(self, values: Sequence[Any], result: Any) -> None:
        for value in values:
            match value:
                case Charge(reserve=reserve) | (Reservation() as reserve) if result in WRITTEN:
                    self._ledger.was_set_aside(reserve)
                case Record(settlement=Settlement() as settlement) | (Settlement() as settlement) if (
                    result is not False
                ):
                    self._ledger.was_settled(settlement)

    def _enter_work(self, run: Run, method: str, args: tuple[Any, ...], named: Mapping[str, Any], result: Any) -> None:
        if result in WRITTEN:
            run.until = named.get("until", run.until)
        if method in OF_THE_HOLDER:
            self._ledger.was_written(run)
        if method == "record":
            run.recorded.add(args[1].turn.id)
        if method == "finish":
            run.finished.add(args[1].turn.id)
        if method in ENDS_A_HOLD and result is None:
            run.holds = False


class EnteredSummaries(FakeSummaries):
    """Summaries whose money is entered."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger.memory)
        object.__setattr__(self, "ledger", ledger)

    ledger: Ledger

    def begin(self, lease: Lease, reserve: Reservation, channel: Channel, *, newest: int) -> bool:
        begun = super().begin(lease, reserve, channel, newest=newest)
        if begun:
            self.ledger.of_summaries += reserve.amount
            self.ledger.was_set_aside(reserve)
        return begun

    def settle(self, settlement: Settlement, channel: Channel) -> None:
        super().settle(settlement, channel)
        self.ledger.of_summaries += settlement.cost - settlement.reserved.amount
        self.ledger.was_settled(settlement)


class EnteredConnections:
    """Connections whose wishes to stop an answer are entered. Any store will do, also one that lacks a safeguard."""

    def __init__(self, connections: FakeConnections, ledger: Ledger) -> None:
        self._connections, self._ledger = connections, ledger

    def __getattr__(self, method: str) -> Any:
        return getattr(self._connections, method)

    def cancel(self, connection: Connection, turn: TurnId) -> None:
        self._connections.cancel(connection, turn)
        self._ledger.was_cancelled(connection, turn)


def fail_or_bill(error: ModelError | None, prompt: Prompt, ledger: Ledger) -> None:
    """Enter what the provider bills for a call, and raise the error, if there is one."""
    if error and error.may_be_billed:
        ledger.unknown += prompt.max_output_tokens
    if error is None or error.may_be_billed:
        ledger.was_billed(PRICE.cost(USED))
    if error:
        raise error


@dataclass
class SimulatedModel:
    """Answers with the question, so that every answer is known by its words."""

    ledger: Ledger
    run: Callable[[], Run]
    fails: Callable[[], ModelError | None] = lambda: None
    name: str = "gpt-6-luna"
    provider: str = "openai"
    price: Price = PRICE
    may_think_unseen: bool = False

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        """Whole at once, because a crash in the middle is a crash before its end."""
        if prompt.instructions == summary.INSTRUCTIONS:
            self.ledger.was_billed(PRICE.cost(USED))
            return whole("A summary of what was said.")
        self.ledger.was_asked(prompt.question, prompt.history, self.run())
        fail_or_bill(self.fails(), prompt, self.ledger)
        return whole(f"answer to {prompt.question}")


def whole(answer: str) -> Generator[ModelEvent]:
    yield TextDelta(answer)
    yield Finished(FinishReason.STOP, USED)


@dataclass
class SimulatedSender:
    """Sends an answer as one part; its echo goes where echoes go."""

    ledger: Ledger
    run: Callable[[], Run]
    echo: Callable[[Turn], None]
    fails: Callable[[], DeliveryError | None] = lambda: None
    fails_late: Callable[[], DeliveryError | None] = lambda: None
    """The message was sent, but the call failed."""
    wants_more: Callable[[Turn], bool] = lambda _: True
    """Whether the person has not stopped the answer."""

    @contextmanager
    def responding(self, turn: Turn) -> Iterator[OnDelta]:
        yield lambda _, instead=False: self.wants_more(turn)

    def end_silently(self, turn: Turn) -> None:
        pass

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        if 0 in turn.receipts:
            return
        self.ledger.was_tried(turn, self.run())
        if error := self.fails():
            raise error
        self.ledger.was_sent(turn, self.run())
        self.echo(turn)
        if error := self.fails_late():
            raise error


@dataclass
class EnteredSender:
    """The web chat's sender, whose every delivery is entered; each process has one of its own."""

    makes: Callable[[], Sender]
    ledger: Ledger
    run: Callable[[], Run]
    stage: Stage
    of_processes: dict[Actor, Sender] = field(default_factory=dict)

    def responding(self, turn: Turn) -> AbstractContextManager[OnDelta]:
        return self._own.responding(turn)

    def end_silently(self, turn: Turn) -> None:
        self._own.end_silently(turn)

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        self.ledger.was_tried(turn, self.run())
        self._own.deliver(turn, reply, receipts=receipts, seconds=seconds)
        self.ledger.was_sent(turn, self.run())

    @property
    def _own(self) -> Sender:
        assert self.stage.on, "only a process sends"
        return self.of_processes.setdefault(self.stage.on, self.makes())


@dataclass
class SimulatedWake:
    """Invokes later."""

    invoke: Callable[[ConversationId], None]
    fails: Callable[[], bool] = lambda: False

    def wake(self, conversation: ConversationId) -> None:
        if self.fails():
            raise WakeError("nobody can be woken")
        self.invoke(conversation)


@dataclass
class SimulatedNotifier:
    told: list[str] = field(default_factory=list)

    def send(self, subject: str, text: str) -> None:
        self.told.append(subject)


class SimulatedWarmer:
    def warm(self) -> list[str]:
        return []
