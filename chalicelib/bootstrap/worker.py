"""The worker's service for answering conversations; its health check is in `health`, which loads later."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from secrets import token_bytes
from typing import Final

from chalicelib.access.budget import Budget, Usage
from chalicelib.access.redeeming import Redeeming
from chalicelib.access.retention import turn_kept_s
from chalicelib.access.todays_budget import TodaysBudget
from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import adapters, clients, models
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.messenger.owner_chat import MessengerOwnerChat
from chalicelib.channels.messenger.sender import MessengerSender
from chalicelib.channels.messenger.thread_links import MessengerThreadLinks
from chalicelib.channels.meta.graph import Graph
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.sender import WebSender
from chalicelib.content import text
from chalicelib.content.text import Texts
from chalicelib.conversation.agent import Agent
from chalicelib.conversation.breaker import Breaker
from chalicelib.conversation.charging import Charging
from chalicelib.conversation.command_handlers import Commands
from chalicelib.conversation.data_commands import DataCommands
from chalicelib.conversation.dialogue import Dialogue
from chalicelib.conversation.forgetting import Forgetting
from chalicelib.conversation.human_command import HumanCommand
from chalicelib.conversation.invite_command import InviteCommand
from chalicelib.conversation.memory_commands import MemoryCommands
from chalicelib.conversation.moderation import Moderation, NoModeration
from chalicelib.conversation.moderator import Moderator
from chalicelib.conversation.notices import Notices
from chalicelib.conversation.owner_orders import OwnerDesk
from chalicelib.conversation.pairing_command import PairingCommand
from chalicelib.conversation.ports import Model, OwnerAlerts, Sender
from chalicelib.conversation.summarizer import Summarizer
from chalicelib.conversation.takeover_ports import Humans
from chalicelib.conversation.tool_ports import Toolbox
from chalicelib.conversation.tool_rounds import ToolRounds
from chalicelib.conversation.turn_context import ContextLoader
from chalicelib.conversation.turn_runner import TurnRunner
from chalicelib.conversation.worker import Worker
from chalicelib.errors import ModelError, ModelUnusable, StoreError
from chalicelib.ids import Channel, Channels, Needs
from chalicelib.llm import listed
from chalicelib.operations.owner_notices import OwnerChat
from chalicelib.operations.takeover_notices import NoThreadLinks, TakeoverNotices, ThreadLinks
from chalicelib.operations.warmth import Step, Warmth
from chalicelib.settings.stage import Secret, Settings

SECRETS: Final = Needs[Secret](
    always=(Secret.OPENAI_KEY, Secret.PSEUDONYM_KEY, Secret.TOPIC_ARN),
    messenger=(Secret.APP_ID, Secret.APP_SECRET, Secret.VERIFY_TOKEN, Secret.PAGE_TOKEN, Secret.WEBHOOK_URL),
    web=(Secret.WEBSOCKET_URL, Secret.API_URL),
)
"""With a model that has a key."""


def secrets_of(channels: Channels, settings: Settings) -> tuple[Secret, ...]:
    """Return the secrets that the worker may read with these channels and these models."""
    has_key = any(not one.bedrock for one in listed.every(settings))
    return tuple(name for name in SECRETS.of(channels) if has_key or name is not Secret.OPENAI_KEY)


def assemble(
    ports: Ports,
    *,
    model: Model,
    moderation: Moderation,
    sender: Sender,
    budget: Budget,
    toolbox: Callable[[], Toolbox] | None = None,
    owner_chat: OwnerChat | None = None,
    thread_links: ThreadLinks | None = None,
) -> Worker:
    """Build the worker over these ports. Its tools are those of `bootstrap.tools` if there is no `toolbox`."""
    limits, alerts = ports.settings.limits, ports.alerts(owner_chat)
    humans = TakeoverNotices(alerts.notices, ports.texts(), thread_links or NoThreadLinks())
    zone = limits.zone
    today = TodaysBudget(budget, ports.spending, ports.clock, zone)
    charging = Charging(ports.inbox, today, alerts, ports.clock)
    agent = Agent(model, sender, ports.log.pseudonym, ports.clock)
    rounds = ToolRounds(ports.journal, ports.clock, zone, ports.log)
    dialogue = Dialogue(agent, charging, rounds, ports.log)
    tools = toolbox or cache(partial(_toolbox, ports))
    people, entitlements = ports.people, ports.entitlements()
    contexts = ContextLoader(people, entitlements, ports.clock, zone, limits.memory_tokens, tools, ports.pauses)
    contexts = replace(contexts, language=ports.settings.language)
    return Worker(
        inbox=ports.inbox,
        contexts=contexts,
        turns=cache(
            partial(
                _turns,
                ports,
                charging=charging,
                moderation=moderation,
                dialogue=dialogue,
                alerts=alerts,
                humans=humans,
            )
        ),
        sender=sender,
        alerts=alerts,
        humans=humans,
        clock=ports.clock,
        new_id=ports.new_id,
        log=ports.log,
        answer_s=limits.answer_s,
        sleep=ports.sleep,
        summarizer=_summarizer(ports, model, today),
        day_now=charging.day_now,
        joins_messages=limits.join_messages,
    )


def _turns(
    ports: Ports,
    language: str,
    *,
    charging: Charging,
    moderation: Moderation,
    dialogue: Dialogue,
    alerts: OwnerAlerts,
    humans: Humans,
) -> TurnRunner:
    """Build what finds the replies in the language of that tag."""
    notices = Notices(text.load(language), ports.settings.limits.zone)
    return TurnRunner(
        inbox=ports.inbox,
        commands=_commands(ports, notices, alerts, humans, dialogue.agent.sender),
        charging=charging,
        moderator=Moderator(moderation, notices, ports.clock, ports.log),
        dialogue=dialogue,
        breaker=Breaker(ports.outages, alerts, ports.clock, ports.log),
        notices=notices,
        alerts=alerts,
        humans=humans,
        desk=cache(partial(_desk, ports, notices.texts)),
        clock=ports.clock,
        log=ports.log,
    )


def _commands(ports: Ports, notices: Notices, alerts: OwnerAlerts, humans: Humans, sender: Sender) -> Commands:
    kept_s = turn_kept_s(ports.settings.privacy.keep_days)
    return Commands(
        ports.people,
        Forgetting(ports.people, ports.transcript, ports.lists, ports.clock, sender.end_silently),
        notices,
        ports.entitlements(),
        MemoryCommands(ports.facts, notices.texts, ports.clock, notices.zone),
        PairingCommand(ports.owners, alerts, notices.texts, ports.clock, ports.settings.stage.name),
        HumanCommand(humans, notices.texts),
        InviteCommand(Redeeming(ports.invites, ports.people, ports.clock), notices),
        DataCommands(ports.export_links, notices.texts, ports.api_url, token_bytes, kept_s, ports.clock),
    )


def _summarizer(ports: Ports, model: Model, today: TodaysBudget) -> Summarizer:
    limits = ports.settings.limits
    return Summarizer(
        store=ports.summaries,
        transcript=ports.transcript,
        today=today,
        model=model,
        pseudonym=ports.log.pseudonym,
        clock=ports.clock,
        zone=limits.zone,
        memory_tokens=limits.memory_tokens,
        kept_s=turn_kept_s(ports.settings.privacy.keep_days),
        gives_way=ports.settings.stage.wake == "fifo",
        log=ports.log,
    )


def _desk(ports: Ports, texts: Texts) -> OwnerDesk:
    from chalicelib.bootstrap import owner_desk  # noqa: PLC0415 (most turns are no orders)

    return owner_desk.desk(ports, texts)


def _toolbox(ports: Ports) -> Toolbox:
    from chalicelib.bootstrap import tools  # noqa: PLC0415 (most personas have none)

    return tools.toolbox(ports, mcp_tokens)


@cache
def worker() -> Worker:
    """Return the worker."""
    sender = ChannelRouter(_senders())
    return assemble(
        ports(),
        model=model(),
        moderation=moderation(),
        sender=sender,
        budget=budget(),
        owner_chat=owner_chat(),
        thread_links=thread_links(),
    )


def owner_chat() -> OwnerChat | None:
    """Return what writes to owners; None without Messenger, the one channel where they get notices."""
    return MessengerOwnerChat(graph()) if clients.channels().messenger else None


def thread_links() -> ThreadLinks | None:
    """Return what finds the threads of users in the inbox of the page; None without Messenger."""
    return MessengerThreadLinks(graph()) if clients.channels().messenger else None


def _senders() -> dict[Channel, Sender]:
    channels, shared = clients.channels(), ports()
    senders: dict[Channel, Sender] = {}
    if channels.messenger:
        senders[Channel.MESSENGER] = MessengerSender(graph(), lambda language: text.load(language)("still_writing"))
    if channels.web:
        failed = partial(shared.log.failure, "stream")
        senders[Channel.WEB] = WebSender(shared.connections, shared.connection_api, shared.clock, failed)
    return senders


@cache
def warmth() -> Warmth:
    """Return what is prepared before a person writes."""
    channels, steps = clients.channels(), dict[str, Step]()
    if channels.web:
        steps["web"] = adapters.warming_connections(secrets())
    if channels.messenger:
        steps["messenger"] = lambda seconds: graph().warm(seconds=seconds)
    steps["model"] = lambda seconds: model().warm(seconds=seconds)
    return adapters.warmth(ports(), **steps)


@cache
def model() -> models.WarmModel:
    """Return the model that answers."""
    return models.model(clients.settings(), secrets(), report=_report)


def _report(error: ModelError) -> None:
    """Report why the fallback is asked; the owner gets a mail if only they can mend it."""
    ports().log.failure("fallback", error)
    if isinstance(error, ModelUnusable):
        with suppress(StoreError):  # the person is answered all the same
            ports().alerts().fallback_asked(error)


@cache
def moderation() -> Moderation:
    """Return the service that checks questions, where a persona wants it."""
    chosen = listed.moderating(clients.settings())
    if chosen is None:
        return NoModeration()
    from chalicelib.bootstrap import openai_model  # noqa: PLC0415

    return openai_model.moderation(chosen, secrets())


def budget() -> Budget:
    """Return the day's budget for the models."""
    return listed.budget(clients.settings())


def set_aside(most: Usage) -> bool:
    """Take from the budget the most that a call of no turn can cost; False if it has no room. Raises StoreError."""
    spending = ports().spending
    today = TodaysBudget(budget(), spending, clients.clock, clients.settings().limits.zone)
    return spending.reserve(today.reserve(most, model=most.model))


@cache
def ports() -> Ports:
    """Return the worker's ports."""
    return adapters.ports(secrets())


@cache
def secrets() -> Secrets:
    """Return the secrets that the worker may read."""
    names = secrets_of(clients.channels(), clients.settings())
    return clients.secrets((*names, Secret.MCP_TOKENS) if clients.settings().tools.mcp_servers else names)


def mcp_tokens() -> str:
    """Return the tokens of MCP servers, as in `Secret.MCP_TOKENS`. Raises ConfigError."""
    return secrets().find(Secret.MCP_TOKENS) or ""


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
