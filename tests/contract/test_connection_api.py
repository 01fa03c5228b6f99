"""The promises of `ConnectionApi`: of the fake, and over HTTP with the responses of API Gateway."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any, Final
from urllib.parse import unquote

import boto3
import pytest
from botocore.config import Config

from chalicelib.channels.web.connection_api import ApiGatewayConnections
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.connection_ports import ConnectionApi
from chalicelib.errors import ChannelBroken, ConnectionGone, DeliveryError
from chalicelib.ids import ConnectionId
from scripts.simulator.aws import free_port
from tests.fakes.connections import RememberingConnectionApi

ANNA, BERT = (
    Connection(ConnectionId(name), "https://api.example/dev") for name in ("L0SM9cOFvHcCIhw=", "M1TN8dPGwIdDJix=")
)
GONE, FORBIDDEN, TOO_MANY = (410, "GoneException"), (403, "ForbiddenException"), (429, "LimitExceededException")
SILENT: Final = (0, "")
"""The connection ends without an answer."""
LATE: Final = (-1, "")


@dataclass
class ApiGateway:
    """The `@connections` API of one WebSocket API, stage `dev`."""

    url: str = ""
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Error responses by connection: the status, and the kind of error that the header names."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path."""
    sent: list[tuple[ConnectionId, str]] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    ends: threading.Event = field(default_factory=threading.Event)

    def at(self, connection: Connection) -> Connection:
        return replace(connection, endpoint=f"{self.url}/dev")

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        self.asked.append((method, unquote(path)))
        connection = unquote(path).rpartition("/")[2]
        answer = self.answers.get(connection, self.answers.get("*", (200 if method == "POST" else 204, "")))
        if answer == LATE:
            self.ends.wait(20)
        if answer[0] == 200:
            self.sent.append((ConnectionId(connection), body.decode()))
        return answer


