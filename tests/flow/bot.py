"""The real webhook, worker and heartbeat, built over fakes; tests send requests as Meta does."""

import base64
import hmac
import io
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from itertools import count
from secrets import token_bytes
from typing import Any, Final

from chalicelib.access import pairing
from chalicelib.access.budget import Budget, DaySpend, Price
from chalicelib.access.export_link import ExportLinks
from chalicelib.access.facts import MEMORY_CONSENT, Facts
from chalicelib.access.invites import Invites
from chalicelib.access.new_people import NewPeople
from chalicelib.access.owner_ports import Owners
from chalicelib.access.pauses import Pauses
from chalicelib.access.person import Access, Consent, Person
from chalicelib.access.ports import People, PersonaTexts, Spending
from chalicelib.access.retention import turn_kept_s
from chalicelib.bootstrap import api, heartbeat, pages, worker
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.messenger.events import metadata
from chalicelib.channels.messenger.webhook import MessengerWebhook
from chalicelib.channels.meta.data_deletion import DataDeletion
from chalicelib.channels.meta.signature import sign
from chalicelib.content import text
from chalicelib.conversation import summary
from chalicelib.conversation.breaker import Outages
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.ports import Inbox, Sender, Transcript
from chalicelib.conversation.prompt import ModelEvent, Prompt
from chalicelib.conversation.remote_tools import ToolLists
from chalicelib.conversation.summary_ports import Summaries
from chalicelib.conversation.takeover_ports import Takeovers
from chalicelib.conversation.tool_ports import Journal, PersonLists, Toolbox
from chalicelib.conversation.turn import Turn
from chalicelib.conversation.worker import Outcome, Worker
from chalicelib.errors import ParleyError
from chalicelib.ids import ConversationId, PersonId
from chalicelib.llm import prices
from chalicelib.log import Log
from chalicelib.operations.alerts import AlertService
from chalicelib.operations.heartbeat import Beat, Heartbeat
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.operations.ports import Deletions, SentAlerts
from chalicelib.operations.privacy import Privacy
from chalicelib.settings.stage import Settings
from tests import emf
from tests.fakes.adapters import (
    Delivered,
    FakeClock,
    RememberingJobStarter,
    RememberingNotifier,
    RememberingOwnerChat,
    RememberingSender,
    RememberingWake,
)
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.connections import FakeConnections, RememberingConnectionApi
from tests.fakes.deletions import FakeDeletions
from tests.fakes.export_links import FakeExportLinks
from tests.fakes.facts import FakeFacts
from tests.fakes.inbox import FakeInbox
from tests.fakes.invites import FakeInvites
from tests.fakes.journal import FakeJournal
from tests.fakes.memory import KnownPerson, Memory
from tests.fakes.model import ScriptedModel
from tests.fakes.moderation import ScriptedModeration
from tests.fakes.new_people import FakeNewPeople
from tests.fakes.outages import FakeOutages
from tests.fakes.owner_sessions import FakeOwnerSessions
from tests.fakes.owners import FakeOwners
from tests.fakes.pauses import FakePauses
from tests.fakes.people import FakePeople, FakeSentAlerts
from tests.fakes.person_lists import FakePersonLists
from tests.fakes.personas import FakePersonaTexts
from tests.fakes.spend import FakeSpending
from tests.fakes.summaries import FakeSummaries
from tests.fakes.takeovers import FakeTakeovers
from tests.fakes.tool_lists import FakeToolLists

PAGE: Final = "4711"
APP: Final = "900800700"
SECRET: Final = "the app secret"
OLD_SECRET: Final = "the app secret before"
VERIFY_TOKEN: Final = "the verify token"
LIMIT: Final = 5
INVOCATION_MS: Final = 300_000
USUAL: Final = Settings.from_env(
    {"PARLEY_DAILY_LIMIT": str(LIMIT), "PARLEY_TIMEZONE": "Europe/Berlin", "PARLEY_STAGE": "prod"}
)
SAYS: Final = text.load("en")
"""The bot's own sentences."""


def person_of(psid: str) -> PersonId:
    return PersonId(f"messenger:{PAGE}:{psid}")


def deletion_form(payload: Any, *, secret: str = SECRET) -> bytes:
    """What Meta posts for somebody who wants their data deleted."""
    said = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=")
    signature = base64.urlsafe_b64encode(hmac.digest(secret.encode(), said, "sha256")).rstrip(b"=")
    return b"signed_request=" + signature + b"." + said


def conversation_of(psid: str) -> ConversationId:
    return ConversationId(person_of(psid))


@dataclass
class FakeWarmer:
    """`operations.ports.Warmer`."""

    warmed: int = 0

    def warm(self) -> list[str]:
        self.warmed += 1
        return ["api", "worker"]


