"""A simulation in which the bot crashes: Meta repeats what was not taken, Lambda retries twice, the heartbeat beats."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from math import inf
from random import Random
from secrets import token_bytes
from typing import Any, Final, Protocol

from chalicelib.access.budget import Budget, Price
from chalicelib.access.person import Access
from chalicelib.bootstrap import api, heartbeat, worker
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.messenger.events import metadata
from chalicelib.channels.meta.signature import sign
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.sender import WebSender
from chalicelib.content import persona, text
from chalicelib.conversation.connection_ports import ConnectionApi
from chalicelib.conversation.moderation import Moderation
from chalicelib.conversation.ports import Model, Sender
from chalicelib.conversation.tool_ports import Toolbox
from chalicelib.conversation.turn import Turn
from chalicelib.errors import DeliveryError, ModelError
from chalicelib.ids import Channel, ConversationId, PersonId
from chalicelib.log import Log
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.settings.stage import Settings
from tests.fakes.adapters import NOON, FakeClock, RememberingJobStarter, unexpected
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.connections import FakeConnections, RememberingConnectionApi
from tests.fakes.export_links import FakeExportLinks
from tests.fakes.facts import FakeFacts
from tests.fakes.inbox import FakeInbox
from tests.fakes.invites import FakeInvites
from tests.fakes.journal import FakeJournal
from tests.fakes.memory import Memory
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
from tests.fakes.takeovers import FakeTakeovers
from tests.fakes.tool_lists import FakeToolLists
from tests.faults.ledger import Ledger, Run, whole
from tests.faults.parts import (
    PRICE,
    EnteredConnections,
    EnteredInbox,
    EnteredSender,
    EnteredSummaries,
    SimulatedModel,
    SimulatedNotifier,
    SimulatedSender,
    SimulatedWake,
    SimulatedWarmer,
    meant,
)
from tests.faults.stage import Actor, CrashesAt, Faults, Stage
from tests.faults.threads import StagedThreads

PAGE: Final = "1"
SECRET: Final = "secret"
INVOCATION_MS: Final = 300_000
STEP_MS: Final = 40
BEAT_MS: Final = 60_000
META_REPEATS_MS: Final = 15_000
LAMBDA_RETRIES_MS: Final = (60_000, 120_000)
MOST_ROUNDS: Final = 2000
MOST_AT_ONCE: Final = 4
_SAYS: Final = text.load("en")
MOST: Final = persona.load("assistant").max_output_tokens
"""Micro-USD that a call may cost: only the answer's tokens do, one each."""
ENOUGH: Final = 1000 * MOST


def person_of(psid: str) -> PersonId:
    return PersonId(f"messenger:{PAGE}:{psid.partition('@')[0]}")


@dataclass(frozen=True)
class Call:
    """A call of the webhook, repeated until it is acknowledged."""

    body: bytes
    due_at: int


@dataclass(frozen=True)
class Happening:
    """Something that somebody does at a time, outside the bot."""

    happens: Callable[[], object]
    due_at: int


@dataclass(frozen=True)
class Invocation:
    """An asynchronous invocation of the worker."""

    conversation: ConversationId
    due_at: int
    tries: int = 0


class MakesInbox(Protocol):
    """FakeInbox, or one that lacks something."""

    def __call__(self, memory: Memory) -> FakeInbox: ...


class MakesJournal(Protocol):
    """FakeJournal, or one that lacks something."""

    def __call__(self, memory: Memory) -> FakeJournal: ...


