"""Each function may do exactly what it does: the calls of its whole story against its policy file, both ways."""

import io
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache, partial
from http import HTTPStatus
from itertools import count
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest

from chalicelib.access import identity, pairing, rooms, secret_text, ticket
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Grant, Invite, Redeemed
from chalicelib.access.key_service import ApiKeyService
from chalicelib.access.owner_session import COOKIE
from chalicelib.access.pairing import Pairing
from chalicelib.access.personas import Personas
from chalicelib.aws import invocation
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.index_keys import people_partitions
from chalicelib.aws.functions import LambdaJobStarter, LambdaWarmer
from chalicelib.aws.sns import TopicNotifier
from chalicelib.aws.ssm import Secrets
from chalicelib.aws.wake import FifoWake, LambdaWake
from chalicelib.bootstrap import adapters, api, owner_page, reports, websocket, worker
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.channels.web.config import ChatConfig
from chalicelib.channels.web.connection_api import ApiGatewayConnections
from chalicelib.channels.web.sender import WebSender
from chalicelib.channels.web.writer import Timing
from chalicelib.conversation.person_list import PersonList
from chalicelib.ids import Channel, Channels, ConversationId, InviteId, PersonId
from chalicelib.operations.data_copy import DataCopies
from chalicelib.operations.export import Exports
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.operations.owner_view import page_name
from chalicelib.settings.stage import ModelSettings, Secret, Settings
from scripts.deploy import policies
from tests.channels import BEDROCK, BOTH, MESSENGER, OPENAI, WEB, stage_with
from tests.contract import expressions
from tests.contract.in_process import client_of
from tests.contract.stores import Store, dynamo_store
from tests.fakes.adapters import NOON, unexpected
from tests.fakes.model import ScriptedModel
from tests.flow.bot import PAGE, Bot, person_of
from tests.flow.chat import KEY, OTHER_KEY, TICKET_KEY, Chat, Tab
from tests.flow.chat import person_of as chat_person
from tests.iam import allows

pytestmark = pytest.mark.emulated
ROOT: Final = Path(__file__).parents[2]
PLACE: Final = "eu-central-1:123456789012"
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
    "GetQueueUrl": {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/parley-dev-wake.fifo"},
    "SendMessage": {"MessageId": "1"},
    "PostToConnection": {},
    "DeleteConnection": {},
}
"""What other services than DynamoDB answer here: that they are called is all that counts."""
TAKEN_BY_LAMBDA: Final = {
    "sqs:ReceiveMessage": "parley-dev-wake.fifo",
    "sqs:DeleteMessage": "parley-dev-wake.fifo",
    "sqs:GetQueueAttributes": "parley-dev-wake.fifo",
    "sqs:SendMessage": "parley-dev-dead",
}
"""What no code of ours does: with the worker's role, Lambda takes the wakes from the queue, and puts asynchronous
invocations that failed to the dead letters. By action, the only queue on which."""


