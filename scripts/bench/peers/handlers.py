"""The handlers that are measured: Parley's and its peers', doors and workers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from scripts.bench.peers import events
from scripts.bench.peers.events import Event

_APPS: Final = "scripts.bench.peers.apps"


@dataclass(frozen=True)
class Handler:
    """A handler in a process of its own."""

    name: str
    """For the columns of the plot."""
    what: str
    """For the rows of the table."""
    place: str
    """`module:name`."""
    event: Callable[[], Event]
    function: str = ""
    """The name in Lambda of Parley's function; empty for a peer."""

    @property
    def is_parley(self) -> bool:
        """Whether it is no peer."""
        return bool(self.function)


PARLEY: Final = "Parley"
NAIVE: Final = "naive"
CLIENTS: Final = "clients"

DOORS: Final[Sequence[Handler]] = (
    Handler(PARLEY, "Parley's webhook", "app:app", events.from_messenger, function="parley-dev"),
    Handler(NAIVE, "a view with one put and one invoke", f"{_APPS}.naive:app", events.from_messenger),
    Handler("conditional", "the same with a conditional put", f"{_APPS}.conditional:app", events.from_messenger),
    Handler("Powertools", "a view with Powertools' idempotency", f"{_APPS}.powertools:app", events.from_messenger),
    Handler("Bolt", "Slack Bolt's Chalice adapter, lazy listener", f"{_APPS}.bolt:app", events.from_slack),
    Handler("durable", "a view that starts a durable execution", f"{_APPS}.durable:app", events.from_messenger),
    Handler(CLIENTS, "a bare Chalice app with three AWS clients", f"{_APPS}.three_clients:app", events.from_messenger),
    Handler("bare", "a bare Chalice app", f"{_APPS}.bare:app", events.from_messenger),
)
WORKERS: Final[Sequence[Handler]] = (
    Handler(PARLEY, "Parley's worker", "app:worker", events.wake, function="parley-dev-worker"),
    Handler(NAIVE, "a function with one query and one put", f"{_APPS}.naive_worker:handler", events.message),
    Handler(
        "Powertools", "the same with Powertools' idempotency", f"{_APPS}.powertools_worker:handler", events.message
    ),
    Handler("durable", "the same as a durable execution", f"{_APPS}.durable_worker:handler", events.execution),
)
