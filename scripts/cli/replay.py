"""`parley replay`: lists the conversations that the worker failed to answer three times, and retries them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from chalicelib.clock import utc
from chalicelib.conversation.plan import STALE_MS
from chalicelib.conversation.ports import Inbox, Wake
from chalicelib.errors import ConfigError
from chalicelib.ids import ConversationId
from chalicelib.settings.stage import APP_NAME
from scripts.cli import options
from scripts.cli.dead_letters import DeadLetter, read
from scripts.cli.log_view import printable
from scripts.cli.options import at_stage
from scripts.cli.terminal import counted, print_json, width
from scripts.stage import hints
from scripts.stage.environment import DEMO, Environment, UsageError

_HOLD_S: Final = 300
_BATCH: Final = 10
_LAST_DIGITS: Final = 4


@dataclass(frozen=True)
class ReceivedLetter:
    """A dead letter that SQS hides from other consumers for five minutes."""

    content: DeadLetter
    at: int
    """When it was put into the queue, in milliseconds since 1970."""
    receipt: str


@dataclass(frozen=True)
class Queue:
    """A dead-letter queue of SQS."""

    client: Any
    url: str
    wait_s: int = 1
    """Long polling: with 0, SQS queries only some of its servers."""

    def receive(self) -> list[ReceivedLetter]:
        """Receive up to ten letters; returns an empty list when there are no more."""
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=_BATCH,
            WaitTimeSeconds=self.wait_s,
            VisibilityTimeout=_HOLD_S,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return [_received(message) for message in answer.get("Messages", [])]

    def delete(self, letter: ReceivedLetter) -> None:
        """Delete a letter from the queue."""
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)

    def release(self, letters: Iterable[ReceivedLetter]) -> None:
        """Make letters visible to other consumers again."""
        for letter in letters:
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


@dataclass
class Replay:
    """Lists the letters of a queue, and wakes the worker for each."""

    queue: Queue
    wake: Wake
    retried: int = 0
    left: list[ReceivedLetter] = field(default_factory=list)

    def look(self) -> list[ReceivedLetter]:
        """List all letters and leave them there. A FIFO queue returns only the first ten letters of a conversation."""
        found: list[ReceivedLetter] = []
        try:
            while letters := self.queue.receive():
                found += letters
        finally:
            self.queue.release(found)
        return found

    def run(self) -> None:
        """Wake the worker for every letter that names a conversation, and leave the others in the queue.

        A letter is deleted only after the worker was woken. A crash in between repeats the wake, which is harmless: the
        worker finds nothing to do. In the other order a wake could be lost.
        """
        try:
            while letters := self.queue.receive():
                self.left += letters
                for letter in letters:
                    self._retry(letter)
        finally:
            self.queue.release(self.left)

    def _retry(self, letter: ReceivedLetter) -> None:
        if letter.content.wake is None:
            return
        self.wake.wake(letter.content.wake)
        self.queue.delete(letter)
        self.left.remove(letter)
        self.retried += 1


@dataclass(frozen=True)
class WakeAtOnce:
    """`conversation.ports.Wake` for a worker that also delivers an answer whose next attempt is not due yet."""

    inbox: Inbox
    worker: Wake

    def wake(self, conversation: ConversationId) -> None:
        """Make the conversation's work due and wake the worker. Raises StoreError and WakeError."""
        self.inbox.make_due(conversation, now=options.clock())
        self.worker.wake(conversation)


@click.command()
@click.option("--list", "only_list", is_flag=True, help="Only list the dead letters.")
@options.yes_option
@click.option("--json", "json", is_flag=True, help="Print one JSON document.")
@at_stage
def replay(environment: Environment, *, only_list: bool, yes: bool, json: bool) -> None:
    """Retry conversations that failed three times.

    Such a conversation waits as a dead letter. For each of them the worker runs once more. This never charges or
    answers a message twice. A message that is more than an hour old is closed without an answer and without a charge.
    """
    if environment.settings.stage.name == DEMO:
        raise UsageError(f"the demo keeps no dead letters: for its errors see {hints.command('logs --errors', DEMO)}")
    if json and not (only_list or yes):
        raise UsageError("--json cannot ask for confirmation: add --yes, or --list")
    replays = _replays(environment)
    letters = [letter for each in replays for letter in each.look()]
    if not json:
        _show(letters, environment.settings.limits.zone)
    if only_list:
        if json:
            print_json({"dead_letters": [_as_json(letter) for letter in _sorted(letters)]})
    elif letters or json:
        _retry(replays, letters, yes=yes, json=json)


