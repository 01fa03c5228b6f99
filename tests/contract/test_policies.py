"""Each function may do exactly what it does: the calls of its whole story against its policy file, both ways."""

import io
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from moto import mock_aws

from chalicelib import bootstrap
from chalicelib.messages import PersonId
from chalicelib.notify import TopicNotifier
from chalicelib.secrets import Secrets
from chalicelib.store.schema import alert_key
from chalicelib.wake import LambdaExaminer, LambdaWake, LambdaWarmer
from tests.contract.stores import dynamo_store
from tests.flow.bot import PAGE, Bot

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT: Final = Path(__file__).parents[2]
IN_TRANSACTIONS: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
ANSWERS: Final[dict[str, Any]] = {
    "GetParameters": {"Parameters": []},
    "Publish": {},
    "Invoke": {"StatusCode": 200, "Payload": io.BytesIO(b"{}")},
}
"""What other services than DynamoDB answer here: that they are called is all that counts."""


class Audit:
    """Notes what each function asks of AWS, as IAM calls it."""

    def __init__(self) -> None:
        self.function = ""
        self.actions: dict[str, set[str]] = defaultdict(set)

    def client(self, service: Any) -> Any:
        client = boto3.client(service, "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
        client.meta.events.register("provide-client-params", self.note)
        client.meta.events.register("before-call", self.answer)
        return client

    def note(self, params: Any, model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        if model.name == "TransactWriteItems":
            kinds = {IN_TRANSACTIONS[kind] for item in params["TransactItems"] for kind in item}
        else:
            kinds = {"InvokeFunction" if model.name == "Invoke" else model.name}
        self.actions[self.function] |= {f"{service}:{kind}" for kind in kinds}

    def answer(self, model: Any, **_: Any) -> Any:
        return (SimpleNamespace(status_code=200), ANSWERS[model.name]) if model.name in ANSWERS else None


@pytest.fixture
def audit() -> Iterator[Audit]:
    with mock_aws():
        yield Audit()


def statements(function: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / ".chalice" / f"policy-{function}.json").read_text())["Statement"]
    return found


def granted(function: str) -> set[str]:
    actions = {action for statement in statements(function) for action in statement["Action"]}
    return {action for action in actions if not action.startswith("logs:")}


def everything_happens(audit: Audit, client: "DynamoDBClient") -> None:
    """Every kind of event and turn once, each function with its own way to AWS."""
    store, bot = dynamo_store(client), Bot()
    bot.inbox, bot.transcript, bot.people, bot.alerts = store.inbox, store.transcript, store.people, store.alerts
    notifier: Any = TopicNotifier(audit.client("sns"), "arn:aws:sns:eu-central-1:1:parley-owner")
    bot.notifier = notifier
    secrets = Secrets(audit.client("ssm"), "/parley/dev", ("app-secret",))

    audit.function = "api_handler"
    secrets.find("app-secret")
    bot.hears("anna", "one", mid="m1")
    LambdaWake(audit.client("lambda"), "parley-dev-worker").wake(bot.wake.woken[0])
    timeless = bot.message("anna", "two")
    del timeless["timestamp"]
    bot.posted(timeless)
    bot.posted(bot.item("anna", message_edit={"mid": "m1", "text": "uno", "num_edit": 1}))
    bot.posted(bot.item("anna", message={"mid": "m1", "is_deleted": True}))
    bot.posted(bot.echo("anna", app_id=263902037430900))
    bot.posted(bot.item("anna", policy_enforcement={"action": "warning"}))
    bot.hears("bert", "hello")
    [turn] = list(store.transcript.turns(bot.wake.woken[-1], now=bot.clock()))
    bot.posted(bot.receipt(turn, 0))

    audit.function = "worker"
    secrets = Secrets(audit.client("ssm"), "/parley/dev", bootstrap.WORKERS_SECRETS)
    secrets.find(bootstrap.PAGE_TOKEN)
    bot.works()
    store.inbox.receipts(turn)
    audit.function = "api_handler"
    bot.hears("bert", "/forget yes")
    audit.function = "worker"
    bot.works()
    audit.function = "api_handler"
    bot.hears("carl", "long ago")
    audit.function = "worker"
    bot.works()
    bot.clock.tick(days=3)
    audit.function = "api_handler"
    bot.hears("carl", "/forget yes")
    audit.function = "worker"
    bot.works()
    assert store.people.get(PersonId(f"messenger:{PAGE}:carl"))

    audit.function = "heartbeat"
    list(store.inbox.overdue(now=bot.clock()))
    LambdaWarmer(audit.client("lambda"), "parley-dev", "parley-dev-worker").warm()
    assert store.alerts.first_today("checkup", day="2026-W47")
    LambdaExaminer(audit.client("lambda"), "parley-dev-worker").ask()


def test_each_function_is_granted_what_it_does_and_nothing_else(audit: Audit):
    everything_happens(audit, audit.client("dynamodb"))
    for function in ("api_handler", "worker", "heartbeat"):
        done = {action for action in audit.actions[function] if not action.endswith(":CreateTable")}
        assert (function, done) == (function, granted(function))


def test_no_policy_grants_everything_or_to_everybody():
    for file in (ROOT / ".chalice").glob("policy-*.json"):
        for statement in json.loads(file.read_text())["Statement"]:
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            assert all("parley-" in resource or "/parley/" in resource for resource in resources)
            assert not any("*" in action for action in statement["Action"])


def test_the_worker_may_read_exactly_the_secrets_it_asks_for():
    [readable] = [
        statement["Resource"] for statement in statements("worker") if "ssm:GetParameters" in statement["Action"]
    ]
    assert {resource.rpartition("/")[2] for resource in readable} == set(bootstrap.WORKERS_SECRETS)


def test_the_heartbeat_may_write_nothing_but_what_the_owner_was_told():
    [writing] = [statement for statement in statements("heartbeat") if "dynamodb:UpdateItem" in statement["Action"]]
    [keys] = writing["Condition"]["ForAllValues:StringEquals"].values()
    assert keys == [alert_key("checkup")["pk"]]


def test_the_door_may_not_read_the_models_key():
    assert "openai-key" not in (ROOT / ".chalice" / "policy-api_handler.json").read_text()
    assert "page-token" not in (ROOT / ".chalice" / "policy-api_handler.json").read_text()
