"""The worker's service for answering conversations; its health check is in `health`, which loads later."""

from collections.abc import Callable
from functools import cache, partial
from ssl import SSLContext
from typing import Final

from httpx2 import AsyncClient, create_ssl_context
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, OpenAI

from chalicelib.access.budget import Budget
from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import clients
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.messenger.sender import MessengerSender
from chalicelib.channels.meta.graph import Graph
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.sender import WebSender
from chalicelib.conversation.agent import Agent
from chalicelib.conversation.charging import Charging
from chalicelib.conversation.command_handlers import Commands
from chalicelib.conversation.dialogue import Dialogue
from chalicelib.conversation.notices import Notices
from chalicelib.conversation.ports import Model, Sender
from chalicelib.conversation.tool_ports import Toolbox
from chalicelib.conversation.tool_rounds import ToolRounds
from chalicelib.conversation.turn_context import ContextLoader
from chalicelib.conversation.turn_runner import TurnRunner
from chalicelib.conversation.worker import Worker
from chalicelib.ids import Channel, Needs
from chalicelib.llm import prices
from chalicelib.llm.kept_connections import LIMITS, KeptConnections
from chalicelib.llm.openai import OpenAIModel
from chalicelib.operations.warmth import Step, Warmth
from chalicelib.settings import Secret

SECRETS: Final = Needs[Secret](
    always=(Secret.OPENAI_KEY, Secret.PSEUDONYM_KEY, Secret.TOPIC_ARN),
    messenger=(Secret.APP_ID, Secret.APP_SECRET, Secret.VERIFY_TOKEN, Secret.PAGE_TOKEN, Secret.WEBHOOK_URL),
    web=(Secret.WEBSOCKET_URL,),
)


def assemble(
    ports: Ports, *, model: Model, sender: Sender, budget: Budget, toolbox: Callable[[], Toolbox] | None = None
) -> Worker:
    """Build the worker over these ports. Its tools are those of `bootstrap.tools` if there is no `toolbox`."""
    limits, alerts = ports.settings.limits, ports.alerts()
    zone = limits.zone
    charging = Charging(ports.inbox, budget, alerts, ports.clock, zone)
    agent = Agent(model, sender, ports.log.pseudonym, ports.clock)
    rounds = ToolRounds(ports.journal, ports.clock, zone, ports.log)
    notices = Notices(ports.texts(), zone)
    turns = TurnRunner(
        inbox=ports.inbox,
        commands=Commands(ports.transcript, ports.people, notices, ports.clock),
        charging=charging,
        dialogue=Dialogue(agent, charging, rounds, ports.log),
        notices=notices,
        alerts=alerts,
        clock=ports.clock,
        log=ports.log,
    )
    tools = toolbox or cache(partial(_toolbox, ports))
    contexts = ContextLoader(ports.people, ports.entitlements(), ports.clock, zone, limits.memory_tokens, tools)
    return Worker(
        ports.inbox, contexts, turns, sender, alerts, ports.clock, ports.new_id, ports.log, limits.answer_s, ports.sleep
    )


def _toolbox(ports: Ports) -> Toolbox:
    from chalicelib.bootstrap import tools  # noqa: PLC0415 (most personas have none)

    return tools.toolbox(ports)


@cache
def worker() -> Worker:
    """Return the worker."""
    return assemble(ports(), model=model(), sender=ChannelRouter(_senders()), budget=budget())


def _senders() -> dict[Channel, Sender]:
    channels, shared = clients.channels(), ports()
    senders: dict[Channel, Sender] = {}
    if channels.messenger:
        senders[Channel.MESSENGER] = MessengerSender(graph(), shared.texts()("still_writing"))
    if channels.web:
        failed = partial(shared.log.failure, "stream")
        senders[Channel.WEB] = WebSender(shared.connections, shared.connection_api, shared.clock, failed)
    return senders


@cache
def warmth() -> Warmth:
    """Return what is prepared before a person writes."""
    channels, steps = clients.channels(), dict[str, Step]()
    if channels.web:
        steps["web"] = clients.warming_connections(secrets())
    if channels.messenger:
        steps["messenger"] = lambda seconds: graph().warm(seconds=seconds)
    steps["model"] = lambda seconds: model().warm(seconds=seconds)
    return clients.warmth(ports(), **steps)


@cache
def model() -> OpenAIModel:
    """Return the model that answers."""
    chosen = clients.settings().model
    return OpenAIModel(
        name=chosen.name,
        effort=chosen.effort,
        api=chosen.api,
        connections=KeptConnections(_http),
        client=_openai_over,
        price=prices.price_of(chosen),
        is_openai=chosen.is_openai,
        renew=partial(secrets().renew, Secret.OPENAI_KEY),
    )


def budget() -> Budget:
    """Return the day's budget for the model."""
    limits = clients.settings().limits
    return Budget(limits.daily_budget, model().price, limits.person_share, is_shared=clients.channels().are_both)


@cache
def ports() -> Ports:
    """Return the worker's ports."""
    return clients.ports(secrets())


@cache
def secrets() -> Secrets:
    """Return the secrets that the worker may read."""
    return clients.secrets(SECRETS.of(clients.channels()))


@cache
def graph() -> Graph:
    """Return the Graph API, called as the page."""
    stored = secrets()
    return Graph(
        clients.settings().messenger.graph_url,
        token=partial(stored.get, Secret.PAGE_TOKEN),
        app_secret=partial(stored.get, Secret.APP_SECRET),
        renew=partial(stored.renew, Secret.PAGE_TOKEN),
    )


def openai_client() -> OpenAI:
    """Return the SDK's client for the key as it is now. Raises ConfigError without one."""
    return _openai(secrets().get(Secret.OPENAI_KEY), clients.settings().model.base_url)


@cache
def _openai(key: str, base_url: str) -> OpenAI:
    """One client per key, as a client keeps its connections."""
    return OpenAI(api_key=key, base_url=base_url)


def _openai_over(http: AsyncClient) -> AsyncOpenAI:
    """Return the SDK's client for the key as it is now. Raises ConfigError without one."""
    key, url = secrets().get(Secret.OPENAI_KEY), clients.settings().model.base_url
    return AsyncOpenAI(api_key=key, base_url=url, http_client=http)


def _http() -> AsyncClient:
    return DefaultAsyncHttpxClient(verify=_tls(), limits=LIMITS)


@cache
def _tls() -> SSLContext:
    """All clients share it: loading the certificates takes longer than building a client."""
    return create_ssl_context()
