"""Tests `parley replay` with SQS in moto and ministack, and a fake of Lambda that records the conversations."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import uuid4

import boto3
import pytest
from click.testing import Result

from chalicelib.errors import WakeError
from chalicelib.ids import ConversationId, PersonId
from scripts.cli.replay import Queue, Replay
from scripts.simulator.aws import Emulator
from tests.cli.chats import Chats
from tests.cli.conftest import Run
from tests.cli.test_commands import answering
from tests.cli.test_dead_letters import WAKE, record
from tests.fakes.adapters import RememberingWake

ANNA: Final = ConversationId("messenger:1:9384")
BERT: Final = ConversationId("messenger:1:9385")
NO_WAKE: Final = record({"source": "aws.events"})
STORE_ERROR: Final = {"errorType": "StoreError", "errorMessage": "no"}
INVOKE: Final = "/2015-03-31/functions/parley-dev-worker/invocations Event"


def sqs(endpoint: str | None = None) -> Any:
    return boto3.client(
        "sqs", "eu-central-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )


@dataclass(frozen=True)
class Dead:
    """A queue and its messages."""

    client: Any
    queue: Queue

    @classmethod
    def made(cls, client: Any, name: str) -> "Dead":
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return cls(client, Queue(client, url, wait_s=0))

    def gets(self, *bodies: str, group: str = "one") -> None:
        for body in bodies:
            fifo = {"MessageGroupId": group, "MessageDeduplicationId": uuid4().hex}
            others = fifo if self.queue.url.endswith(".fifo") else {}
            self.client.send_message(QueueUrl=self.queue.url, MessageBody=body, **others)

    def holds(self) -> list[str]:
        """Return the messages that are visible now."""
        got = self.client.receive_message(QueueUrl=self.queue.url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in got.get("Messages", [])]


def wake(conversation: ConversationId) -> str:
    return json.dumps({"conversation": conversation})


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    emulator = Emulator()
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture(params=["moto", "moto.fifo", "ministack", "ministack.fifo"])
def dead(request: pytest.FixtureRequest, owner: Run) -> Dead:
    where, _, kind = request.param.partition(".")
    endpoint = None if where == "moto" else request.getfixturevalue("emulator").url
    return Dead.made(sqs(endpoint), f"{uuid4().hex}{'.fifo' if kind else ''}")


@pytest.fixture
def letters(owner: Run, chats: Chats, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dead]:
    """The dead-letter queue of stage dev, which answers at once that it is empty."""
    monkeypatch.setattr("scripts.cli.replay.Queue", partial(Queue, wait_s=0))
    dead = Dead.made(sqs(), "parley-dev-dead")
    yield dead
    dead.client.delete_queue(QueueUrl=dead.queue.url)


def test_every_wake_is_made_once_more_and_its_letter_deleted(dead: Dead):
    dead.gets(*[wake(ANNA)] * 12, group="anna")
    dead.gets(wake(BERT), group="bert")
    woken = RememberingWake()
    replay = Replay(dead.queue, woken)
    replay.run()
    assert (replay.retried, replay.left) == (13, [])
    assert sorted(woken.woken) == [ANNA] * 12 + [BERT]
    assert dead.holds() == []


def test_listing_changes_nothing(dead: Dead):
    dead.gets(wake(ANNA), NO_WAKE)
    replay = Replay(dead.queue, RememberingWake())
    assert [letter.content.wake for letter in replay.look()] == [ANNA, None]
    assert dead.holds() == [wake(ANNA), NO_WAKE]


def test_a_message_that_is_no_wake_stays_and_is_visible_at_once(dead: Dead):
    dead.gets(NO_WAKE, wake(ANNA))
    replay = Replay(dead.queue, woken := RememberingWake())
    replay.run()
    assert (replay.retried, len(replay.left)) == (1, 1)
    assert woken.woken == [ANNA]
    assert dead.holds() == [NO_WAKE]


def test_a_letter_whose_wake_cannot_be_made_is_not_deleted(dead: Dead):
    dead.gets(wake(ANNA), wake(BERT))
    with pytest.raises(WakeError):
        Replay(dead.queue, RememberingWake(fails=True)).run()
    assert dead.holds() == [wake(ANNA), wake(BERT)]


def test_a_letter_is_deleted_only_after_its_wake(dead: Dead):
    dead.gets(wake(ANNA))

    held: list[str] = []

    class Looking:
        """Counts the invisible letters when the worker is woken."""

        def wake(self, conversation: ConversationId) -> None:
            name = "ApproximateNumberOfMessagesNotVisible"
            attributes = dead.client.get_queue_attributes(QueueUrl=dead.queue.url, AttributeNames=[name])
            held.append(attributes["Attributes"][name])

    Replay(dead.queue, Looking()).run()
    assert held == ["1"]


def replayed(owner: Run, *arguments: str, answer: str | None = None) -> tuple[Result, list[bytes]]:
    """Run the command; return its result and the payloads of the worker's invocations."""
    seen: list[tuple[str, bytes]] = []
    with answering(202, {}, seen=seen) as url:
        result = owner("replay", *arguments, answer=answer, AWS_ENDPOINT_URL_LAMBDA=url)
    assert {call for call, _ in seen} <= {INVOKE}
    return result, [body for _, body in seen]