def _retry(replays: Sequence[Replay], letters: Sequence[ReceivedLetter], *, yes: bool, json: bool) -> None:
    if wakes := sum(letter.content.wake is not None for letter in letters):
        question = f"Retry {counted(wakes, 'dead letter', 'dead letters')}?"
        options.confirm(question, yes=yes, otherwise="nothing was retried")
    for each in replays:
        each.run()
    retried, left = sum(each.retried for each in replays), sum(len(each.left) for each in replays)
    if json:
        print_json({"retried": retried, "left": left})
    else:
        click.echo(_result(retried, left))


def _replays(environment: Environment) -> list[Replay]:
    from chalicelib.aws.dynamodb.inbox import DynamoInbox  # noqa: PLC0415 (imports boto3; `--help` does without)
    from chalicelib.aws.wake import LambdaWake  # noqa: PLC0415 (the same)

    name, sqs = f"{APP_NAME}-{environment.settings.stage.name}-dead", environment.aws.client("sqs")
    worker = LambdaWake(environment.aws.client("lambda"), environment.settings.stage.worker_function)
    wake = WakeAtOnce(DynamoInbox(environment.table, environment.settings.limits.open_of_a_key), worker)
    urls = [_url(sqs, queue) for queue in (name, f"{name}.fifo")]
    if not any(urls):
        where = f"{name} in {environment.aws.region}"
        raise ConfigError(f"there is no dead-letter queue {where}: deploy the stage, or check --stage and --region")
    return [Replay(Queue(sqs, url), wake) for url in urls if url]


def _url(sqs: Any, name: str) -> str | None:
    try:
        return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except sqs.exceptions.QueueDoesNotExist:
        return None


def _show(letters: Sequence[ReceivedLetter], zone: ZoneInfo) -> None:
    """Print each letter in one line, or in two if that fits the terminal better."""
    if not letters:
        click.echo("There are no dead letters.")
    for letter in _sorted(letters):
        moment, content = datetime.fromtimestamp(letter.at / 1000, zone), letter.content
        who = f"…{content.wake[-_LAST_DIGITS:]}" if content.wake else "unknown"
        late = "too late" if _is_late(letter) else ""
        condition, error = printable(content.condition), printable(content.error)
        line = f"{moment:%d %b %H:%M}  {condition:18.18}  {error:24.24}  {who:7}  {late}".rstrip()
        if len(line) > width():
            line = f"{moment:%d %b %H:%M}  {who:7}  {late}".rstrip() + f"\n  {condition}, {error}"
        click.echo(line)


def _as_json(letter: ReceivedLetter) -> dict[str, Any]:
    """Return a letter without the whole id, as the text has it."""
    content = letter.content
    return {
        "at": utc(letter.at),
        "condition": content.condition,
        "error": content.error,
        "conversation_ends": content.wake[-_LAST_DIGITS:] if content.wake else None,
        "too_late": _is_late(letter),
    }


def _sorted(letters: Iterable[ReceivedLetter]) -> list[ReceivedLetter]:
    return sorted(letters, key=lambda letter: letter.at)


def _is_late(letter: ReceivedLetter) -> bool:
    return letter.content.wake is not None and options.clock() - letter.at > STALE_MS


def _result(retried: int, left: int) -> str:
    done = f"{counted(retried, 'dead letter', 'dead letters')} retried"
    return f"{done}. Left in the queue, as they name no conversation: {left}." if left else f"{done}."


def _received(message: Mapping[str, Any]) -> ReceivedLetter:
    return ReceivedLetter(read(message["Body"]), int(message["Attributes"]["SentTimestamp"]), message["ReceiptHandle"])
