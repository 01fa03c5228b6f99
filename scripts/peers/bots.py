"""The peers by name: each with its library and what that was never meant to do."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from scripts.peers.bolt import lazy_listener
from scripts.peers.durable import durable_function
from scripts.peers.outside import Outside, Peer
from scripts.peers.plain import plain_view, view_with_put
from scripts.peers.powertools import idempotent_handler


@dataclass(frozen=True)
class Bot:
    """A peer, and what is said about it beside its figures."""

    name: str
    make: Callable[[Outside], Peer]
    package: str
    advice: str
    """The page of its documentation that the code follows."""
    never_meant: str

    @property
    def version(self) -> str:
        return f"{self.package} {version(self.package)}"


BOTS: Final = (
    Bot(
        "A plain Chalice view",
        plain_view,
        "chalice",
        "https://aws.github.io/chalice/topics/views",
        "Chalice routes requests. Repeated requests, limits and order are the application's part.",
    ),
    Bot(
        "The view with a conditional put",
        view_with_put,
        "chalice",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html",
        "The put refuses what was seen before. It does not know whether that was answered.",
    ),
    Bot(
        "Powertools' idempotent handler",
        idempotent_handler,
        "aws-lambda-powertools",
        "https://docs.powertools.aws.dev/lambda/python/latest/utilities/idempotency/",
        "It keeps a handler from being completed twice. A handler that died runs again from its first line, and what "
        "it had done is not undone. Different messages have no order.",
    ),
    Bot(
        "Slack Bolt's lazy listener",
        lazy_listener,
        "slack-bolt",
        "https://docs.slack.dev/tools/bolt-python/concepts/lazy-listeners",
        "It acknowledges within Slack's three seconds. It stores nothing, so that repeated events are the "
        "application's part; so are limits and order.",
    ),
    Bot(
        "A durable function",
        durable_function,
        "aws-durable-execution-sdk-python",
        "https://aws.github.io/aws-durable-execution-docs/patterns/best-practices/idempotency/",
        "It completes each step at least once. A step that died may have acted, and acts again, unless it does nothing "
        "the second time. Executions have no order among each other.",
    ),
)