def test_the_owner_sees_what_there_is_and_is_asked(owner: Run, letters: Dead):
    letters.gets(record(responsePayload=STORE_ERROR), NO_WAKE)
    result, woken = replayed(owner, answer="y\n")
    shown, no_wake = result.stdout.splitlines()[:2]
    assert shown[14:] == "RetriesExhausted    StoreError                …9384"
    assert no_wake[14:] == "RetriesExhausted    -                         unknown"
    assert result.stderr == "Retry 1 dead letter? [y/N]: y\n"
    assert result.stdout.splitlines()[2:] == [
        "1 dead letter retried. Left in the queue, as they name no conversation: 1."
    ]
    assert [json.loads(body) for body in woken] == [WAKE]


def test_no_id_is_shown_whole(owner: Run, letters: Dead):
    letters.gets(record())
    result, _ = replayed(owner, "--list")
    assert WAKE["conversation"] not in result.output


def test_nothing_is_put_back_without_consent(owner: Run, letters: Dead):
    letters.gets(record())
    result, woken = replayed(owner, answer="n\n")
    assert (result.exit_code, woken) == (1, [])
    assert result.stderr.endswith("Error: nothing was retried\n")
    assert letters.holds() == [record()]


def test_the_owner_may_only_look(owner: Run, letters: Dead):
    letters.gets(record())
    result, woken = replayed(owner, "--list")
    assert (result.exit_code, len(result.stdout.splitlines()), woken) == (0, 1, [])
    assert letters.holds() == [record()]


def test_a_program_gets_the_dead_letters_as_one_document(owner: Run, letters: Dead):
    letters.gets(record(responsePayload=STORE_ERROR), NO_WAKE)
    result, woken = replayed(owner, "--list", "--json")
    first, second = json.loads(result.stdout)["dead_letters"]
    assert woken == []
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first.pop("at"))
    assert first == {
        "condition": "RetriesExhausted",
        "error": "StoreError",
        "conversation_ends": "9384",
        "too_late": False,
    }
    assert second["conversation_ends"] is None


def test_no_dead_letters_are_a_document_too(owner: Run, letters: Dead):
    result, _ = replayed(owner, "--list", "--json")
    assert json.loads(result.stdout) == {"dead_letters": []}
    assert json.loads(replayed(owner, "--yes", "--json")[0].stdout) == {"retried": 0, "left": 0}


def test_a_program_must_be_sure_to_retry(owner: Run, letters: Dead):
    letters.gets(record(), NO_WAKE)
    refused, woken = replayed(owner, "--json")
    assert (refused.exit_code, refused.stdout, woken) == (2, "", [])
    assert refused.stderr == "Error: --json cannot ask for confirmation: add --yes, or --list\n"
    result, woken = replayed(owner, "--json", "--yes")
    assert (json.loads(result.stdout), len(woken)) == ({"retried": 1, "left": 1}, 1)


