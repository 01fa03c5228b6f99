"""A simulation of the bots that others would use: Meta repeats, Lambda retries, and processes die at any step.

Steps are the calls of AWS's clients, of the model and of sending. DynamoDB is moto; invocations of functions end here.
Time is simulated, also for Powertools, which asks the clock how long another function may still be at work.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from random import Random
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

from aws_durable_execution_sdk_python_testing.runner import DurableFunctionTestRunner

from scripts.peers.messages import messages
from scripts.peers.outside import LIMIT_REACHED, Outside, Peer
from tests.fakes.adapters import NOON, FakeClock
from tests.faults.elsewhere import Elsewhere, Handed, elsewhere
from tests.faults.peer_world import Aws, note_what_counts, powertools_clock
from tests.faults.simulation import LAMBDA_RETRIES_MS, META_REPEATS_MS, MOST_AT_ONCE, MOST_ROUNDS, STEP_MS, Call
from tests.faults.stage import Actor, Crash, CrashesAt, Faults, Stage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GATEWAY_MS: Final = 29_000
"""As long as API Gateway waits for a function."""


@dataclass(frozen=True)
class Invocation:
    """What a bot has asked Lambda to run."""

    message: str
    payload: str
    due_at: int
    tries: int = 0
    durable: bool = False


@dataclass
class PeerSimulation:
    """Tell it what people write, run it until it rests, look at what it has counted by message id."""

    aws: Aws
    make: Callable[[Outside], Peer]
    faults: Faults = field(default_factory=CrashesAt)
    limit: int = 2
    random: Random | None = None
    """Runs processes side by side, in an order of its choice."""
    name: str = "0"
    """Begins all ids."""
    asked: Counter[str] = field(default_factory=Counter)
    answered: dict[str, list[str]] = field(default_factory=dict)
    """Texts that were sent, by message; in the order of the first one."""
    charged: Counter[str] = field(default_factory=Counter)
    begun: list[str] = field(default_factory=list)
    """Messages in the order in which a function first began with them."""
    acknowledged: dict[str, int] = field(default_factory=dict)
    """How many messages had begun when the webhook first returned 200 for this one."""

    def __post_init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.stage = Stage(self.faults, side_by_side=self.random is not None, each=[self._let_time_pass])
        self.calls: list[Call] = []
        self.invocations: list[Invocation] = []
        self.live: list[Actor] = []
        self._messages: dict[Actor, str] = {}
        self._outcomes: dict[Actor, Callable[[], None]] = {}
        self._names: set[str] = set()
        watched = self.stage.watched
        self.outside = Outside(
            ask=lambda question: self.stage.step("model.answer", lambda: self._ask(question)),
            send=lambda person, text: self.stage.step("sender.deliver", lambda: self._send(person, text)),
            dynamodb=watched("dynamodb", self.aws.dynamodb),
            functions=watched("lambda", self.aws.functions),
            limit=self.limit,
            today=lambda: datetime.fromtimestamp(self.clock() / 1000, UTC).date().isoformat(),
            remaining_ms=lambda: GATEWAY_MS,
        )
        self.peer = self.make(self.outside)

    # What people do.

    def say(self, psid: str, text: str, *, number: int) -> Call:
        """Somebody writes: Meta will call."""
        item = {
            "sender": {"id": f"{self.name}-{psid}"},
            "recipient": {"id": "1"},
            "timestamp": self.clock() + number,
            "message": {"mid": f"{self.name}-{psid}-{number}", "text": text},
        }
        call = Call(json.dumps({"object": "page", "entry": [{"id": "1", "messaging": [item]}]}).encode(), self.clock())
        self.calls.append(call)
        return call

    def repeat(self, call: Call) -> None:
        """Meta delivers once more what it has delivered, as it may."""
        self.calls.append(Call(call.body, self.clock()))

    # What is seen.

    @property
    def _message(self) -> str:
        """The message that the function on stage is at work for."""
        return self._messages[cast("Actor", self.stage.on)]

    def _ask(self, question: str) -> str:
        self.asked[self._message] += 1
        return f"answer to {question}"

    def _send(self, _person: str, text: str) -> None:
        self.answered.setdefault(self._message, []).append(text)

    def has_answer(self, message: str) -> bool:
        return any(text != LIMIT_REACHED for text in self.answered.get(message, ()))

    # How it goes on.

    def run_until_rest(self) -> "PeerSimulation":
        with self._events(), powertools_clock(self.clock):
            for _ in range(MOST_ROUNDS):
                if self.live or self._due():
                    self._go_on()
                elif self.calls or self.invocations:
                    self.clock.now = min(waiting.due_at for waiting in self._waiting)
                else:
                    return self
        raise AssertionError(f"schedule {self.name} does not end")

    @contextmanager
    def _events(self) -> Iterator[None]:
        """Botocore's events: which call counts a question, and what Lambda is asked to run."""
        of_dynamodb, of_lambda = self.aws.dynamodb.meta.events, self.aws.functions.meta.events
        hooks: list[tuple[Any, str, Callable[..., object]]] = [
            (of_dynamodb, "provide-client-params.dynamodb.UpdateItem", note_what_counts),
            (of_dynamodb, "after-call.dynamodb.UpdateItem", self._counted),
            (of_dynamodb, "provide-client-params.dynamodb.TransactWriteItems", note_what_counts),
            (of_dynamodb, "after-call.dynamodb.TransactWriteItems", self._counted),
            (of_lambda, "before-call.lambda.Invoke", self._invoked),
        ]
        for events, name, hook in hooks:
            events.register(name, hook)
        yield
        for events, name, hook in hooks:
            events.unregister(name, hook)

    def _counted(self, *, http_response: Any, context: Mapping[str, Any], **_: Any) -> None:
        if context["counts"] and http_response.status_code == 200:
            self.charged[self._message] += 1

    def _invoked(self, *, params: Mapping[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        """Lambda: a durable execution starts once for each name, as documented."""
        name = params["headers"].get("X-Amz-Durable-Execution-Name")
        if name not in self._names:
            body = params["body"]
            payload = body.decode() if isinstance(body, bytes) else str(body)
            self.invocations.append(Invocation(self._message, payload, self.clock(), durable=name is not None))
        if name:
            self._names.add(name)
        return SimpleNamespace(status_code=202), {"StatusCode": 202}

    def _due(self) -> list[Call | Invocation]:
        return [waiting for waiting in self._waiting if waiting.due_at <= self.clock()]

    @property
    def _waiting(self) -> list[Call | Invocation]:
        return [*self.calls, *self.invocations]

    def _go_on(self) -> None:
        due = self._due()
        if self.random is None:
            self._start(due[0])
        elif due and len(self.live) < MOST_AT_ONCE and (not self.live or self.random.random() < 0.2):
            self._start(self.random.choice(due))
        else:
            self._step(self.random.choice(self.live))

    def _start(self, waiting: Call | Invocation) -> None:
        match waiting:
            case Call(body):
                self.calls.remove(waiting)
                [message] = messages(body)
                actor = Actor("door", lambda: self._deliver(message.id, body))
                self._messages[actor] = message.id
                repeated = Call(body, self.clock() + META_REPEATS_MS)
                self._outcomes[actor] = lambda: self.calls.append(repeated)
            case Invocation(message=of, payload=payload, durable=durable):
                self.invocations.remove(waiting)
                run = self._execute if durable else self._run
                actor = Actor("function", lambda: run(payload))
                self._messages[actor] = of
                self._outcomes[actor] = lambda: self._retry(waiting)
        if self.random is None:
            self.stage.on = actor
            actor.run()
            self._conclude(actor)
        else:
            self.live.append(actor)
            self._step(actor)

    def _step(self, actor: Actor) -> None:
        self.stage.on = actor
        actor.step()
        if actor.over:
            self.live.remove(actor)
            self._conclude(actor)

    def _conclude(self, actor: Actor) -> None:
        self.stage.on = None
        if isinstance(actor.error, Crash | NotTaken):
            self._outcomes[actor]()
        elif actor.error:
            raise actor.error

    def _deliver(self, message: str, body: bytes) -> None:
        if message not in self.begun:
            self.begun.append(message)
        status = self.peer.deliver(body)
        if status != 200:
            raise NotTaken(status)
        self.acknowledged.setdefault(message, len(self.begun))

    def _run(self, payload: str) -> None:
        self.peer.run(json.loads(payload))

    def _retry(self, failed: Invocation) -> None:
        if failed.tries < len(LAMBDA_RETRIES_MS):
            due_at = self.clock() + LAMBDA_RETRIES_MS[failed.tries]
            self.invocations.append(Invocation(failed.message, failed.payload, due_at, failed.tries + 1))

    def _execute(self, payload: str) -> None:
        """A durable execution, to its end: the SDK's local runner invokes the function again when it has died.

        It has threads of its own, so that all that acts is handed over to this one.
        """
        handed: Handed = SimpleQueue()
        there = self.make(
            Outside(
                ask=elsewhere(handed, self.outside.ask),
                send=elsewhere(handed, self.outside.send),
                dynamodb=cast("DynamoDBClient", Elsewhere(handed, self.outside.dynamodb)),
                functions=self.outside.functions,
                limit=self.limit,
                today=self.outside.today,
                remaining_ms=self.outside.remaining_ms,
            )
        )

        def invoked(event: Any, _context: Any) -> Any:
            try:
                return there.run(event)
            except Crash as crash:
                raise NotTaken("the function has died") from crash

        with DurableFunctionTestRunner(invoked) as runner:
            execution = runner.run_async(payload)

            def wait() -> None:
                runner.wait_for_result(execution)
                handed.put(None)

            ends = Thread(target=wait)
            ends.start()
            while act := handed.get(timeout=60):
                act()
            ends.join()
        runner._scheduler._loop.close()  # noqa: SLF001 (the runner leaves it open)

    def _let_time_pass(self) -> None:
        self.clock.now += STEP_MS


class NotTaken(Exception):
    """The call has failed, and is repeated by its caller."""
