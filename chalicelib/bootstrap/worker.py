"""The worker's service for answering conversations; its health check is in `health`, which loads later."""

from functools import cache, partial
from typing import Final

from openai import OpenAI

from chalicelib.access.budget import Budget
from chalicelib.access.entitlements import EntitlementService
from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import clients
from chalicelib.bootstrap.clients import (
    APP_ID,
    APP_SECRET,
    OPENAI_KEY,
    PAGE_TOKEN,
    TOPIC_ARN,
    VERIFY_TOKEN,
    WEBHOOK_URL,
)
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.messenger.sender import MessengerSender
from chalicelib.channels.meta.graph import Graph
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.sender import WebSender
from chalicelib.conversation.agent import Agent
from chalicelib.conversation.charging import Charging
from chalicelib.conversation.command_handlers import Commands
from chalicelib.conversation.notices import Notices
from chalicelib.conversation.ports import Model, Sender
from chalicelib.conversation.turn_context import ContextLoader
from chalicelib.conversation.turn_runner import TurnRunner
from chalicelib.conversation.worker import Worker
from chalicelib.ids import Channel
from chalicelib.llm import prices
from chalicelib.llm.openai import OpenAIModel
from chalicelib.settings import Settings

SECRETS: Final = (APP_ID, APP_SECRET, VERIFY_TOKEN, PAGE_TOKEN, OPENAI_KEY, WEBHOOK_URL, TOPIC_ARN)


def assemble(ports: Ports, *, model: Model, sender: Sender, budget: Budget) -> Worker:
    """Build the worker over these ports."""
    settings, alerts, notices = ports.settings, ports.alerts(), Notices(ports.texts, ports.settings.zone)
    turns = TurnRunner(
        inbox=ports.inbox,
        commands=Commands(ports.transcript, ports.people, notices, ports.clock),
        charging=Charging(ports.inbox, budget, alerts, ports.clock, settings.zone),
        agent=Agent(model, settings.model, sender, ports.log.pseudonym, ports.clock),
        notices=notices,
        alerts=alerts,
        clock=ports.clock,
        log=ports.log,
    )
    entitlements = EntitlementService(ports.api_keys, settings)
    contexts = ContextLoader(ports.people, entitlements, ports.clock, settings.zone)
    return Worker(ports.inbox, contexts, turns, sender, alerts, ports.clock, ports.new_id, ports.log)


@cache
def worker() -> Worker:
    """Return the worker."""
    settings, shared = clients.settings(), ports()
    web = WebSender(shared.connections, shared.connection_api, shared.clock)
    return assemble(
        shared,
        model=OpenAIModel(
            name=settings.model, effort=settings.reasoning_effort, api=settings.model_api, client=openai_client
        ),
        sender=ChannelRouter({Channel.MESSENGER: MessengerSender(graph()), Channel.WEB: web}),
        budget=budget(settings),
    )


def budget(settings: Settings) -> Budget:
    """Return a day's budget for the model. Servers other than OpenAI's are assumed to cost nothing."""
    price = prices.assumed(settings.model) if settings.asks_openai else prices.FREE
    return Budget(settings.daily_budget, price)


@cache
def ports() -> Ports:
    """Return the worker's ports."""
    stored = secrets()
    return clients.ports(log_key=partial(stored.get, APP_SECRET), topic_arn=partial(stored.find, TOPIC_ARN))


@cache
def secrets() -> Secrets:
    """Return the secrets that the worker may read."""
    return clients.secrets(SECRETS)


def graph() -> Graph:
    """Return the Graph API, called as the page."""
    stored = secrets()
    return Graph(
        clients.settings().graph_url, token=partial(stored.get, PAGE_TOKEN), app_secret=partial(stored.get, APP_SECRET)
    )


def openai_client() -> OpenAI:
    """Return the SDK's client for the key as it is now. Raises ConfigError without one."""
    return _openai(secrets().get(OPENAI_KEY), clients.settings().openai_base_url)


@cache
def _openai(key: str, base_url: str) -> OpenAI:
    """One client per key, as a client keeps its connections."""
    return OpenAI(api_key=key, base_url=base_url)
