"""Tests the deployed web chat with a plain WebSocket client."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import jwt
import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chalicelib.aws.dynamodb.keys import CONNECTION_PREFIX
from chalicelib.content import assets
from scripts.simulator.aws import TICK, Emulator
from tests.cognito import HOST, PASSWORD, Pool, make_pool, way_to
from tests.deployed.chat import address, connected, new_key
from tests.deployed.conftest import Deployment, new_account
from tests.deployed.running import STAGE, Project
from tests.simulator.chat_page import a_page, every_state_shown, write
from tests.simulator.chromium import chromium, needs_chromium
from tests.transcripts import FOLDER, Place, play

NAME = f"parley-{STAGE}"
CONNECT, MESSAGE, DISCONNECT = FUNCTIONS = [f"{NAME}-websocket_{kind}" for kind in ("connect", "message", "disconnect")]

SHOP = "https://shop.example"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """A user pool that signs tokens: it needs a package that the deployed bot's emulator must not have."""
    emulator = Emulator()
    emulator.start()
    yield make_pool(emulator.url)
    emulator.stop()


@pytest.fixture(scope="module")
def deployment(project: Project, pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A running bot that accepts users of that pool."""
    with (
        way_to(pool.cognito.meta.endpoint_url, tmp_path_factory.mktemp("way")) as way,
        new_account(project, **way.environment, **pool.settings) as account,
    ):
        deployed = account.deploy()
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        yield account


@pytest.fixture
def place(deployment: Deployment) -> Iterator[Place]:
    """The addresses of the bot for its clients."""
    home = deployment.meta.webhook_url.removesuffix("/webhook")
    with httpx2.Client(base_url=home, timeout=60, trust_env=False) as http:
        yield Place(address(deployment), http, {"websocket_url": address(deployment)})


@pytest.fixture
def no_heartbeat(deployment: Deployment) -> Iterator[None]:
    """Stop the heartbeat, so that functions run only for clients, and wait for what the last beat has begun."""
    events, rule = deployment.client("events"), f"{NAME}-heartbeat-event"
    events.disable_rule(Name=rule)
    deployment.wait_until(lambda: are_at_rest(deployment))
    yield
    events.enable_rule(Name=rule)


def runs(deployment: Deployment) -> dict[str, int]:
    """Return how often each function has ended."""
    logs, found = deployment.client("logs"), dict.fromkeys(FUNCTIONS, 0)
    for function in FUNCTIONS:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        found[function] = sum(event["message"].startswith("REPORT ") for page in pages for event in page["events"])
    return found


def are_at_rest(deployment: Deployment) -> bool:
    """Whether no function has ended for some seconds."""
    before = runs(deployment)
    time.sleep(5)
    return runs(deployment) == before


def sockets(deployment: Deployment) -> int:
    """Return the number of stored connections."""
    pages = deployment.client("dynamodb").get_paginator("scan").paginate(TableName=deployment.table)
    keys = [item["pk"]["S"] + item["sk"]["S"] for page in pages for item in page["Items"]]
    return sum(CONNECTION_PREFIX in key for key in keys)


@pytest.mark.usefixtures("no_heartbeat")
def test_a_web_visit_is_handled_by_three_functions(deployment: Deployment):
    before = runs(deployment)
    with connected(deployment) as chat:
        chat.send(action="ping")
        deployment.wait_until(lambda: runs(deployment)[MESSAGE] > before[MESSAGE])
        assert runs(deployment) == {**before, CONNECT: before[CONNECT] + 1, MESSAGE: before[MESSAGE] + 1}
    deployment.wait_until(lambda: runs(deployment)[DISCONNECT] > before[DISCONNECT])
    assert runs(deployment) == {function: number + 1 for function, number in before.items()}


def test_each_function_has_a_role_of_its_own_that_may_do_what_its_file_says(deployment: Deployment):
    functions, iam = deployment.client("lambda"), deployment.client("iam")
    roles = [functions.get_function_configuration(FunctionName=function)["Role"] for function in FUNCTIONS]
    assert [role.rpartition("/")[2] for role in roles] == FUNCTIONS
    for function in FUNCTIONS:
        [policy] = iam.list_role_policies(RoleName=function)["PolicyNames"]
        granted = iam.get_role_policy(RoleName=function, PolicyName=policy)["PolicyDocument"]
        file = (
            deployment.project.folder
            / ".parley"
            / "build"
            / STAGE
            / ".chalice"
            / f"policy-{function.removeprefix(f'{NAME}-')}.json"
        )
        assert granted == json.loads(file.read_text())
        assert all(NAME in named or f"/{STAGE}/" in named for one in granted["Statement"] for named in one["Resource"])


def test_functions_are_told_where_the_emulator_keeps_its_connections(deployment: Deployment):
    found = deployment.client("lambda").get_function_configuration(FunctionName=f"{NAME}-worker")
    told = found["Environment"]["Variables"]["PARLEY_CONNECTIONS_URL"]
    api, stage = address(deployment).split("/")[-2:]
    connections = deployment.client("apigatewaymanagementapi", told.format(api=api, stage=stage))
    with pytest.raises(connections.exceptions.GoneException):
        connections.post_to_connection(ConnectionId="nobody", Data=b"{}")


def refused(deployment: Deployment, query: str = "") -> int:
    """Return the status with which the handshake of an address is refused."""
    with pytest.raises(InvalidStatus) as caught, connect(f"{address(deployment)}{query}", open_timeout=60, proxy=None):
        pass
    return caught.value.response.status_code


def test_no_log_has_an_address_or_a_credential(deployment: Deployment, pool: Pool):
    proofs = pool.proofs()
    assert refused(deployment, f"?Auth={proofs['forged']}") == 401
    assert refused(deployment, "?config=nosuchkey1") == 401
    with connect(f"{address(deployment)}?Auth={proofs['access_token']}", open_timeout=60, proxy=None) as client:
        client.send('{"action": "ping"}')
        client.recv(timeout=60)
    logs, written = deployment.client("logs"), ""
    for function in FUNCTIONS:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        written += "".join(event["message"] for page in pages for event in page["events"])
    assert '"handshake":"auth_failed"' in written.replace(" ", "")
    assert not any(shown in written for shown in (*proofs.values(), "nosuchkey1", "Auth="))


@contextmanager
def connecting_with(deployment: Deployment, **variables: str) -> Iterator[None]:
    """Change variables of the function for new connections within a block."""
    functions = deployment.client("lambda")
    before = functions.get_function_configuration(FunctionName=CONNECT)["Environment"]
    changed = {"Variables": {**before["Variables"], **variables}}
    functions.update_function_configuration(FunctionName=CONNECT, Environment=changed)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=CONNECT, Environment=before)


def test_a_deployment_may_take_only_those_who_prove_themselves_at_the_handshake(deployment: Deployment, pool: Pool):
    with connecting_with(deployment, PARLEY_WEB_AUTHENTICATE="handshake"):
        assert refused(deployment) == 401
        token = pool.sign_in()["AccessToken"]
        with connect(f"{address(deployment)}?Auth={token}", open_timeout=60, proxy=None) as client:
            assert client.protocol.state.name == "OPEN"
    with connecting_with(deployment, PARLEY_OIDC_ISSUER="https://127.0.0.1:1"):
        assert refused(deployment, f"?Auth={token}") == 503


@pytest.fixture
def open_key(deployment: Deployment, system: str) -> str:
    """The id of an open key, as the clients of older systems need it."""
    persona = "seller" if system == "marketplace" else "web"
    options = ("--open", "--open-rooms", "--answers", "whole", "--persona", persona)
    return str(new_key(deployment, "Open", *options)["id"])


@pytest.mark.parametrize("system", sorted(file.stem for file in FOLDER.iterdir()))
def test_a_session_is_held_by_a_standard_client(
    system: str, deployment: Deployment, place: Place, pool: Pool, open_key: str
):
    play(system, replace(place, known={**place.known, **pool.proofs(), "where": f"?config={open_key}"}))
    deployment.wait_until(lambda: sockets(deployment) == 0)


@pytest.mark.parametrize("system", ["marketplace", "sample"])
def test_a_session_without_credentials_runs_at_the_bare_address(
    system: str, deployment: Deployment, place: Place, open_key: str
):
    with connecting_with(deployment, PARLEY_OPEN_KEY=open_key):
        play(system, replace(place, known={"where": ""}))


def test_the_chat_page_and_all_its_files_come_from_the_deployed_api(deployment: Deployment, place: Place):
    key = new_key(deployment, "Page", "--origin", SHOP)
    page = place.http.get("/chat", params={"config": key["id"]})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    socket = urlsplit(place.websocket_url)
    rules = page.headers["content-security-policy"].split("; ")
    assert f"connect-src 'self' {socket.scheme}://{socket.netloc}" in rules
    assert f"frame-ancestors 'self' {SHOP}" in rules
    named = re.findall(r'(?:href|src)="(chat/[^"]+)"', page.text)
    assert {"chat/page.js", "chat/purify.es.mjs", "chat/page.css"} <= set(named)
    parts = {name: assets.file(name.removeprefix("chat/")) for name in named} | {"widget.js": assets.widget()}
    for name, part in parts.items():
        file = place.http.get(f"/{name}")
        assert (file.status_code, file.text) == (200, part.content)
        assert place.http.get(f"/{name}", headers={"If-None-Match": file.headers["etag"]}).status_code == 304


def test_a_script_on_the_keys_pages_gets_a_ticket_and_no_other_does(deployment: Deployment, place: Place):
    path = f"/config/{new_key(deployment, 'Script', '--origin', SHOP)['id']}"
    question = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    may = place.http.options(path, headers={"Origin": SHOP, **question})
    assert (may.status_code, may.headers["access-control-allow-origin"]) == (200, "*")
    assert {"authorization", "parley-visitor"} <= set(may.headers["access-control-allow-headers"].lower().split(","))
    assert "GET" in may.headers["access-control-allow-methods"]
    config = place.http.get(path, headers={"Origin": SHOP})
    assert (config.status_code, config.headers["access-control-allow-origin"]) == (200, SHOP)
    with connected(deployment, origin=SHOP) as chat:
        assert chat.authenticate(ticket=config.json()["ticket"])["type"] == "ready"
    assert place.http.get(path, headers={"Origin": "https://elsewhere.example"}).status_code == 403


def test_a_site_says_who_its_customer_is_by_a_token_and_by_its_server(deployment: Deployment, place: Place):
    key = new_key(deployment, "Site", "--origin", SHOP)
    signing = json.loads(deployment.parley("keys", "signing", key["id"], "--json").stdout)
    claims = {"sub": "anna@example.org", "aud": signing["aud"], "exp": int(time.time()) + 600}

    def config(secret: str) -> httpx2.Response:
        token = jwt.encode(claims, secret, algorithm="HS256")
        return place.http.get(f"/config/{key['id']}", headers={"Origin": SHOP, "Parley-Visitor": token})

    holder = {"Authorization": f"Bearer {key['key']}"}
    given = place.http.post("/tickets", json={"visitor": "anna@example.org"}, headers=holder)
    assert given.status_code == 201
    people = set()
    for ticket in (config(signing["secret"]).json()["ticket"], given.json()["ticket"]):
        with connected(deployment, origin=SHOP) as chat:
            people.add(chat.authenticate(ticket=ticket)["you"])
    assert len(people) == 1
    assert config("x" * 43).status_code == 401
    assert place.http.post("/tickets", json={"visitor": "anna"}).status_code == 401


@needs_chromium
def test_a_visitor_sees_the_answer_grow_on_the_deployed_page(deployment: Deployment, place: Place):
    key = new_key(deployment, "Visitor")
    home = str(place.http.base_url).rstrip("/")
    with chromium() as browser, a_page(browser, home, locale="en-GB", reduced_motion="no-preference") as page:
        page.goto(f"{home}/chat?config={key['id']}")
        write(page, "Why is the sky blue?")
        expect(page.get_by_test_id("left")).to_have_text("9 of 10 questions left today", timeout=60_000)
        expect(page.get_by_test_id("question")).to_have_text(["Why is the sky blue?"])
        expect(page.get_by_test_id("answer")).to_contain_text("You wrote “Why is the sky blue?”")
        assert len(set(every_state_shown(page))) > 2, "it was not streamed"


@needs_chromium
def test_a_person_signs_in_on_the_pools_page_and_comes_back_to_the_deployed_chat(
    deployment: Deployment, place: Place, pool: Pool, tmp_path: Path
):
    home = str(place.http.base_url).rstrip("/")
    pool.returns_to(f"{home}/chat/signed-in")
    with way_to(pool.cognito.meta.endpoint_url, tmp_path) as way, chromium() as browser:
        proxy = {"server": way.proxy, "bypass": urlsplit(home).hostname or ""}
        reached = {"proxy": proxy, "ignore_https_errors": True, "locale": "en-GB"}
        with a_page(browser, home, f"https://{HOST}", **reached) as page:
            page.goto(f"{home}/chat")
            page.get_by_test_id("account").click()
            page.locator("#username").fill("anna")
            page.locator("#password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_test_id("account")).to_have_text("Sign out")
            write(page, "Why is the sky blue?")
            expect(page.get_by_test_id("answer").last).to_contain_text("You wrote “Why is the sky blue?”")
            assert page.url == f"{home}/chat"


def test_the_heartbeat_warms_its_functions_though_nobody_is_connected(deployment: Deployment):
    answer = deployment.client("lambda").invoke(FunctionName=f"{NAME}-heartbeat", Payload=json.dumps(TICK).encode())
    assert set(json.loads(answer["Payload"].read())["warmed"]) >= set(FUNCTIONS)


def test_a_new_deployment_keeps_the_address_and_the_open_sockets_and_doubles_nothing(deployment: Deployment):
    before, api = address(deployment), address(deployment).split("/")[-2]
    with connected(deployment) as chat:
        deployed = deployment.deploy()
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert f"Web chat: {before}\n" in deployed.stdout
        assert f"Create a key for it: scripts/parley keys create NAME --stage {STAGE}" in deployed.stdout
        assert chat.connection.ping().wait(timeout=60)
    apis = deployment.client("apigatewayv2")
    assert address(deployment) == before
    assert sorted(route["RouteKey"] for route in apis.get_routes(ApiId=api)["Items"]) == [
        "$connect",
        "$default",
        "$disconnect",
    ]
    assert len(apis.get_integrations(ApiId=api)["Items"]) == len(FUNCTIONS)