def test_a_script_without_a_terminal_learns_that_it_needs_yes(owner: Run, letters: Dead):
    letters.gets(record())
    result, woken = replayed(owner, answer="")
    assert (result.exit_code, woken) == (2, [])
    assert result.stderr.endswith("Error: nothing was retried, as there is no terminal to ask in: add --yes\n")


def test_in_a_narrow_terminal_a_letter_has_two_lines(owner: Run, letters: Dead):
    letters.gets(record(responsePayload=STORE_ERROR))
    with answering(202, {}) as url:
        result = owner("replay", "--list", AWS_ENDPOINT_URL_LAMBDA=url, COLUMNS="60")
    first, second = result.stdout.splitlines()
    assert (first[14:], second) == ("…9384", "  RetriesExhausted, StoreError")


def test_yes_is_not_asked(owner: Run, letters: Dead):
    letters.gets(record(), record())
    result, woken = replayed(owner, "--yes")
    assert (result.stderr, result.stdout.splitlines()[-1]) == ("", "2 dead letters retried.")
    assert len(woken) == 2


def test_an_answer_whose_next_attempt_is_not_due_is_delivered_at_once(owner: Run, letters: Dead, chats: Chats):
    chats.receive(PersonId(ANNA))
    inbox = chats.store.inbox
    lease = inbox.take(ANNA, owner="w", now=chats.clock(), until=chats.clock() + 60_000)
    assert lease
    inbox.hand_back(lease, due_at=chats.clock() + 16 * 60_000)
    soon = chats.clock.tick(minutes=1)
    assert list(inbox.overdue(now=soon)) == []
    letters.gets(wake(ANNA))
    replayed(owner, "--yes")
    assert [waiting.conversation for waiting in inbox.overdue(now=soon)] == [ANNA]


def test_the_fifo_queues_letters_are_put_back_as_well(owner: Run, letters: Dead):
    fifo = Dead.made(sqs(), "parley-dev-dead.fifo")
    fifo.gets(wake(BERT))
    letters.gets(record())
    result, woken = replayed(owner, "--yes")
    fifo.client.delete_queue(QueueUrl=fifo.queue.url)
    assert result.stdout.splitlines()[-1] == "2 dead letters retried."
    assert sorted(json.loads(body)["conversation"] for body in woken) == [ANNA, BERT]


def test_without_dead_letters_there_is_nothing_to_ask(owner: Run, letters: Dead):
    result, _ = replayed(owner)
    assert (result.exit_code, result.output) == (0, "There are no dead letters.\n")


def test_before_a_deployment_there_is_no_queue(owner: Run):
    result, _ = replayed(owner)
    line = (
        "there is no dead-letter queue parley-dev-dead in eu-central-1: deploy the stage, or check --stage and --region"
    )
    assert (result.exit_code, result.stderr) == (1, f"Error: {line}\n")


def test_a_missing_worker_is_one_line_and_no_letter_is_lost(owner: Run, letters: Dead):
    letters.gets(record())
    with answering(404, {"__type": "ResourceNotFoundException", "Message": "Function not found"}) as url:
        result = owner("replay", "--yes", AWS_ENDPOINT_URL_LAMBDA=url)
    line = "there is no worker function in eu-central-1: deploy the stage, or check --stage and --region"
    assert (result.exit_code, result.stderr) == (1, f"Error: {line}\n")
    assert letters.holds() == [record()]


def test_the_demo_keeps_no_dead_letters(owner: Run):
    facts = {
        "settings": {"PARLEY_STAGE": "demo"},
        "aws_region": "us-east-1",
        "aws_endpoint_url": "http://127.0.0.1:1",
        "log_file": "",
    }
    with answering(200, facts) as url:
        result = owner("replay", "--stage", "demo", PARLEY_DEMO_URL=url)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: the demo keeps no dead letters")
