"""Builds the worker from its ports. The product and the tests use the same assembly."""

from collections.abc import Callable

from chalicelib.access.budget import Budget
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.ports import ApiKeys, People
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.agent import Agent
from chalicelib.conversation.charging import Charging
from chalicelib.conversation.command_handlers import Commands
from chalicelib.conversation.notices import Notices
from chalicelib.conversation.ports import Inbox, Model, OwnerAlerts, Sender, Transcript
from chalicelib.conversation.turn_context import ContextLoader
from chalicelib.conversation.turn_runner import TurnRunner
from chalicelib.conversation.worker import Worker
from chalicelib.log import Log
from chalicelib.settings import Settings


def build_worker(
    *,
    inbox: Inbox,
    transcript: Transcript,
    people: People,
    api_keys: ApiKeys,
    sender: Sender,
    model: Model,
    alerts: OwnerAlerts,
    budget: Budget,
    texts: Texts,
    settings: Settings,
    clock: Clock,
    new_id: Callable[[], str],
    log: Log,
) -> Worker:
    """Return a worker over these ports; `new_id` names the holder of a lease and must never repeat itself."""
    notices = Notices(texts, settings.zone)
    turns = TurnRunner(
        inbox=inbox,
        commands=Commands(transcript, people, notices, clock),
        charging=Charging(inbox, budget, alerts, clock, settings.zone),
        agent=Agent(model, settings.model, sender, log.pseudonym, clock),
        notices=notices,
        alerts=alerts,
        clock=clock,
        log=log,
    )
    contexts = ContextLoader(people, EntitlementService(api_keys, settings), clock, settings.zone)
    return Worker(inbox, contexts, turns, sender, alerts, clock, new_id, log)
