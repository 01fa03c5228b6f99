"""A web page that is open in the same browser as the demo, and its neighbours on this machine, get nothing from it."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import httpx2
import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.simulator.chatting import new_key
from tests.simulator.conftest import PATIENCE_S, Demo
from tests.simulator.paid import ASK, KEY, SECRETS, WANTED, Paid, paid_demo

PATIENTLY: dict[str, Any] = {"trust_env": False, "timeout": PATIENCE_S}
OPENS_PATIENTLY: dict[str, Any] = {"proxy": None, "open_timeout": PATIENCE_S}
"""As long as a busy machine takes."""
EVIL: Final = "https://evil.example"


@pytest.fixture(scope="module")
def paid() -> Iterator[Paid]:
    with paid_demo() as paid:
        yield paid


# The real key.


def test_the_model_gets_the_real_key(paid: Paid):
    paid.demo.say("anna", "hello")
    paid.demo.wait_until_answered("anna")
    assert set(paid.keys) == {f"Bearer {KEY}"}
    assert "hello" in paid.demo.answers_to("anna")[0]


def test_whoever_finds_the_emulators_port_reads_no_parameter(paid: Paid):
    for path in ("/", "//", "/parley", "/_ministack/health", "/%2e", "/?Action=GetParameter"):
        answer = httpx2.post(f"{paid.emulator}{path}", content=WANTED, headers=ASK, **PATIENTLY)
        assert (answer.status_code, KEY in answer.text) == (403, False)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_emulator_has_the_real_key_nowhere(paid: Paid):
    """Not even for somebody who has its whole address."""
    demo = paid.demo
    ssm = boto3.client(
        "ssm", "us-east-1", endpoint_url=demo.facts["aws_endpoint_url"], aws_access_key_id="test",
        aws_secret_access_key="test",
    )  # fmt: skip
    found = ssm.get_parameters_by_path(Path="/parley/demo", Recursive=True, WithDecryption=True, MaxResults=10)
    stored = {parameter["Name"]: parameter["Value"] for parameter in found["Parameters"]}
    assert "/parley/demo/openai-key" in stored
    assert KEY not in json.dumps(stored)


def test_the_demo_tells_nobody_the_secrets_of_the_shell_that_started_it(paid: Paid):
    for path in ("/world", "/world/messenger", "/world/model/calls", "/world/graph/calls", "/world/owner/calls"):
        told = paid.demo.http.get(path).text
        assert not [secret for secret in SECRETS if secret in told], path


def test_no_process_that_the_demo_starts_has_real_secrets_in_its_environment_or_arguments(paid: Paid):
    paid.demo.wait_until(lambda: len(paid.process.children(recursive=True)) > 2)
    for child in paid.process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # the one that asks the model for a word ends
            seen = [*child.environ().values(), *child.cmdline()]
            assert not [secret for secret in SECRETS if any(secret in text for text in seen)], child


def test_the_demo_listens_on_this_machine_only_and_on_two_ports(paid: Paid):
    listening = set()
    for process in [paid.process, *paid.process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            connections = process.net_connections("inet")
            listening |= {(one.laddr.ip, one.laddr.port) for one in connections if one.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", paid.port), ("127.0.0.1", urlsplit(paid.emulator).port)}


def test_the_emulator_answers_no_browser_that_has_its_whole_address(paid: Paid):
    url = paid.demo.facts["aws_endpoint_url"]
    assert httpx2.get(f"{url}/_ministack/health", **PATIENTLY).status_code == 200
    for headers in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}):
        answer = httpx2.get(f"{url}/_ministack/health", headers=headers, **PATIENTLY)
        assert answer.status_code == 403
    for path in ("", "/_aws/execute-api/x/y"):
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(f"ws{paid.emulator[4:]}{path}", **OPENS_PATIENTLY),
        ):
            pass


# What a browser sends for another page, over plain HTTP.

OTHER_PAGE: Final[Mapping[str, Mapping[str, str]]] = {
    "a script that reads": {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    "a script that does not read": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "an old browser's script": {"Origin": EVIL},
    "a page of no origin": {"Origin": "null"},
    "another server of this machine": {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
    "another port of the same name": {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    "an image": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "a frame": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
}


@pytest.mark.parametrize("headers", OTHER_PAGE.values(), ids=OTHER_PAGE.keys())
def test_another_page_reads_nothing(demo: Demo, headers: Mapping[str, str]):
    for path in ("/", "/messenger", "/page/main.js", "/world", "/world/graph/calls", "/world/quota?person=anna"):
        answer = demo.http.get(path, headers=dict(headers))
        assert answer.status_code == 403, path
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("headers", OTHER_PAGE.values(), ids=OTHER_PAGE.keys())
def test_another_page_changes_nothing(demo: Demo, headers: Mapping[str, str]):
    plain = {**headers, "Content-Type": "text/plain"}
    said = json.dumps({"person": "anna", "text": "from another page"})
    before = demo.calls("graph")
    for path in (
        "/world/say", "/world/messenger/send", "/world/reset", "/world/workers/kill", "/world/heartbeat", "/sns",
        "/graph/v25.0/me/messages", "/openai/v1/responses", "/connections/@connections/x",
        "/lambda/2015-03-31/functions/parley-demo-heartbeat/invocations",
    ):  # fmt: skip
        assert demo.http.post(path, content=said, headers=plain).status_code == 403, path
    assert demo.http.put("/world/model/behaviour", content='{"answer": "owned"}', headers=plain).status_code == 403
    assert demo.turns("anna") == []
    assert demo.calls("graph") == before


@pytest.mark.parametrize("path", ["/world", "/world/say", "/world/model/behaviour", "/keys", "/webhook", "/sns"])
def test_another_page_is_refused_before_it_sends(demo: Demo, path: str):
    asks = {"Origin": EVIL, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    answer = demo.http.options(path, headers=asks)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


NAMES: Final = [
    lambda port: f"evil.example:{port}",
    lambda port: f"127.0.0.1.evil.example:{port}",
    lambda port: f"localhost.:{port}",
    lambda port: "127.0.0.1",
    lambda port: f"127.0.0.1:{port + 1}",
    lambda port: f"evil.example@127.0.0.1:{port}",
    lambda port: f"0.0.0.0:{port}",
    lambda port: "",
]


@pytest.mark.parametrize("name", NAMES)
def test_under_another_name_nothing_is_answered(paid: Paid, name: Callable[[int], str]):
    """A page can have its own name lead to this machine: then its requests are to its own origin."""
    headers = {"Host": name(paid.port), "X-Forwarded-Host": f"127.0.0.1:{paid.port}"}
    for path in ("/", "/world", "/chat", "/config/x", "/webhook", "/openai/v1/models"):
        assert httpx2.get(f"{paid.demo.url}{path}", headers=headers, **PATIENTLY).status_code == 403, path
    said = {"person": "anna", "text": "rebound"}
    answer = httpx2.post(f"{paid.demo.url}/world/say", json=said, headers=headers, **PATIENTLY)
    assert answer.status_code == 403
    at_the_emulator = {**ASK, "Host": name(urlsplit(paid.emulator).port or 0)}
    answer = httpx2.post(paid.emulator, content=WANTED, headers=at_the_emulator, **PATIENTLY)
    assert answer.status_code == 403


RAW: Final = [
    "GET /world HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n",
    "GET /world HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1:{port}\r\n",
    "GET http://evil.example/world HTTP/1.1\r\nHost: evil.example\r\n",
    "GET /world HTTP/1.1\r\n",
    "GET /world HTTP/1.0\r\n",
    "GET /chat/../world HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: https://evil.example\r\n",
    "GET /chat/%2e%2e/world HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: https://evil.example\r\n",
    "GET //world HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: https://evil.example\r\n",
    "GET /world HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nOrigin: null\r\n",
    "GET /world HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\norigin: https://evil.example\r\nSEC-FETCH-SITE: none\r\n",
]


@pytest.mark.parametrize("request_", RAW)
def test_no_way_of_writing_a_request_gets_around_the_check(demo: Demo, request_: str):
    port = int(demo.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        raw.sendall(f"{request_.format(port=port)}Connection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b"")).decode()
    assert answer.partition(" ")[2][:3] in ("400", "403", "404")
    assert demo.facts["app_secret"] not in answer


def test_a_socket_of_another_page_or_under_another_name_is_not_opened(demo: Demo):
    url = demo.facts["websocket_url"]
    for origin in (EVIL, "null", "http://localhost:3000", f"{demo.url}.evil.example"):
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(url, origin=Origin(origin), **OPENS_PATIENTLY),
        ):
            pass
    port = urlsplit(url).port
    rebound = f"ws://evil.example:{port}/ws"
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(rebound, address=("127.0.0.1", port), **OPENS_PATIENTLY),
    ):
        pass


def test_pages_of_the_demo_and_programs_are_answered_under_both_names_of_this_machine(demo: Demo):
    port = demo.url.rpartition(":")[2]
    for name in (f"127.0.0.1:{port}", f"localhost:{port}"):
        own = {"Host": name, "Origin": f"http://{name}", "Sec-Fetch-Site": "same-origin"}
        for headers in (own, {"Host": name}, {"Host": name, "Sec-Fetch-Site": "none"}):
            assert demo.http.get("/world", headers=headers).status_code == 200
            assert demo.http.post("/world/reset", headers=headers).status_code == 200


def test_a_link_on_another_page_opens_the_demo(demo: Demo):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert {demo.http.get(path, headers=link).status_code for path in ("/", "/messenger", "/chat?config=x")} == {200}
    for path in ("/world", "/page/main.js", "/graph/v25.0/oauth/access_token", "/openai/v1/models", "/webhook"):
        assert demo.http.get(path, headers=link).status_code == 403, path
    form = {**link, "Origin": EVIL, "Content-Type": "application/x-www-form-urlencoded"}
    assert demo.http.post("/world/reset", headers=form).status_code == 403


# The pages that a key allows with `--origin`.


def test_a_page_that_a_key_allows_opens_a_socket_and_reads_its_config(demo: Demo):
    page = "http://localhost:3000"
    key = new_key(demo, origins=[page])
    asks = {"Origin": page, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
    answer = demo.http.get(f"/config/{key['id']}", headers=asks)
    assert answer.headers["access-control-allow-origin"] == page
    assert demo.http.get("/world", headers=asks).status_code == 403
    with connect(demo.facts["websocket_url"], origin=Origin(page), **OPENS_PATIENTLY) as opened:
        opened.send(json.dumps({"action": "authenticate", "ticket": answer.json()["ticket"]}))
        assert json.loads(opened.recv())["type"] == "ready"
    url = demo.facts["websocket_url"]
    with pytest.raises(InvalidStatus, match="403"), connect(url, origin=Origin(EVIL), **OPENS_PATIENTLY):
        pass
