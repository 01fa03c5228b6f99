"""`parley replay`: what the worker failed at for good, and another try."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from chalicelib.conversation.plan import STALE_MS
from chalicelib.conversation.ports import Wake
from chalicelib.errors import ConfigError
from chalicelib.settings import APP_NAME
from scripts.cli.dead_letters import DeadLetter, read
from scripts.cli.log_view import printable
from scripts.cli.options import at_stage
from scripts.cli.terminal import counted
from scripts.stage.environment import DEMO, Environment, UsageError

_HOLD_S: Final = 300
_BATCH: Final = 10
_LAST_DIGITS: Final = 4


@dataclass(frozen=True)
class Held:
    """A letter that nobody else gets for a while."""

    letter: DeadLetter
    at: int
    receipt: str


@dataclass(frozen=True)
class Queue:
    """One dead-letter queue of SQS."""

    client: Any
    url: str
    wait_s: int = 1
    """Without waiting, SQS asks only some of its servers."""

    def receive(self) -> list[Held]:
        """Some of the letters, none when there are no more."""
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=_BATCH,
            WaitTimeSeconds=self.wait_s,
            VisibilityTimeout=_HOLD_S,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        return [_held(message) for message in answer.get("Messages", [])]

    def delete(self, held: Held) -> None:
        """The letter is dealt with."""
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=held.receipt)

    def release(self, letters: Iterable[Held]) -> None:
        """Others may have them at once."""
        for held in letters:
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=held.receipt, VisibilityTimeout=0)


@dataclass
class Replay:
    """Looks into a queue of dead letters, and puts back the wakes in it."""

    queue: Queue
    wake: Wake
    put_back: int = 0
    left: list[Held] = field(default_factory=list)

    def look(self) -> list[Held]:
        """What there is. It stays; of a FIFO queue, only the first ten letters of a conversation can be seen."""
        found: list[Held] = []
        try:
            while letters := self.queue.receive():
                found += letters
        finally:
            self.queue.release(found)
        return found

    def run(self) -> None:
        """Put back every wake. What is none is left.

        A letter is deleted only after its wake was made: whatever happens in between, at worst a wake is repeated,
        and a worker that finds nothing open goes home. The other way round a wake could be lost.
        """
        try:
            while letters := self.queue.receive():
                self.left += letters
                for held in letters:
                    self._put_back(held)
        finally:
            self.queue.release(self.left)

    def _put_back(self, held: Held) -> None:
        if held.letter.wake is None:
            return
        self.wake.wake(held.letter.wake)
        self.queue.delete(held)
        self.left.remove(held)
        self.put_back += 1


@click.command()
@click.option("--list", "only_list", is_flag=True, help="Only show what is there.")
@click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")
@at_stage
def replay(environment: Environment, *, only_list: bool, yes: bool) -> None:
    """Put dead letters back: what the worker failed at for good.

    The worker is woken once more for every letter. That cannot charge or answer anybody twice: what is still open
    stands in the inbox, and a message that is more than an hour old is closed without an answer and without a charge.
    """
    if environment.settings.stage == DEMO:
        raise UsageError("the demo keeps no dead letters: what fails there is in scripts/parley logs --stage demo")
    replays = _replays(environment)
    letters = [held for each in replays for held in each.look()]
    _show(letters, environment.settings.zone)
    wakes = sum(held.letter.wake is not None for held in letters)
    if only_list or not letters:
        return
    if wakes and not (yes or click.confirm(f"Put {counted(wakes, 'wake', 'wakes')} back?", err=True)):
        raise click.ClickException("nothing was put back")
    for each in replays:
        each.run()
    click.echo(_result(sum(each.put_back for each in replays), sum(len(each.left) for each in replays)))


def _replays(environment: Environment) -> list[Replay]:
    from chalicelib.aws.wake import LambdaWake  # noqa: PLC0415 (brings botocore; `--help` does without)

    name, sqs = f"{APP_NAME}-{environment.settings.stage}-dead", environment.aws.client("sqs")
    wake = LambdaWake(environment.aws.client("lambda"), environment.settings.worker_function)
    urls = [_url(sqs, queue) for queue in (name, f"{name}.fifo")]
    if not any(urls):
        where = f"{name} in {environment.aws.region}"
        raise ConfigError(f"there is no dead-letter queue {where}: deploy first, or check --stage and AWS_REGION")
    return [Replay(Queue(sqs, url), wake) for url in urls if url]


def _url(sqs: Any, name: str) -> str | None:
    try:
        return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except sqs.exceptions.QueueDoesNotExist:
        return None


def _show(letters: Sequence[Held], zone: ZoneInfo) -> None:
    if not letters:
        click.echo("There are no dead letters.")
    now = time.time_ns() // 1_000_000
    for held in sorted(letters, key=lambda held: held.at):
        moment, letter = datetime.fromtimestamp(held.at / 1000, zone), held.letter
        who = f"…{letter.wake[-_LAST_DIGITS:]}" if letter.wake else "no wake"
        late = "too late" if letter.wake and now - held.at > STALE_MS else ""
        error = printable(letter.error)
        line = f"{moment:%d %b %H:%M}  {printable(letter.condition):18.18}  {error:24.24}  {who:7}  {late}"
        click.echo(line.rstrip())


def _result(put_back: int, left: int) -> str:
    done = f"{counted(put_back, 'wake', 'wakes')} put back, {left} left"
    return f"{done}: what is no wake stays for you to look at." if left else f"{done}."


def _held(message: Mapping[str, Any]) -> Held:
    return Held(read(message["Body"]), int(message["Attributes"]["SentTimestamp"]), message["ReceiptHandle"])
