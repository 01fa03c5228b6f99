"""The simulation over the real adapter: every request to DynamoDB is a step, before and after which a process may die.

The requests are answered in this process by an emulator behind the conflict proxy. The ledger reads the table.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Final

from chalicelib.access.budget import Reservation, Settlement
from chalicelib.aws.dynamodb.table import Table
from chalicelib.bootstrap.ports import Ports
from chalicelib.conversation.inbox_steps import Charge, Record
from scripts.bench.dynamodb_proxy import Headers, Response
from scripts.simulator.table import create_table
from tests.contract.conflicts import ConflictProxy
from tests.contract.in_process import InProcess, in_process, ministack, plainly
from tests.contract.stores import Store, dynamo_ports
from tests.contract.troubles import WRITES, Request, Trouble, Troubled
from tests.faults.adapter_memory import refresh
from tests.faults.ledger import Ledger
from tests.faults.parts import ERASES, EnteredInbox
from tests.faults.simulation import Simulation
from tests.faults.stage import Actor, Stage

_NUMBERS = count()
_WRITING: Final = WRITES | {"TransactWriteItems"}
_OK: Final = 200
CALL: Final = "x-call"
"""A header with the port's method that sends the request: for a test that chooses by it."""
_ENTERED_BY_EFFECT: Final = frozenset({"was_set_aside", "was_settled", "was_erased"})
_ENTERED: Final = ("inbox", "journal")
"""Ports whose successes the ledger enters."""
_MIRRORED: Final = [
    "takeovers",
    "lists",
    "tool_lists",
    "summaries",
    "people",
    "owners",
    "new_people",
    "facts",
    "export_links",
    "api_keys",
    "persona_texts",
    "pauses",
    "invites",
    "outages",
    "connections",
    "sent_alerts",
    "spending",
]
_NAMES: Final = {"sent_alerts": "alerts", "api_keys": "keys", "persona_texts": "personas"}
"""Names of ports that the store calls otherwise."""


@dataclass
class _Call:
    """A port's method that a process is in."""

    name: str
    values: list[Any]
    is_entered: bool = False
    """Whether the ledger knows of the money that the call moves."""


@dataclass
class Adapter:
    """DynamoDB as one simulation meets it."""

    simulation: Simulation
    chooses: Callable[[Request], Trouble | None] = lambda _: None
    server: InProcess = field(default_factory=in_process)
    calling: dict[Actor | None, _Call] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server.answer = plainly
        self.table = Table(self.server.client, f"faults-{next(_NUMBERS)}", sleep=self._sleep)
        create_table(self.table.client, self.table.name)
        self.store: Store = dynamo_ports(self.table, self.simulation.clock)
        self.proxy = ConflictProxy(self._carried_out, transaction_s=0, reluctant=False, sleep=self._meanwhile)
        self.troubled = Troubled(self.proxy.answer, self.chooses)
        self.server.answer = self._answer

    @property
    def stage(self) -> Stage:
        return self.simulation.stage

    def close(self) -> None:
        """Delete the table."""
        self.server.answer = plainly
        self.table.client.delete_table(TableName=self.table.name)

    def _answer(self, operation: str, body: bytes, headers: Headers) -> Response:
        if self.stage.on is None:
            return plainly(operation, body, headers)
        name = self.calling[self.stage.on].name
        named = {**headers, CALL: name}
        return self.stage.step(f"{name} {operation}", lambda: self.troubled(operation, body, named))

    def _carried_out(self, body: bytes, headers: Headers) -> Response:
        status, content = ministack(body, headers)
        if status == _OK and headers["x-amz-target"].partition(".")[2] in _WRITING:
            self._show(self.calling[self.stage.on])
        return status, content

    def _meanwhile(self, _: float) -> None:
        """A transaction holds its items while others go on."""
        if self.stage.side_by_side and self.stage.on:
            self.stage.on.pause()

    def _sleep(self, seconds: float) -> None:
        self.simulation.clock.tick(seconds=seconds)
        self._meanwhile(seconds)

    @contextmanager
    def in_call(self, call: _Call) -> Iterator[None]:
        """The process that is on stage is in this call; in the one around it, if there is one."""
        on = self.stage.on
        outer = self.calling.get(on)
        self.calling[on] = outer or call
        try:
            yield
        finally:
            if outer is None:
                del self.calling[on]

    def each(self, found: Iterator[Any], call: _Call) -> Iterator[Any]:
        """What a port yields: it asks for the next page only when it is wanted."""
        end = object()
        while True:
            with self.in_call(call):
                value = next(found, end)
            if value is end:
                return
            yield value

    @contextmanager
    def in_peace(self) -> Iterator[None]:
        """Requests of nobody's process: no step, and nothing goes wrong."""
        answer, self.server.answer = self.server.answer, plainly
        try:
            yield
        finally:
            self.server.answer = answer

    def _show(self, call: _Call) -> None:
        """Let the ledger see what was written, whether its process will know of it or not."""
        memory, ledger = self.simulation.memory, self.simulation.ledger
        before = memory.turns
        with self.in_peace():
            refresh(memory, self.table, self.store)
        if call.name.partition(".")[2] in ERASES:
            for place, kept in before.items():
                if memory.turns.get(place) is not kept:
                    ledger.was_erased(kept.turn)
        if not call.is_entered:
            call.is_entered = True
            for value in call.values:
                match value:
                    case Charge(reserve=reserve) | (Reservation() as reserve):
                        ledger.was_set_aside(reserve)
                    case Record(settlement=Settlement() as settlement) | (Settlement() as settlement):
                        ledger.was_settled(settlement)


class _Called:
    """A port of the adapter, of which the process is known that calls it."""

    def __init__(self, name: str, port: object, adapter: Adapter) -> None:
        self._name, self._port, self._adapter = name, port, adapter

    def __getattr__(self, method: str) -> Any:
        call, adapter = getattr(self._port, method), self._adapter
        if not callable(call):
            return call

        def called(*args: Any, **named: Any) -> Any:
            made = _Call(f"{self._name}.{method}", [*args, *named.values()])
            with adapter.in_call(made):
                result = call(*args, **named)
            return adapter.each(result, made) if isinstance(result, Iterator) else result

        return called


class _ByTheirEffects:
    """The ledger without the entries that the adapter makes when a write has its effect."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return (lambda _: None) if name in _ENTERED_BY_EFFECT else getattr(self._ledger, name)


def over_the_adapter(
    made: list[Adapter], chooses: Callable[[Request], Trouble | None] = lambda _: None
) -> Callable[[Simulation, Ports], Ports]:
    """What `Simulation.over` may be. Puts the adapter that it makes on the list; each has to be closed."""

    def replaced(simulation: Simulation, ports: Ports) -> Ports:
        adapter = Adapter(simulation, chooses)
        made.append(adapter)

        def port(name: str) -> Any:
            return _Called(name, getattr(adapter.store, _NAMES.get(name, name)), adapter)

        def entered(name: str) -> Any:
            ledger: Any = _ByTheirEffects(simulation.ledger)
            return EnteredInbox(port(name), ledger, simulation.stage)

        others: dict[str, Any] = {name: port(name) for name in _MIRRORED}
        both: dict[str, Any] = {name: entered(name) for name in _ENTERED}
        return replace(ports, **others, **both, transcript=entered("transcript"))

    return replaced