@contextmanager
def api_gateway() -> Iterator[ApiGateway]:
    here = ApiGateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            here.signed.append(self.headers.get("Authorization", ""))
            status, kind = here.answer(self.command, self.path, body)
            if status <= 0:
                self.close_connection = True
                return
            self.send_response(status)
            if kind:
                self.send_header("x-amzn-ErrorType", f"{kind}:http://internal.amazon.com/coral/com.amazonaws/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_DELETE = do_POST  # noqa: N815 (http.server's names)

        def log_message(self, *_: Any) -> None:
            """Silence."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 50  # with the default of 5, some of many connections at once are reset

    server = Server(("127.0.0.1", 0), Handler)
    here.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield here
    here.ends.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def gateway() -> Iterator[ApiGateway]:
    with api_gateway() as gateway:
        yield gateway


@pytest.fixture
def created() -> Iterator[list[Any]]:
    """The clients that were created."""
    clients: list[Any] = []
    yield clients
    for opened in clients:
        opened.close()


@pytest.fixture
def real(created: list[Any]) -> ApiGatewayConnections:
    def create(endpoint: str) -> Any:
        sleep(0.01)
        created.append(new_client(endpoint))
        return created[-1]

    return ApiGatewayConnections(create)


def new_client(endpoint: str, *, read_timeout: float = 60) -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        "eu-central-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=60, read_timeout=read_timeout, retries={"total_max_attempts": 1}),
    )


# What every way promises.


@dataclass(frozen=True)
class Way:
    """A connection API under test, and the errors that it can have."""

    connection_api: ConnectionApi
    anna: Connection
    bert: Connection
    sent: Callable[[], list[tuple[ConnectionId, str]]]
    loses: Callable[[Connection], object]
    fails: Callable[[Connection], object]
    breaks: Callable[[], object]


@pytest.fixture(params=["fake", "api gateway"])
def way(request: pytest.FixtureRequest) -> Way:
    if request.param == "fake":
        fake = RememberingConnectionApi()
        return Way(
            fake,
            ANNA,
            BERT,
            sent=lambda: [(connection, frame) for connection, frames in fake.sent.items() for frame in frames],
            loses=lambda connection: fake.gone.add(connection.id),
            fails=lambda connection: fake.fails.update({connection.id: 1}),
            breaks=lambda: setattr(fake, "broken", True),
        )
    gateway: ApiGateway = request.getfixturevalue("gateway")
    return Way(
        request.getfixturevalue("real"),
        gateway.at(ANNA),
        gateway.at(BERT),
        sent=lambda: gateway.sent,
        loses=lambda connection: gateway.answers.update({connection.id: GONE}),
        fails=lambda connection: gateway.answers.update({connection.id: TOO_MANY}),
        breaks=lambda: gateway.answers.update({"*": FORBIDDEN}),
    )


def test_frames_arrive_as_they_were_sent_and_in_their_order(way: Way):
    frames = ['{"type":"delta","text":"é😀\\n"}', "{}", "x" * 32 * 1024]
    for frame in frames:
        way.connection_api.send(way.anna, frame)
    assert way.sent() == [(ANNA.id, frame) for frame in frames]


def test_a_connection_that_is_gone_raises_connection_gone_and_affects_no_other(way: Way):
    way.loses(way.anna)
    with pytest.raises(ConnectionGone):
        way.connection_api.send(way.anna, "{}")
    way.connection_api.send(way.bert, "{}")
    assert way.sent() == [(BERT.id, "{}")]


def test_a_temporary_error_is_neither_connection_gone_nor_channel_broken(way: Way):
    way.fails(way.anna)
    with pytest.raises(DeliveryError) as raised:
        way.connection_api.send(way.anna, "{}")
    assert type(raised.value) is DeliveryError
    assert way.sent() == []


def test_a_missing_permission_is_channel_broken(way: Way):
    way.breaks()
    for connection in (way.anna, way.bert):
        with pytest.raises(ChannelBroken):
            way.connection_api.send(connection, "{}")


def test_a_connection_that_the_server_closed_is_gone(way: Way):
    way.connection_api.close(way.anna)
    way.loses(way.anna)
    with pytest.raises(ConnectionGone):
        way.connection_api.send(way.anna, "{}")


def test_closing_a_connection_that_is_gone_raises_nothing(way: Way):
    way.loses(way.anna)
    way.connection_api.close(way.anna)


def test_a_connection_that_cannot_be_closed_raises_delivery_error(way: Way):
    way.fails(way.anna)
    with pytest.raises(DeliveryError):
        way.connection_api.close(way.anna)


# What API Gateway is asked, and answers.


def test_requests_go_to_the_connections_endpoint(gateway: ApiGateway, real: ApiGatewayConnections):
    real.send(gateway.at(ANNA), "{}")
    real.close(gateway.at(BERT))
    assert gateway.asked == [("POST", f"/dev/@connections/{ANNA.id}"), ("DELETE", f"/dev/@connections/{BERT.id}")]
    assert all("/eu-central-1/execute-api/aws4_request" in proof for proof in gateway.signed)


def test_connections_of_two_apis_are_reached_at_their_own_endpoints(gateway: ApiGateway, real: ApiGatewayConnections):
    with api_gateway() as other:
        for where, connection in ((gateway, ANNA), (other, BERT), (gateway, ANNA)):
            real.send(where.at(connection), "{}")
        assert (gateway.sent, other.sent) == ([(ANNA.id, "{}")] * 2, [(BERT.id, "{}")])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (GONE, ConnectionGone),
        ((410, ""), ConnectionGone),
        (FORBIDDEN, ChannelBroken),
        ((403, ""), ChannelBroken),
        ((403, "AccessDeniedException"), ChannelBroken),
        (TOO_MANY, DeliveryError),
        ((413, "PayloadTooLargeException"), DeliveryError),
        ((400, "BadRequestException"), DeliveryError),
        ((404, ""), DeliveryError),
        ((500, "InternalServerErrorException"), DeliveryError),
        ((503, ""), DeliveryError),
        ((403, "ExpiredTokenException"), DeliveryError),
    ],
)
def test_errors_of_api_gateway_are_distinguished(
    gateway: ApiGateway, real: ApiGatewayConnections, answer: tuple[int, str], error: type[DeliveryError]
):
    gateway.answers[ANNA.id] = answer
    with pytest.raises(DeliveryError) as raised:
        real.send(gateway.at(ANNA), "my secret")
    assert type(raised.value) is error
    assert ANNA.id not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert len(gateway.asked) == 1


@pytest.mark.parametrize("call", ["send", "close"])
def test_an_api_gateway_that_closes_the_connection_is_a_temporary_error(
    gateway: ApiGateway, real: ApiGatewayConnections, call: str
):
    gateway.answers[ANNA.id] = SILENT
    with pytest.raises(DeliveryError) as raised:
        real.send(gateway.at(ANNA), "{}") if call == "send" else real.close(gateway.at(ANNA))
    assert type(raised.value) is DeliveryError


def test_twenty_who_send_at_once_share_one_client(gateway: ApiGateway, real: ApiGatewayConnections, created: list[Any]):
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: real.send(gateway.at(ANNA), "{}"), range(20)))
    assert (len(created), len(gateway.sent)) == (1, 20)


def test_an_api_gateway_that_does_not_respond_times_out_soon(gateway: ApiGateway):
    gateway.answers[ANNA.id] = LATE
    hasty = new_client(f"{gateway.url}/dev", read_timeout=0.2)
    with pytest.raises(DeliveryError, match="out of reach: ReadTimeoutError"):
        ApiGatewayConnections(lambda _: hasty).send(gateway.at(ANNA), "{}")
    hasty.close()


@pytest.mark.parametrize("call", ["send", "close"])
def test_an_api_gateway_that_is_unreachable_is_a_temporary_error(real: ApiGatewayConnections, call: str):
    nowhere = replace(ANNA, endpoint=f"http://127.0.0.1:{free_port()}/dev")
    with pytest.raises(DeliveryError, match="out of reach: EndpointConnectionError"):
        real.send(nowhere, "{}") if call == "send" else real.close(nowhere)