@dataclass
class Simulation:
    """Tell it what people write, run it until it rests, look at its ledger."""

    faults: Faults = field(default_factory=CrashesAt)
    limit: int = 2
    budget: int = ENOUGH
    month: int | None = None
    """The budget of a month."""
    starts_after_ms: int = 0
    """When it starts, after noon."""
    echoes: bool = False
    sweeps: bool = True
    retries: bool = True
    makes_inbox: MakesInbox = FakeInbox
    makes_journal: MakesJournal = FakeJournal
    makes_takeovers: Callable[[Memory], FakeTakeovers] = FakeTakeovers
    over: Callable[["Simulation", Ports], Ports] = lambda _, ports: ports
    """Replaces ports by those of another store."""
    makes_connections: Callable[[Memory], FakeConnections] = FakeConnections
    makes_facts: Callable[[Memory], FakeFacts] = FakeFacts
    makes_summaries: Callable[[Ledger], EnteredSummaries] = EnteredSummaries
    model_fails: Callable[[], ModelError | None] = lambda: None
    sender_fails: Callable[[], DeliveryError | None] = lambda: None
    sender_fails_late: Callable[[], DeliveryError | None] = lambda: None
    makes_model: Callable[[Ledger, Callable[[], Run], Callable[[], ModelError | None]], Model] = SimulatedModel
    moderation: Moderation = field(default_factory=ScriptedModeration)
    wants_more: Callable[[Turn], bool] = lambda _: True
    price: Price = PRICE
    person_share: Decimal = Decimal(1)
    wake_fails: Callable[[], bool] = lambda: False
    toolbox: Callable[[], Toolbox] | None = None
    joins_messages: bool = False
    memory_tokens: int = 3000
    persona: str = ""
    """The text of the persona; empty for the one that ships with the bot."""
    random: Random | None = None
    """Runs processes side by side, in an order of its choice."""
    zombies: bool = False
    """Some processes are held up for longer than Lambda lets them live."""

    meanwhile: Callable[[], object] = lambda: None
    """What happens whenever nobody has anything to do yet."""
    web: ConnectionApi | None = None
    """Where the web chat's frames go; None where nobody uses it. Its processes need `random`, which runs threads."""
    most_rounds: int = MOST_ROUNDS

    def __post_init__(self) -> None:
        self.memory, self.clock, self.ids = Memory(), FakeClock(NOON + self.starts_after_ms), count(1)
        self.ledger = Ledger(self.memory, self.clock, self.limit, self.budget, self.month)
        self.stage = Stage(self.faults, side_by_side=self.random is not None, each=[self._let_time_pass])
        self.notifier = SimulatedNotifier()
        self.calls: list[Call] = []
        self.invocations: list[Invocation] = []
        self.happenings: list[Happening] = []
        self.beat_at = self.clock() + BEAT_MS
        self.deadlines: dict[Actor, int] = {}
        self.live: list[Actor] = []
        self._outcomes: dict[Actor, Callable[[], None]] = {}
        self._build()

    def _build(self) -> None:
        watched, clock = self.stage.watched, self.clock
        inbox: Any = watched("inbox", EnteredInbox(self.makes_inbox(self.memory), self.ledger, self.stage))
        self.people = FakePeople(self.memory)
        people = watched("people", self.people)
        facts = watched("facts", self.makes_facts(self.memory))
        summaries = watched("summaries", self.makes_summaries(self.ledger))
        wake = watched("wake", SimulatedWake(self._invoke, self.wake_fails))
        log = Log(lambda: SECRET, "test", stream=io.StringIO)
        settings = Settings.from_env(
            {
                "PARLEY_DAILY_LIMIT": str(self.limit),
                "PARLEY_JOIN_MESSAGES": "on" if self.joins_messages else "off",
                "PARLEY_MEMORY_TOKENS": str(self.memory_tokens),
            }
        )
        alerts, notifier = watched("alerts", FakeSentAlerts(self.memory)), watched("notifier", self.notifier)
        model = watched("model", self.makes_model(self.ledger, self._run, self.model_fails))
        fails = self.sender_fails, self.sender_fails_late
        sender: Sender = SimulatedSender(self.ledger, self._run, self._echo, *fails, self.wants_more)
        connections = EnteredConnections(self.makes_connections(self.memory), self.ledger)
        connection_api = self.web or RememberingConnectionApi()
        self.connections: Any = watched("connections", connections) if self.web else connections
        self.connection_api: Any = watched("connection_api", connection_api) if self.web else connection_api
        if self.web:
            sender = self._with_web(sender)
        ports = self.ports = Ports(
            settings=settings,
            clock=clock,
            sleep=self.sleep,
            new_id=self._id,
            log=log,
            texts=lambda: _SAYS,
            tool_lists=FakeToolLists(self.memory),
            inbox=inbox,
            takeovers=watched("takeovers", self.makes_takeovers(self.memory)),
            journal=watched("journal", EnteredInbox(self.makes_journal(self.memory), self.ledger, self.stage)),
            lists=watched("lists", FakePersonLists(self.memory)),
            transcript=inbox,
            summaries=summaries,
            people=people,
            owners=watched("owners", FakeOwners(self.memory)),
            owner_links=OwnerLinks(FakeOwnerSessions(self.memory), str, token_bytes, clock),
            new_people=watched("new_people", FakeNewPeople(self.memory)),
            facts=facts,
            export_links=FakeExportLinks(self.memory),
            api_keys=watched("api_keys", FakeApiKeys(self.memory)),
            persona_texts=FakePersonaTexts(self.memory),
            pauses=FakePauses(self.memory),
            invites=watched("invites", FakeInvites(self.memory)),
            outages=FakeOutages(self.memory),
            connections=self.connections,
            connection_api=self.connection_api,
            sent_alerts=alerts,
            spending=FakeSpending(self.memory),
            api_url=lambda: "https://bot.example/api",
            wake=lambda: wake,
            notifier=lambda: notifier,
        )
        ports = self.over(self, ports)
        self.webhook = api.assemble(
            ports, app_secrets=lambda: [SECRET], verify_tokens=list, page_id=lambda: PAGE, app_id=lambda: None
        )
        self.worker = worker.assemble(
            ports,
            model=model,
            moderation=watched("moderation", self.moderation),
            sender=watched("sender", sender),
            budget=self._owners_budget(),
            toolbox=self.toolbox,
        )
        if self.persona:
            ports.persona_texts.put("assistant", self.persona, now=clock())
        in_peace = replace(ports, people=self.people, new_people=FakeNewPeople(self.memory))
        in_peace = replace(in_peace, notifier=lambda: self.notifier)
        self.newcomers = in_peace.newcomers(in_peace.notices())
        self.heartbeat = heartbeat.assemble(
            replace(ports, sent_alerts=FakeSentAlerts(self.memory)),
            warmer=SimulatedWarmer(),
            health_check_starter=RememberingJobStarter(),
            news_starter=RememberingJobStarter(),
            report_starter=RememberingJobStarter(),
            budget=self._owners_budget,
        )

    def _with_web(self, messenger: Sender) -> Sender:
        """The senders of both channels."""
        threads = StagedThreads(self.stage, self.clock, self._start_thread)

        def makes() -> Sender:
            return WebSender(self.connections, self.connection_api, self.clock, unexpected, threads=threads)

        web = EnteredSender(makes, self.ledger, self._run, self.stage)
        return ChannelRouter({Channel.MESSENGER: messenger, Channel.WEB: web})

    def _owners_budget(self) -> Budget:
        """One of which Messenger's part is `budget`."""
        return Budget(whole(self.budget), self.price, self.person_share, month_cap=self.month)

    # What people and the owner do.

    def say(self, psid: str, text: str, *, number: int | None = None, at: int | None = None) -> Call:
        """Somebody writes: Meta will call. Messages with a higher number were written later."""
        number = next(self.ids) if number is None else number
        return self._post(self._message(psid, text, number, at=self.clock() + number if at is None else at))

    def _message(self, psid: str, text: str, number: int, *, at: int) -> dict[str, Any]:
        return {
            "sender": {"id": psid},
            "recipient": {"id": PAGE},
            "timestamp": at,
            "message": {"mid": f"mid-{psid}-{number}", "text": text},
        }

    def say_at_once(self, psid: str, texts: Sequence[str]) -> Call:
        """Somebody writes several messages in one millisecond, which Meta delivers together."""
        return self._post(*(self._message(psid, text, next(self.ids), at=self.clock()) for text in texts))

    def repeat(self, call: Call) -> None:
        """Meta delivers once more what it has delivered, as it may."""
        self.calls.append(Call(call.body, self.clock()))

    def decide(self, psid: str, access: Access, daily_limit: int | None = None) -> None:
        self.people.decide(person_of(psid), access, daily_limit=daily_limit)

    def write_by_hand(self, psid: str, text: str) -> Call:
        """A human writes in the page's inbox: Meta will tell."""
        said = {"mid": f"by-hand-{next(self.ids)}", "is_echo": True, "text": text}
        people = {"sender": {"id": PAGE}, "recipient": {"id": psid}}
        return self._post({**people, "timestamp": self.clock(), "message": said})

    def _echo(self, turn: Turn) -> None:
        if self.echoes:
            message = {"mid": f"echo-{next(self.ids)}", "is_echo": True, "metadata": metadata(turn.id, 0)}
            psid = turn.conversation.split(":")[2]
            at = self.clock()
            self._post({"sender": {"id": PAGE}, "recipient": {"id": psid}, "timestamp": at, "message": message})

    def _post(self, *items: dict[str, Any]) -> Call:
        body = json.dumps({"object": "page", "entry": [{"id": PAGE, "messaging": items}]}).encode()
        call = Call(body, self.clock())
        self.calls.append(call)
        return call

    # How it goes on.

    def run_until_rest(self) -> "Simulation":
        """All that is due, then all that becomes due, until nobody has anything to do."""
        for _ in range(self.most_rounds):
            if self._can_go_on() or self._is_due():
                self._go_on()
            elif self._rests():
                self.ledger.check_at_rest()
                return self
            else:
                self._wait()
        self.ledger.require("everything comes to an end", kept=False)
        for actor in self.live:
            actor.killed = True
            while not actor.over:
                actor.step()
        return self

    def run_for(self, seconds: float) -> None:
        """As long as that, whatever is still to do."""
        over = list[bool]()
        self.after(seconds, lambda: over.append(True))
        while not over:
            if self._can_go_on() or self._is_due():
                self._go_on()
            else:
                self._wait()

    def _rests(self) -> bool:
        waiting = any(kept.turn.is_open for kept in self.memory.turns.values())
        due = any(conversation.due_at is not None for conversation in self.memory.conversations.values())
        return not (self._waiting or self._are_working() or ((waiting or due) and self.sweeps))

    def _are_working(self) -> bool:
        """Whether a process is not over; a thread that is left behind may wait for ever, as Lambda stops it then."""
        return any(not actor.process or not actor.process.over or actor.waits_until < inf for actor in self.live)

    @property
    def _waiting(self) -> list[Call | Invocation | Happening]:
        return [*self.calls, *self.invocations, *self.happenings]

    def _can_go_on(self) -> list[Actor]:
        """Those that do not wait for another one, or for a time."""
        return [actor for actor in self.live if actor.may_go_on(now=self.clock())]

    def _is_due(self) -> bool:
        return any(waiting.due_at <= self.clock() for waiting in self._waiting)

    def _wait(self) -> None:
        """Until the next thing is due; the heartbeat if it is first."""
        self.meanwhile()
        times = [waiting.due_at for waiting in self._waiting] + [actor.waits_until for actor in self.live]
        next_at = min(times, default=self.beat_at)
        self.clock.now = max(self.clock(), round(min(next_at, self.beat_at) if self.sweeps else next_at))
        if self.sweeps and self.clock() >= self.beat_at:
            self.beat()

    def beat(self) -> None:
        self.beat_at = self.clock() + BEAT_MS
        self.start_process("heartbeat", self.heartbeat.beat)

    def _go_on(self) -> None:
        """One process in a row, or one step of one of those side by side."""
        if self.random is None:
            self.start_next()
            return
        ready = self._can_go_on()
        may_start = self._is_due() and (len(self.live) < MOST_AT_ONCE or not ready)
        if may_start and (not ready or self.random.random() < 0.2):
            self.start_next()
            return
        if self.zombies and self.random.random() < 0.02:
            self.clock.tick(seconds=self.random.choice((30, 120)))
        self._step(self.random.choice(ready))

    def start_next(self) -> None:
        """What is due: the webhook goes before the workers when all is in a row."""
        due = [waiting for waiting in self._waiting if waiting.due_at <= self.clock()]
        if due:
            self.start(self.random.choice(due) if self.random else due[0])

    def start(self, waiting: Call | Invocation | Happening) -> None:
        match waiting:
            case Happening(happens):
                self.happenings.remove(waiting)
                happens()
            case Call(body):
                self.calls.remove(waiting)
                signature = f"sha256={sign(body, secret=SECRET)}"
                self.start_process(
                    "door", lambda: self.webhook.handle(body, signature), failed=lambda: self._redeliver(body)
                )
            case Invocation(conversation):
                self.invocations.remove(waiting)
                self.start_process("worker", lambda: self._work(conversation), failed=lambda: self._retry(waiting))

    def _redeliver(self, body: bytes) -> None:
        self.calls.append(Call(body, self.clock() + META_REPEATS_MS))

    def _retry(self, failed: Invocation) -> None:
        if self.retries and failed.tries < len(LAMBDA_RETRIES_MS):
            due_at = self.clock() + LAMBDA_RETRIES_MS[failed.tries]
            self.invocations.append(Invocation(failed.conversation, due_at, failed.tries + 1))

    def after(self, seconds: float, happens: Callable[[], object]) -> None:
        """Let something happen later."""
        self.happenings.append(Happening(happens, self.clock() + round(seconds * 1000)))

    def _start_thread(self, work: Callable[[], None]) -> Actor:
        """A thread of the process on stage begins."""
        on = self.stage.on
        assert on, "only a process has threads"
        process = on.process or on
        thread = Actor(f"thread of {process.name}", work, process)
        process.threads.append(thread)
        self.deadlines[thread], self._outcomes[thread] = self.deadlines[process], lambda: None
        self.live.append(thread)
        return thread

    def start_process(self, name: str, job: Callable[[], object], failed: Callable[[], None] = lambda: None) -> None:
        """A process begins; `failed` happens if it ends by an error or dies."""
        actor = Actor(name, job)
        self.deadlines[actor] = self.clock() + INVOCATION_MS
        self._outcomes[actor] = failed
        if self.random is None:
            self.stage.on = actor
            actor.run()
            self._conclude(actor)
        else:
            self.live.append(actor)
            self._step(actor)

    def _step(self, actor: Actor) -> None:
        actor.killed |= not self.zombies and self.clock() > self.deadlines[actor]
        self.stage.on = actor
        actor.step()
        if actor.over:
            self.live.remove(actor)
            self._conclude(actor)

    def _conclude(self, actor: Actor) -> None:
        self.stage.on = None
        if actor.error:
            self._outcomes[actor]()
        if isinstance(actor.error, AssertionError | TypeError | AttributeError | KeyError):
            raise actor.error

    def _work(self, conversation: ConversationId) -> None:
        deadline = self.clock() + INVOCATION_MS
        self.worker.run(conversation, remaining_ms=lambda: max(deadline - self.clock(), 0))

    def _invoke(self, conversation: ConversationId) -> None:
        self.invocations.append(Invocation(meant(conversation), self.clock()))

    def sleep(self, seconds: float) -> None:
        """The process on stage waits."""
        if self.web and self.stage.on:
            until = self.clock() + round(seconds * 1000)
            self.stage.on.wait_for(lambda: False, until=until, clock=self.clock)
        else:
            self.clock.tick(seconds=seconds)

    def _let_time_pass(self) -> None:
        self.clock.now += STEP_MS

    def _run(self) -> Run:
        """The worker run that is on stage."""
        return next(run for run in reversed(self.ledger.runs.values()) if run.actor is self.stage.on)

    def _id(self) -> str:
        return f"run-{next(self.ids)}"