class Audit:
    """Notes what each function asks of AWS, as IAM calls it."""

    def __init__(self) -> None:
        self.function = ""
        self.actions: dict[str, set[str]] = defaultdict(set)
        self.touched: dict[str, set[tuple[str, str]]] = defaultdict(set)
        """Actions on the table, each with the partition."""
        self.named: dict[str, set[tuple[str, str]]] = defaultdict(set)
        """Actions, each with the resource; those on the table without the partition."""

    def client(self, service: Any) -> Any:
        if service == "dynamodb":
            client = client_of(checks=True)
            expressions.checked(client)
            client.meta.events.register("provide-client-params", self.note)
            return client
        client = boto3.client(service, "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
        client.meta.events.register("provide-client-params", self.note)
        client.meta.events.register("before-call", self.answer)
        return client

    def note(self, params: Any, model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        if model.name == "CreateTable":
            return
        if service == "apigatewaymanagementapi":
            self.actions[self.function].add("execute-api:ManageConnections")
            connection = f"api/dev/{model.http['method']}/@connections/{params['ConnectionId']}"
            self.named[self.function].add(("execute-api:ManageConnections", arn("execute-api", connection)))
            return
        if model.name == "TransactWriteItems":
            kinds = {IN_TRANSACTIONS[kind] for item in params["TransactItems"] for kind in item}
        else:
            kinds = {"InvokeFunction" if model.name == "Invoke" else model.name}
        actions = {f"{service}:{kind}" for kind in kinds}
        self.actions[self.function] |= actions
        self.named[self.function] |= {(action, name) for action in actions for name in _named(service, params)}
        if service == "dynamodb":
            self.touched[self.function] |= set(_touched(model.name, params))

    def answer(self, model: Any, **_: Any) -> Any:
        return SimpleNamespace(status_code=200), ANSWERS[model.name]


@pytest.fixture
def audit() -> Audit:
    return Audit()


@pytest.fixture(scope="module")
def everything() -> Audit:
    """What all functions do with both channels."""
    audit = Audit()
    everything_happens(audit)
    return audit


@cache
def policy(function: str, channels: Channels = BOTH, *models: ModelSettings) -> dict[str, Any]:
    """The policy as it is deployed for the stage `dev`."""
    region, account = PLACE.split(":")
    with TemporaryDirectory() as folder:
        (copied := Path(folder) / ".chalice").mkdir()
        shutil.copy(ROOT / ".chalice" / f"policy-{function}.json", copied)
        policies.write(Path(folder), stage_with(channels, "dev"), models or [OPENAI], region=region, account=account)
        found: dict[str, Any] = json.loads((copied / f"policy-{function}.json").read_text())
    return found


def statements(function: str, channels: Channels = BOTH) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy(function, channels)["Statement"]
    return found


def arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{PLACE}:{name}"


def _named(service: str, params: Any) -> Iterator[str]:
    """The resources of a call. Every table is a stage's own: each test has one of another name."""
    match service, params:
        case "dynamodb", {"IndexName": index}:
            yield arn(service, f"table/parley-dev/index/{index}")
        case "dynamodb", _:
            yield arn(service, "table/parley-dev")
        case "lambda", {"FunctionName": name}:
            yield arn(service, f"function:{name}")
        case "sqs", {"QueueName": name} | {"QueueUrl": name}:
            yield arn(service, name.rpartition("/")[2])
        case "sns", {"TopicArn": topic}:
            yield topic
        case "ssm", {"Names": names}:
            yield from (arn(service, f"parameter{name}") for name in names)
        case _:
            raise AssertionError(service)


def resources(statement: dict[str, Any]) -> list[str]:
    named: list[str] = statement["Resource"]
    return named


def granted(function: str, channels: Channels = BOTH) -> set[str]:
    actions = {action for statement in statements(function, channels) for action in statement["Action"]}
    return {action for action in actions if not action.startswith("logs:")}


def _touched(operation: str, params: Any) -> Iterator[tuple[str, str]]:
    """What a call to the table does to which partitions: what IAM calls leading keys."""
    match operation:
        case "TransactWriteItems":
            for kind, write in (part for item in params["TransactItems"] for part in item.items()):
                yield from _touched(IN_TRANSACTIONS[kind], write)
        case "BatchGetItem":
            for key in (key for table in params["RequestItems"].values() for key in table["Keys"]):
                yield f"dynamodb:{operation}", key["pk"]["S"]
        case "Query":
            [place] = re.findall(r"#n\d+ = (:v\d+)", params["KeyConditionExpression"])
            yield f"dynamodb:{operation}", params["ExpressionAttributeValues"][place]["S"]
        case _:
            yield f"dynamodb:{operation}", (params.get("Key") or params["Item"])["pk"]["S"]


def leading_keys(statement: dict[str, Any]) -> list[str]:
    """The partitions to which a statement is limited; the index of people has its own."""
    if "/index/people" in str(statement["Resource"]):
        return list(people_partitions())
    conditions = statement.get("Condition", {}).values()
    return [key for condition in conditions for key in condition["dynamodb:LeadingKeys"]] or ["*"]


def may_touch(function: str, action: str, partition: str, channels: Channels = BOTH) -> bool:
    granting = (one for one in statements(function, channels) if action in one["Action"])
    return any(fnmatchcase(partition, key) for statement in granting for key in leading_keys(statement))


def everything_happens(audit: Audit, channels: Channels = BOTH) -> None:
    """Every kind of event and turn of these channels once, each function with its own way to AWS."""
    minutes = count(0, 60_000)  # what is read once a minute is due each time, in each function
    store, bot = dynamo_store(audit.client("dynamodb"), clock=lambda: next(minutes)), Bot()
    bot.persona_texts, bot.lists, bot.facts = store.personas, store.lists, store.facts
    bot.inbox, bot.transcript, bot.people, bot.alerts = store.inbox, store.transcript, store.people, store.alerts
    bot.takeovers = store.takeovers
    bot.new_people, bot.owners = store.new_people, store.owners
    notifier: Any = TopicNotifier(audit.client("sns"), lambda: arn("sns", "parley-dev-owner"))
    bot.deletions, bot.spending, bot.connections = store.deletions, store.spending, store.connections
    bot.notifier = notifier
    audit.function = "api_handler"
    adapters.warmth(bot.ports).prepare()
    Secrets(audit.client("ssm"), "/parley/dev", api.SECRETS.of(channels)).find(Secret.PSEUDONYM_KEY)
    audit.function = "worker"
    adapters.warmth(bot.ports).prepare()
    reports.assemble(bot.ports).send()
    Secrets(audit.client("ssm"), "/parley/dev", worker.SECRETS.of(channels)).find(Secret.OPENAI_KEY)
    bot.owners, bot.pauses = store.owners, store.pauses
    if channels.messenger:
        messenger_is_used(audit, store, bot)
    if channels.web:
        audit.function = "api_handler"
        the_web_chats_routes_are_used(store, bot)
        the_web_chat_is_used(audit, store, bot)
    the_owner_looks_at_the_page(audit, store, bot)
    a_person_downloads_their_data(audit, store, bot)
    audit.function = "heartbeat"
    assert bot.beats().counts == {"closed": 3 if channels.web else 0}
    wake_both_ways(audit, ConversationId("messenger:1:anna"))
    functions = stage_with(channels, "dev")
    LambdaWarmer(
        audit.client("lambda"), functions.api_function, functions.worker_function, functions.websocket_functions[:1]
    ).warm()
    assert store.alerts.first_today("checkup", day="2026-W47")
    assert store.alerts.first_today("weekly_report", day="2026-W47")
    LambdaJobStarter(audit.client("lambda"), "parley-dev-worker", invocation.HEALTH_CHECK).start()


def messenger_is_used(audit: Audit, store: Store, bot: Bot) -> None:
    """Messages, edits, echoes, notices and receipts; a request for deletion; answers, and people who are forgotten."""
    audit.function = "api_handler"
    bot.accepts("anna", "one", mid="m1")
    wake_both_ways(audit, bot.wake.woken[0])
    timeless = bot.message("anna", "two")
    del timeless["timestamp"]
    bot.posted(timeless)
    bot.posted(bot.item("anna", message_edit={"mid": "m1", "text": "uno", "num_edit": 1}))
    bot.posted(bot.item("anna", message={"mid": "m1", "is_deleted": True}))
    for _ in range(2):
        bot.posted(bot.echo("anna", app_id=263902037430900, text="I am Tom."))
    bot.posted(bot.item("anna", pass_thread_control={}), bot.item("anna", take_thread_control={}))
    bot.posted(bot.item("anna", policy_enforcement={"action": "warning"}))
    bot.accepts("bert", "hello")
    [turn] = list(store.transcript.turns(bot.wake.woken[-1], now=bot.clock()))
    bot.posted(bot.receipt(turn, 0))

    code = bot.wants_deletion("carl")
    bot.privacy.progress(code)
    audit.function = "worker"
    bot.works()
    store.inbox.receipts(turn)
    audit.function = "api_handler"
    bot.accepts("bert", "/forget yes")
    audit.function = "worker"
    bot.works()
    audit.function = "api_handler"
    bot.accepts("carl", "long ago")
    audit.function = "worker"
    bot.works()
    make_owner(audit, store, PersonId(f"messenger:{PAGE}:carl"))
    for order in ("/people", "/pause all", "/resume all", "/block", f"/reply {handle_of(person_of('bert'))} hello"):
        audit.function = "api_handler"
        bot.accepts("carl", order)
        audit.function = "worker"
        bot.works()
    bot.clock.tick(days=3)
    audit.function = "api_handler"
    bot.accepts("carl", "/forget yes")
    audit.function = "worker"
    bot.works()
    assert store.people.get(PersonId(f"messenger:{PAGE}:carl"))


def make_owner(audit: Audit, store: Store, person: PersonId) -> None:
    """The worker does what the owner's computer began."""
    audit.function = "worker"
    made = pairing.pairing_for("ABCDEFGH", token_bytes, now=NOON)
    store.owners.offer(made)
    assert store.owners.pair(person, made, now=NOON)


def the_web_chat_is_used(audit: Audit, store: Store, bot: Bot) -> None:
    """One comes with a ticket, asks, joins a room, asks, stops, resumes and leaves; one is sent away, one is silent."""
    chat: Any = Chat(bot)
    connection_api: Any = ApiGatewayConnections(lambda _: audit.client("apigatewaymanagementapi"))
    chat.keys, chat.connections, chat.connection_api, bot.connections, bot.connection_api = (
        *(store.keys, store.connections, connection_api),
        *(store.connections, connection_api),
    )
    web = WebSender(store.connections, connection_api, bot.clock, unexpected, Timing(end_s=60))
    bot.sender = ChannelRouter({Channel.WEB: web})
    bot.model = ScriptedModel()
    for key in chat.memory.keys.values():
        store.keys.create(replace(key, open_rooms=True))

    def says(tab: Tab, **frame: str | int) -> None:
        chat.handler.receive(tab.id, json.dumps(frame), at=None)

    audit.function = "websocket_connect"
    adapters.warmth(bot.ports).prepare()
    guest, stranger, _silent, flood = chat.connects(), chat.connects(), chat.connects(), chat.connects()
    Secrets(audit.client("ssm"), "/parley/dev", websocket.SECRETS.of(BOTH)).find(Secret.TICKET_KEY)
    made = ticket.mint_for_address(KEY, "program", secret=TICKET_KEY, now=bot.clock())
    program = chat.connects(ticket=made)
    assert (program.status, chat.connects(config="nosuchkey1").status) == (200, 401)
    audit.function = "websocket_message"
    says(program, action="send_message", message="hello")
    adapters.warmth(bot.ports, web=lambda _: connection_api.warm("https://api/dev")).prepare()
    says(flood, action="authenticate", ticket=chat.ticket_of("flood"))
    expelled = store.connections.get(flood.id, now=bot.clock())
    assert expelled
    assert store.connections.expel(expelled, now=bot.clock())
    Secrets(audit.client("ssm"), "/parley/dev", websocket.SECRETS.of(BOTH)).find(Secret.TICKET_KEY)
    says(stranger, action="authenticate", ticket="nonsense")
    says(guest, action="authenticate", ticket=chat.ticket_of("guest"))
    says(guest, action="send_message", message="hello")
    wake_both_ways(audit, bot.wake.woken[-1])
    says(guest, action="join", room=rooms.full_name("lobby", secret=chat.key.digest))
    says(guest, action="send_message", message="hello, all")
    [turn] = store.transcript.turns(bot.wake.woken[-1], now=bot.clock())
    says(guest, action="cancel", turn=turn.id)
    says(guest, action="resume", turn=turn.id, seq=0)
    audit.function = "worker"
    bot.works()
    make_owner(audit, store, chat_person("program"))
    audit.function = "websocket_message"
    says(program, action="send_message", message="/people")
    audit.function = "worker"
    bot.works()
    person = takes_along(audit, chat, says)
    audit.function = "websocket_disconnect"
    chat.handler.disconnect(person.id)
    chat.handler.disconnect(guest.id)
    chat.handler.disconnect(program.id)
    the_keys_are_revoked(audit, store, chat, says)
    bot.clock.tick(minutes=2)


def takes_along(audit: Audit, chat: Any, says: Callable[..., None]) -> Tab:
    """A person signs in, and takes along what the guest wrote."""
    chat.signs_in("a token", "carol")
    audit.function = "websocket_connect"
    person: Tab = chat.connects()
    audit.function, now = "worker", chat.clock()  # as a tool does
    chat.bot.lists.put(chat_person("guest"), PersonList("wishes", ("a sled",)), asked_at=now, now=now)
    audit.function = "websocket_message"
    says(person, action="authenticate", token="a token")
    says(person, action="take_along", ticket=chat.ticket_of("guest"))
    [turn] = chat.bot.transcript.turns(identity.conversation_of(identity.signed_in("carol")), now=chat.clock())
    assert turn.text == "hello"
    has_two_conversations(audit, chat, person, says)
    return person


def has_two_conversations(audit: Audit, chat: Any, person: Tab, says: Callable[..., None]) -> None:
    """A person asks in a second conversation, renames and deletes it, and reads what was before."""
    says(person, action="send_message", message="another", room="~second")
    audit.function = "worker"
    chat.bot.works()
    audit.function = "websocket_message"
    says(person, action="list")
    says(person, action="rename", title="The second", room="~second")
    second = identity.room(identity.signed_in("carol"), "~second")
    [turn] = chat.bot.transcript.turns(second, now=chat.clock())
    assert [own.title for own in chat.bot.transcript.own([second], now=chat.clock())] == ["The second"]
    says(person, action="earlier", turn=turn.id)
    says(person, action="erase", room="~second")
    assert list(chat.bot.transcript.turns(second, now=chat.clock())) == []


def the_keys_are_revoked(audit: Audit, store: Store, chat: Any, says: Callable[..., None]) -> None:
    """The owner revokes one while a visitor is connected; of the other only its mark is there when a worker answers."""
    audit.function = "websocket_connect"
    guest, other = chat.connects(), chat.connects()
    audit.function = "websocket_message"
    says(guest, action="authenticate", ticket=chat.ticket_of("guest"))
    says(other, action="authenticate", ticket=chat.ticket_of("other", OTHER_KEY))
    says(other, action="send_message", message="hello")
    audit.function = "api_handler"
    keys_of_the_owner(store, chat.bot).revoke(KEY)
    store.keys.revoke(OTHER_KEY, now=chat.clock())
    audit.function = "worker"
    chat.works()


def keys_of_the_owner(store: Store, bot: Bot) -> ApiKeyService:
    live = ConnectionCloser(store.connections, bot.connection_api, bot.clock, unexpected)
    return ApiKeyService(store.keys, live, daily_limit=1, random_bytes=token_bytes, clock=bot.clock)


def the_web_chats_routes_are_used(store: Store, bot: Bot) -> None:
    """The owner makes a key, a visitor and a site's server get tickets, the key is revoked; a person signs in."""
    service = keys_of_the_owner(store, bot)
    made = service.create({"name": "Tests"})
    key = made.key
    ticket_key = partial(str, "a ticket key of thirty-two letters")
    visitors = ChatConfig(
        store.keys, store.tickets, Personas(store.personas), ticket_key, str, str, lambda: "anna", bot.clock
    )
    visitors.issue(key.id, origin="", address="192.0.2.1", bearer="")
    visitors.issue_to_site(made.text, {"visitor": "anna"})
    service.list()
    service.revoke(key.id)
    assert store.handovers.put("slot", "code", now=bot.clock())
    assert store.handovers.take("slot", now=bot.clock()) == "code"


def a_person_downloads_their_data(audit: Audit, store: Store, bot: Bot) -> None:
    """The worker makes the link, and the person opens it in a browser."""
    audit.function = "worker"
    anna, link, now = PersonId(f"messenger:{PAGE}:anna"), "A" * 43, bot.clock()
    assert store.export_links.offer(secret_text.digest(link), anna, asked_at=now, now=now)
    audit.function = "api_handler"
    exports = Exports(store.people, store.transcript, store.journal, store.lists, bot.clock)
    copies = DataCopies(store.export_links, exports, bot.settings, bot.clock)
    assert copies.offer(link).status == HTTPStatus.OK
    assert copies.take(link)


def the_owner_looks_at_the_page(audit: Audit, store: Store, bot: Bot) -> None:
    """An owner comes by a link that the worker gave, looks at each view, and signs out."""
    audit.function = "worker"
    anna, pairing = PersonId(f"messenger:{PAGE}:anna"), Pairing("salt", "digest", bot.clock() + 1000)
    store.owners.offer(pairing)
    assert store.owners.pair(anna, pairing, now=bot.clock())
    bot.owners, bot.invites = store.owners, store.invites
    somebody_came_by_an_invite(store, bot)
    page = owner_page.assemble(bot.ports, store.owner_sessions, store.checkups, random_bytes=token_bytes)
    links = OwnerLinks(store.owner_sessions, lambda: "https://bot.example", token_bytes, bot.clock)
    link = links.mint(anna).rpartition("/")[2]
    audit.function = "api_handler"
    page.offer(link, up="")
    cookie = page.sign_in.enter(link)
    bot.clock.tick(minutes=20)
    visit = page.sign_in.visit(f"{COOKIE}={cookie}")
    assert visit
    page.show_today(visit, up="")
    page.show_people(visit, {}, up="")
    page.show_money(visit, {}, up="")
    page.show_bot(visit, up="")
    for person in list(store.people.list()):
        for choice in ("blocked", "default"):
            sent = {"form": visit.form_code, "access": choice}
            page.decide(page_name(person.id), page.sent(sent, host="", origin="", site="same-origin"))
        page.show_person(visit, page_name(person.id), up="")
        page.show_words(visit, page_name(person.id), up="")
    page.sign_in.leave_others(visit)
    page.sign_in.leave(visit)


def somebody_came_by_an_invite(store: Store, bot: Bot) -> None:
    """So the report on the page has to name the invite."""
    now = bot.clock()
    invite = Invite(InviteId("family22"), "Family", "0" * 64, Grant(), uses=1, created_at=now, expires_at=now + 1000)
    assert store.invites.create(invite)
    assert store.invites.redeem(invite, next(store.people.list()), Grant(), now=now) is Redeemed.NOW


def wake_both_ways(audit: Audit, conversation: ConversationId) -> None:
    LambdaWake(audit.client("lambda"), "parley-dev-worker").wake(conversation)
    FifoWake(audit.client("sqs"), "parley-dev-wake.fifo", new_id=lambda: "1", in_turn=True).wake(conversation)


def readable(function: str) -> set[str]:
    """The names of the secrets that a function may read."""
    found = [resources(one) for one in statements(function) if "ssm:GetParameters" in one["Action"]]
    return {resource.rpartition("/")[2] for named in found for resource in named}


def test_each_function_is_granted_what_it_does_and_nothing_else(everything: Audit):
    assert everything.actions["worker"] & TAKEN_BY_LAMBDA.keys() == set()
    done = {**everything.actions, "worker": everything.actions["worker"] | TAKEN_BY_LAMBDA.keys()}
    for function in json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]:
        refused = [touch for touch in everything.touched[function] if not may_touch(function, *touch)]
        assert (function, refused) == (function, [])
        assert (function, done[function]) == (function, granted(function))
        refused = [call for call in everything.named[function] if not allows(policy(function), *call)]
        assert (function, refused) == (function, [])


@pytest.mark.parametrize("channels", [MESSENGER, WEB], ids=str)
def test_with_one_channel_each_function_is_still_granted_what_it_does(audit: Audit, channels: Channels):
    everything_happens(audit, channels)
    for function in audit.actions:
        refused = [touch for touch in audit.touched[function] if not may_touch(function, *touch, channels)]
        refused += [call for call in audit.named[function] if not allows(policy(function, channels), *call)]
        assert (function, refused) == (function, [])
    assert audit.actions["api_handler"] == granted("api_handler", channels)


def test_lambda_itself_may_use_the_workers_role_for_these_queues_only():
    grants = [(action, resources(statement)) for statement in statements("worker") for action in statement["Action"]]
    of_queues = sorted(grant for grant in grants if grant[0].startswith("sqs:"))
    assert of_queues == sorted((action, [arn("sqs", queue)]) for action, queue in TAKEN_BY_LAMBDA.items())


@pytest.mark.parametrize("function", ["api_handler", "websocket_message", "heartbeat"])
def test_functions_that_wake_the_worker_may_write_only_to_its_queue(function: str):
    [queues] = [resources(statement) for statement in statements(function) if "sqs:SendMessage" in statement["Action"]]
    assert queues == [arn("sqs", "parley-dev-wake.fifo")]


def test_no_policy_grants_everything_or_to_everybody():
    for file in (ROOT / ".chalice").glob("policy-*.json"):
        for statement in json.loads(file.read_text())["Statement"]:
            named = statement["Resource"]
            for resource in [named] if isinstance(named, str) else named:
                assert re.search("<(stage|model|profile|guardrail)>", resource)
            assert not any("*" in action for action in statement["Action"])


def test_the_heartbeat_reads_nothing_of_people_but_who_waits():
    [reading] = [statement for statement in statements("heartbeat") if "dynamodb:BatchGetItem" in statement["Action"]]
    assert reading["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == [keys.spend_key("*")["pk"]]


def test_of_single_items_the_api_handler_reads_requests_keys_connections_sign_ins_and_what_the_owner_sees():
    reading = [statement for statement in statements("api_handler") if "dynamodb:GetItem" in statement["Action"]]
    found = {statement.get("Sid"): leading_keys(statement) for statement in reading}
    nobody = f"{keys.CONNECTION_PREFIX}nobody"  # read to connect to DynamoDB before the next request
    assert found == {
        "MessengerRequests": [keys.deletion_key("*")["pk"], nobody],
        "WebItems": [keys.API_KEYS, f"{keys.CONNECTION_PREFIX}*", keys.handover_key("*")["pk"]],
        "ExportLinks": [keys.export_link_key("*")["pk"]],
        "ExportReads": [f"{keys.PERSON_PREFIX}*", "CONV#*"],
        "OwnerLinks": [keys.owner_link_key("*")["pk"]],
        "OwnerSessions": [keys.OWNER_SESSIONS],
        "OwnerReads": [
            f"{keys.PERSON_PREFIX}*",
            keys.spend_key("*")["pk"],
            keys.API_KEYS,
            f"{keys.API_KEY_PREFIX}*",
            keys.PERSONAS,
            "OWNER",
        ],
    }
    [along, owner] = [one for one in statements("api_handler") if "dynamodb:BatchGetItem" in one["Action"]]
    assert leading_keys(along) == [keys.API_KEYS, f"{keys.API_KEY_PREFIX}*", keys.PERSONAS]
    assert leading_keys(owner) == found["OwnerReads"]


def test_the_api_handler_uses_links_to_data_up_but_makes_none():
    link = keys.export_link_key("0" * 64)["pk"]
    actions = ("GetItem", "DeleteItem", "PutItem", "UpdateItem", "Query")
    assert {action for action in actions if may_touch("api_handler", f"dynamodb:{action}", link)} == {
        "GetItem",
        "DeleteItem",
    }


def test_the_api_handler_may_let_an_owner_in_but_make_no_link():
    link = keys.owner_link_key("0" * 64)["pk"]
    actions = ("GetItem", "DeleteItem", "PutItem", "UpdateItem", "Query")
    allowed = {action for action in actions if may_touch("api_handler", f"dynamodb:{action}", link)}
    assert allowed == {"GetItem", "DeleteItem"}


def test_the_api_handler_writes_no_costs(everything: Audit):
    writing = [statement for statement in statements("api_handler") if "dynamodb:PutItem" in statement["Action"]]
    touched = {partition for _, partition in everything.touched["api_handler"]}
    for key in (key for statement in writing for key in leading_keys(statement)):
        assert any(fnmatchcase(partition, key) for partition in touched), f"api_handler never touches {key}"
    assert not may_touch("api_handler", "dynamodb:UpdateItem", keys.spend_key("2026-11-20")["pk"])


def test_the_api_handler_may_read_exactly_the_secrets_it_requests():
    assert readable("api_handler") == set(api.SECRETS.of(BOTH))


def test_the_worker_may_read_exactly_the_secrets_it_asks_for():
    assert readable("worker") == set(worker.SECRETS.of(BOTH))


def test_of_the_websocket_functions_two_read_secrets_and_exactly_those_that_they_ask_for():
    for function in ("websocket_connect", "websocket_message"):
        assert readable(function) == set(websocket.SECRETS.of(BOTH))
    assert not any("ssm:GetParameters" in one["Action"] for one in statements("websocket_disconnect"))


def test_the_websocket_functions_hold_no_secret_of_facebooks():
    of_facebook = {Secret.APP_SECRET, Secret.APP_SECRET_PREVIOUS, Secret.PAGE_TOKEN, Secret.VERIFY_TOKEN}
    assert of_facebook.isdisjoint(websocket.SECRETS.of(BOTH))
    for function in ("websocket_connect", "websocket_message", "websocket_disconnect"):
        for secret in of_facebook:
            assert not allows(policy(function), "ssm:GetParameters", arn("ssm", f"parameter/parley/dev/{secret}"))


def test_the_heartbeat_may_write_nothing_but_what_the_owner_was_told():
    [writing] = [statement for statement in statements("heartbeat") if "dynamodb:UpdateItem" in statement["Action"]]
    [allowed] = writing["Condition"]["ForAllValues:StringEquals"].values()
    assert allowed == [keys.alert_key("checkup")["pk"]]


def of_connections(function: str) -> set[str]:
    """What may be done to open WebSockets. An API's id is known only once it is deployed, so it cannot be in a file."""
    found = [one for one in statements(function) if "execute-api:ManageConnections" in one["Action"]]
    named = {resource for statement in found for resource in resources(statement)}
    assert all(statement["Action"] == ["execute-api:ManageConnections"] for statement in found)
    return {name.removeprefix(arn("execute-api", "*/dev/")).removesuffix("/@connections/*") for name in named}


@pytest.mark.parametrize(
    ("function", "methods"),
    [
        ("worker", {"POST", "DELETE"}),
        ("websocket_message", {"POST", "DELETE"}),
        ("heartbeat", {"DELETE"}),
        ("websocket_connect", set()),
        ("websocket_disconnect", set()),
        ("api_handler", {"DELETE"}),
    ],
)
def test_functions_with_open_connections_may_send_and_close_but_not_list(function: str, methods: set[str]):
    assert of_connections(function) == methods


@pytest.mark.parametrize(
    ("function", "keys"),
    [
        ("websocket_connect", {"SOCKET#*", "PERSON#*", "KEYS", "PERSONAS"}),
        ("websocket_disconnect", {"SOCKET#*", "CONV#*"}),
        ("websocket_message", {"SOCKET#*", "CONV#*", "PERSON#*", "PLACES#*", "KEYS", "PERSONAS"}),
    ],
)
def test_the_websocket_functions_reach_no_other_part_of_the_table(function: str, keys: set[str]):
    of_the_table = [one for one in statements(function) if resources(one) == [arn("dynamodb", "table/parley-dev")]]
    conditions = [one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for one in of_the_table]
    assert {key for condition in conditions for key in condition} == keys
    writing = [one for one in of_the_table if set(one["Action"]) & {"dynamodb:PutItem", "dynamodb:UpdateItem"}]
    assert not any("KEYS" in one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for one in writing)


def test_functions_that_receive_requests_may_not_read_the_models_key_or_the_pages_token():
    for function in ("api_handler", "websocket_connect", "websocket_message", "websocket_disconnect"):
        text = (ROOT / ".chalice" / f"policy-{function}.json").read_text()
        assert [secret in text for secret in (Secret.OPENAI_KEY, Secret.PAGE_TOKEN)] == [False, False]


@pytest.mark.parametrize("function", ["worker", "api_handler", "heartbeat", "websocket_message"])
def test_a_model_of_openais_gives_no_right_to_ask_bedrock(function: str):
    assert not any(action.startswith("bedrock:") for action in granted(function))


def at_bedrock(name: str, **environment: str) -> ModelSettings:
    return Settings.from_env({"PARLEY_MODEL": f"bedrock:{name}", **environment}).model


def test_with_a_model_of_bedrock_the_worker_may_not_read_the_key_of_openai_and_does_everything_else():
    before, after = (
        {action for one in policy("worker", BOTH, model)["Statement"] for action in one["Action"]}
        for model in (OPENAI, BEDROCK)
    )
    assert after - before == {"bedrock:InvokeModelWithResponseStream"}
    assert before - after == set()
    readable = {
        name
        for name in Secret
        if allows(policy("worker", BOTH, BEDROCK), "ssm:GetParameters", arn("ssm", f"parameter/parley/dev/{name}"))
    }
    assert readable == set(worker.secrets_of(BOTH, replace(Settings.from_env({}), model=BEDROCK)))
    for function in ("api_handler", "heartbeat", "websocket_message", "websocket_connect", "websocket_disconnect"):
        assert policy(function, BOTH, BEDROCK) == policy(function)


ASKS: Final = "bedrock:InvokeModelWithResponseStream"


def test_a_profile_may_be_asked_and_its_model_through_it_only():
    found = policy("worker", BOTH, at_bedrock("eu.amazon.nova-lite-v1:0"))
    profile = arn("bedrock", "inference-profile/eu.amazon.nova-lite-v1:0")
    assert allows(found, ASKS, profile)
    for region in ("eu-central-1", "eu-west-3", ""):
        behind = f"arn:aws:bedrock:{region}::foundation-model/amazon.nova-lite-v1:0"
        assert allows(found, ASKS, behind, InferenceProfileArn=[profile])
        assert not allows(found, ASKS, behind)
    assert not allows(found, ASKS, arn("bedrock", "inference-profile/eu.amazon.nova-pro-v1:0"))
    assert not allows(
        found, ASKS, "arn:aws:bedrock:eu-west-3::foundation-model/amazon.nova-pro-v1:0", InferenceProfileArn=[profile]
    )
    assert not allows(found, "bedrock:InvokeModel", profile)


def test_a_model_without_a_profile_may_be_asked_in_its_region_only():
    found = policy("worker", BOTH, at_bedrock("amazon.nova-lite-v1:0", PARLEY_BEDROCK_REGION="us-east-1"))
    assert allows(found, ASKS, "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0")
    assert not allows(found, ASKS, "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0")
    assert not allows(found, ASKS, "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0")


def test_a_guardrail_may_be_applied_only_where_one_is_set():
    guarded = policy("worker", BOTH, at_bedrock("eu.amazon.nova-lite-v1:0", PARLEY_BEDROCK_GUARDRAIL="abc123:2"))
    assert allows(guarded, "bedrock:ApplyGuardrail", arn("bedrock", "guardrail/abc123"))
    assert not allows(guarded, "bedrock:ApplyGuardrail", arn("bedrock", "guardrail/other"))
    unguarded = policy("worker", BOTH, BEDROCK)
    assert not allows(unguarded, "bedrock:ApplyGuardrail", arn("bedrock", "guardrail/"))


@pytest.mark.parametrize("name", ["eu.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"])
def test_a_pipelines_template_grants_the_same_once_cloudformation_has_filled_it_in(tmp_path: Path, name: str):
    (copied := tmp_path / ".chalice").mkdir()
    shutil.copy(ROOT / ".chalice" / "policy-worker.json", copied)
    model, (region, account) = at_bedrock(name), PLACE.split(":")
    policies.write_for_template(tmp_path, stage_with(BOTH, "dev"), [model])
    text = (copied / "policy-worker.json").read_text()
    filled = re.sub(r'\{\s*"Fn::Sub": ("[^"]*")\s*\}', r"\1", text).replace("${AWS::Region}", region)
    assert json.loads(filled.replace("${AWS::AccountId}", account)) == policy("worker", BOTH, model)


def test_several_models_may_be_asked_each_in_its_way():
    profile, plain = at_bedrock("eu.amazon.nova-lite-v1:0"), at_bedrock("amazon.nova-micro-v1:0")
    found = policy("worker", BOTH, OPENAI, profile, plain, at_bedrock("eu.amazon.nova-pro-v1:0"))
    for name in ("eu.amazon.nova-lite-v1:0", "eu.amazon.nova-pro-v1:0"):
        assert allows(found, ASKS, arn("bedrock", f"inference-profile/{name}"))
    assert allows(found, ASKS, "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-micro-v1:0")
    assert not allows(found, ASKS, "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0")
    assert allows(found, "ssm:GetParameters", arn("ssm", f"parameter/parley/dev/{Secret.OPENAI_KEY}"))


def test_the_tokens_of_mcp_servers_are_granted_to_the_worker_and_only_where_there_are_servers(tmp_path: Path):
    def readers(name: str, *, has_mcp: bool) -> set[str]:
        folder = tmp_path / name
        shutil.copytree(ROOT / ".chalice", folder / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
        region, account = PLACE.split(":")
        policies.write(folder, stage_with(BOTH, "dev"), [OPENAI], region=region, account=account, has_mcp=has_mcp)
        files = (folder / ".chalice").glob("policy-*.json")
        found = {file.stem.removeprefix("policy-"): json.loads(file.read_text()) for file in files}
        tokens = arn("ssm", f"parameter/parley/dev/{Secret.MCP_TOKENS}")
        return {function for function, granted in found.items() if allows(granted, "ssm:GetParameters", tokens)}

    assert readers("without", has_mcp=False) == set()
    assert readers("with", has_mcp=True) == {"worker"}