@dataclass
class InterruptedModel(ScriptedModel):
    """Something happens while it thinks about a question."""

    meanwhile: Callable[[Prompt], object] = lambda _: None

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        events = super().answer(prompt, seconds=seconds)
        if prompt.instructions != summary.INSTRUCTIONS:
            self.meanwhile(prompt)
        return events


@dataclass(repr=False)
class Bot:
    """Speak to it with `receives`, look at it with `sent_to`; any port can be replaced before the first message."""

    memory: Memory = field(default_factory=Memory)
    clock: FakeClock = field(default_factory=FakeClock)
    model: ScriptedModel = field(default_factory=ScriptedModel)
    moderation: ScriptedModeration = field(default_factory=ScriptedModeration)
    outbox: RememberingSender = field(default_factory=RememberingSender)
    wake: RememberingWake = field(default_factory=RememberingWake)
    notifier: RememberingNotifier = field(default_factory=RememberingNotifier)
    owner_chat: RememberingOwnerChat = field(default_factory=RememberingOwnerChat)
    warmer: FakeWarmer = field(default_factory=FakeWarmer)
    health_check_starter: RememberingJobStarter = field(default_factory=RememberingJobStarter)
    news_starter: RememberingJobStarter = field(default_factory=RememberingJobStarter)
    report_starter: RememberingJobStarter = field(default_factory=RememberingJobStarter)
    connection_api: RememberingConnectionApi = field(default_factory=RememberingConnectionApi)
    settings: Settings = USUAL
    price: Price = field(default_factory=lambda: prices.assumed("gpt-6-luna"))
    logged: io.StringIO = field(default_factory=io.StringIO)
    heard: list[str] = field(default_factory=list)
    """Every word and every id that came in: nothing of it may be logged."""
    find_api_url: Callable[[], str] = lambda: "https://bot.example/api"
    page_id: str | None = PAGE
    """As the deployment stored it; None where an earlier version deployed."""
    app_id: str | None = APP
    """The bot's own at Meta."""
    remaining_ms: Callable[[], int] = lambda: INVOCATION_MS
    slept: list[float] = field(default_factory=list)
    """For how many seconds the worker waited, each time."""
    while_it_sleeps: Callable[[], object] = lambda: None
    api_url: Callable[[], str] = lambda: "https://bot.example/api"
    toolbox: Callable[[], Toolbox] | None = None
    """In place of the tools that ship with the bot."""
    _ids: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.inbox: Inbox = FakeInbox(self.memory, kept_s=turn_kept_s(self.settings.privacy.keep_days))
        self.takeovers: Takeovers = FakeTakeovers(self.memory, turn_kept_s(self.settings.privacy.keep_days))
        self.journal: Journal = FakeJournal(self.memory, turn_kept_s(self.settings.privacy.keep_days))
        self.lists: PersonLists = FakePersonLists(self.memory)
        self.tool_lists: ToolLists = FakeToolLists(self.memory)
        self.transcript: Transcript = FakeInbox(self.memory)
        self.summaries: Summaries = FakeSummaries(self.memory)
        self.people: People = FakePeople(self.memory)
        self.owners: Owners = FakeOwners(self.memory)
        self.new_people: NewPeople = FakeNewPeople(self.memory)
        self.facts: Facts = FakeFacts(self.memory)
        self.export_links: ExportLinks = FakeExportLinks(self.memory)
        self.alerts: SentAlerts = FakeSentAlerts(self.memory)
        self.persona_texts: PersonaTexts = FakePersonaTexts(self.memory)
        self.invites: Invites = FakeInvites(self.memory)
        self.pauses: Pauses = FakePauses(self.memory)
        self.outages: Outages = FakeOutages(self.memory)
        self.deletions: Deletions = FakeDeletions(self.memory)
        self.spending: Spending = FakeSpending(self.memory)
        self.connections: ConnectionStore = FakeConnections(self.memory)
        self.sender: Sender = self.outbox
        self.log = Log(lambda: SECRET, self.settings.stage.name, stream=lambda: self.logged)

    def sleeps(self, seconds: float) -> None:
        """The worker waits, and others go on meanwhile."""
        self.slept.append(seconds)
        self.clock.tick(seconds=seconds)
        self.while_it_sleeps()

    # Building: anew for each call, as each may find another container.

    @property
    def ports(self) -> Ports:
        return Ports(
            settings=self.settings,
            clock=self.clock,
            sleep=self.sleeps,
            new_id=lambda: f"worker-{next(self._ids)}",
            log=self.log,
            texts=lambda: SAYS,
            inbox=self.inbox,
            takeovers=self.takeovers,
            journal=self.journal,
            lists=self.lists,
            tool_lists=self.tool_lists,
            transcript=self.transcript,
            summaries=self.summaries,
            people=self.people,
            owners=self.owners,
            owner_links=OwnerLinks(FakeOwnerSessions(self.memory), self.find_api_url, token_bytes, self.clock),
            new_people=self.new_people,
            facts=self.facts,
            export_links=self.export_links,
            api_keys=FakeApiKeys(self.memory),
            persona_texts=self.persona_texts,
            pauses=self.pauses,
            invites=self.invites,
            outages=self.outages,
            connections=self.connections,
            connection_api=self.connection_api,
            sent_alerts=self.alerts,
            spending=self.spending,
            api_url=self.api_url,
            wake=lambda: self.wake,
            notifier=lambda: self.notifier,
        )

    @property
    def owner(self) -> AlertService:
        return self.ports.alerts(self.owner_chat)

    @property
    def webhook(self) -> MessengerWebhook:
        return api.assemble(
            self.ports,
            app_secrets=lambda: [SECRET, OLD_SECRET],
            verify_tokens=lambda: [VERIFY_TOKEN],
            page_id=lambda: self.page_id,
            app_id=lambda: self.app_id,
        )

    @property
    def privacy(self) -> Privacy:
        return pages.assemble_privacy(self.ports, self.deletions)

    @property
    def data_deletion(self) -> DataDeletion:
        return DataDeletion(self.privacy, app_secrets=lambda: [SECRET, OLD_SECRET], log=self.log)

    @property
    def budget(self) -> Budget:
        limits = self.settings.limits
        return Budget(limits.daily_budget, self.price, limits.person_share, month_cap=limits.monthly_budget)

    @property
    def worker(self) -> Worker:
        return worker.assemble(
            self.ports,
            model=self.model,
            moderation=self.moderation,
            sender=self.sender,
            budget=self.budget,
            toolbox=self.toolbox,
            owner_chat=self.owner_chat,
        )

    @property
    def heartbeat(self) -> Heartbeat:
        return heartbeat.assemble(
            self.ports,
            warmer=self.warmer,
            health_check_starter=self.health_check_starter,
            news_starter=self.news_starter,
            report_starter=self.report_starter,
            budget=lambda: self.budget,
        )

    # What happens to it.

    def receives(self, psid: str, text: str = "", **message: Any) -> None:
        """Receive a message and run the worker at once."""
        self.accepts(psid, text, **message)
        self.works()

    def accepts(self, psid: str, text: str = "", **message: Any) -> None:
        """Receive a message without running the worker."""
        self.posted(self.message(psid, text, **message))

    def posted(self, *items: dict[str, Any], secret: str = SECRET) -> None:
        """Meta calls the webhook with a batch of items."""
        body = self.body(*items)
        self.webhook.handle(body, f"sha256={sign(body, secret=secret)}")

    def wants_deletion(self, user: str, *, secret: str = SECRET, **more: Any) -> str:
        """Meta passes on that somebody wants their data deleted; the confirmation code."""
        self.heard.append(user)
        form = deletion_form({"user_id": user, "algorithm": "HMAC-SHA256", "issued_at": 1, **more}, secret=secret)
        return self.data_deletion.receive(form)

    def body(self, *items: dict[str, Any]) -> bytes:
        entry = {"id": PAGE, "time": self.clock(), "messaging": list(items)}
        return json.dumps({"object": "page", "entry": [entry]}).encode()

    def message(
        self, psid: str, text: str = "", *, mid: str = "", at: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """One item of a webhook call, a second after the one before."""
        self.clock.tick(seconds=1)
        self.heard += [psid, *([text] if text else [])]
        said = {"mid": mid or f"mid-{next(self._ids)}", **({"text": text} if text else {}), **more}
        return self.item(psid, message=said) | ({} if at is None else {"timestamp": at})

    def item(self, psid: str, **what: Any) -> dict[str, Any]:
        return {"sender": {"id": psid}, "recipient": {"id": PAGE}, "timestamp": self.clock(), **what}

    def echo(self, psid: str, **message: Any) -> dict[str, Any]:
        """What Meta tells the page of the page's own message."""
        said = {"mid": f"mid-{next(self._ids)}", "is_echo": True, **message}
        return {"sender": {"id": PAGE}, "recipient": {"id": psid}, "timestamp": self.clock(), "message": said}

    def receipt(self, turn: Turn, part: int) -> dict[str, Any]:
        return self.echo(turn.person.split(":")[2], metadata=metadata(turn.id, part), text="…")

    def works(self) -> list[Outcome]:
        """Every worker that was woken runs, also those woken meanwhile."""
        outcomes = []
        while self.wake.woken:
            outcomes.append(self.run(self.wake.woken.pop(0)))
        return outcomes

    def run(self, conversation: ConversationId) -> Outcome:
        return self.worker.run(conversation, remaining_ms=self.remaining_ms)

    def works_badly(self) -> ParleyError:
        """The next woken worker fails; its error, as Lambda gets it."""
        try:
            self.run(self.wake.woken.pop(0))
        except ParleyError as error:
            return error
        raise AssertionError("the worker did not fail")

    def tells_of_new_people(self) -> int:
        """The worker is asked for the notice of those who wait."""
        return self.ports.newcomers(self.ports.notices(self.owner_chat)).tell_of_all()

    def beats(self) -> Beat:
        return self.heartbeat.beat()

    def decides(self, psid: str, access: Access, *, daily_limit: int | None = None) -> None:
        """The owner decides about a person."""
        self.people.decide(person_of(psid), access, daily_limit=daily_limit)

    def limits_to(self, daily_limit: int) -> None:
        self.settings = replace(self.settings, limits=replace(self.settings.limits, daily_limit=daily_limit))

    def lets_answers_take(self, seconds: str) -> None:
        """From now on, as PARLEY_ANSWER_SECONDS says."""
        given = Settings.from_env({"PARLEY_ANSWER_SECONDS": seconds}).limits
        self.settings = replace(self.settings, limits=replace(self.settings.limits, answer_s=given.answer_s))

    def may_spend(self, usd: str, *, person_share: str = "1", month: str = "") -> None:
        """On each day, and in each month, from now on."""
        given = Settings.from_env(
            {
                "PARLEY_DAILY_BUDGET_USD": usd,
                "PARLEY_MONTHLY_BUDGET_USD": month,
                "PARLEY_PERSON_BUDGET_SHARE": person_share,
            }
        ).limits
        new = replace(
            self.settings.limits,
            daily_budget=given.daily_budget,
            monthly_budget=given.monthly_budget,
            person_share=given.person_share,
        )
        self.settings = replace(self.settings, limits=new)

    def pairs(self, psid: str) -> None:
        """Make somebody an owner, as a code would, without words."""
        made = pairing.pairing_for("ABCD2345", bytes, now=self.clock())
        self.owners.offer(made)
        assert self.owners.pair(person_of(psid), made, now=self.clock())

    def has_talked_to(self, *psids: str) -> None:
        """These people were answered just now, so that nothing is said to them as to new ones."""
        for psid in psids:
            known = self.memory.people.setdefault(person_of(psid), KnownPerson(Person(person_of(psid))))
            known.change(talked_at=self.clock())

    def consents(self, *psids: str) -> None:
        """These people have agreed to be remembered."""
        for psid in psids:
            known = self.memory.people.setdefault(person_of(psid), KnownPerson(Person(person_of(psid))))
            known.change(memory_consent=Consent(MEMORY_CONSENT, self.clock()))

    # What became of it.

    def read(self, psid: str) -> list[Delivered]:
        return [delivered for delivered in self.outbox.delivered if delivered.person == person_of(psid)]

    def sent_to(self, psid: str) -> list[str]:
        """What somebody got to read, without footers."""
        return [delivered.text for delivered in self.read(psid)]

    def turns(self, psid: str) -> list[Turn]:
        """What a reader of the store finds."""
        return [kept.turn for kept in self.memory.of(conversation_of(psid)) if kept.is_there(now=self.clock())]

    def states(self, psid: str) -> list[str]:
        return [turn.state.value for turn in self.turns(psid)]

    def known(self, psid: str) -> Person:
        return self.memory.people[person_of(psid)].person

    def used(self, psid: str) -> int:
        """Questions that were charged, on all days."""
        known = self.memory.people.get(person_of(psid))
        return sum(known.person.quota.values()) if known else 0

    def spent(self, day: str = "2026-11-20") -> DaySpend:
        return self.memory.spend.get(day, DaySpend(day))

    @property
    def prompts(self) -> list[Prompt]:
        """What the model was asked by people, without what it was asked for summaries."""
        return [prompt for prompt in self.model.asked if prompt.instructions != summary.INSTRUCTIONS]

    @property
    def asked(self) -> list[str]:
        return [prompt.question for prompt in self.prompts]

    @property
    def last_prompt(self) -> Prompt:
        return self.prompts[-1]

    @property
    def told_owner(self) -> list[str]:
        return [text for _, text in self.notifier.told]

    def log_lines(self, stage: str = "") -> list[dict[str, Any]]:
        """The lines of one stage, or all of them."""
        lines = [json.loads(line) for line in self.logged.getvalue().splitlines()]
        return [line for line in lines if stage in ("", line["stage"])]

    def counted(self, metric: str) -> list[Any]:
        """What CloudWatch would have got for a metric by now."""
        return [value for line in self.log_lines() for name, value in emf.values(line).items() if name == metric]
