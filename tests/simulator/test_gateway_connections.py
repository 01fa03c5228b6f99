import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from scripts.simulator.functions import FunctionFailed
from tests.simulator.gateway import WAIT_S, Gateway, error, serving
from tests.threads import run

KB = 1024


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with serving() as gateway:
        yield gateway


def closed(client: ClientConnection) -> int | None:
    """The code that the server closes it with; fails when it does not."""
    with suppress(ConnectionClosed):
        while True:
            client.recv(WAIT_S)
    return client.close_code


def until_closed(client: ClientConnection) -> Iterator[None]:
    """Again and again, until the server has closed it; fails when it does not."""
    deadline = time.monotonic() + WAIT_S
    while client.close_code is None:
        assert time.monotonic() < deadline, "it is still open"
        yield


def test_a_socket_becomes_the_three_events_of_api_gateway(gateway: Gateway):
    with gateway.connect("?a=1&a=2&b=", origin="https://example.com", user_agent_header="test") as client:
        client.send('{"action": "ping"}')
        [said] = gateway.heard.of("MESSAGE")
        client.close(1000, "bye")
    [came], [left] = gateway.heard.of("CONNECT"), gateway.heard.of("DISCONNECT")
    assert came["headers"]["Origin"] == "https://example.com"
    assert came["queryStringParameters"] == {"a": "2", "b": ""}
    assert said["body"] == '{"action": "ping"}'
    assert "headers" not in said
    assert [event["requestContext"]["routeKey"] for event in (came, said, left)] == [
        "$connect",
        "$default",
        "$disconnect",
    ]
    for event in (came, said, left):
        context = event["requestContext"]
        assert context["domainName"] == gateway.url.removeprefix("http://")
        assert (context["apiId"], context["stage"]) == ("simulator", "api")
        assert context["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "test"}
        assert (context["connectionId"], context["connectedAt"]) == (
            came["requestContext"]["connectionId"],
            came["requestContext"]["connectedAt"],
        )
    assert len({event["requestContext"]["requestId"] for event in (came, said, left)}) == 3
    assert (left["requestContext"]["disconnectStatusCode"], left["requestContext"]["disconnectReason"]) == (1000, "bye")


@pytest.mark.parametrize(("answer", "status"), [("401", 401), ("403", 403), ("503", 503), ("raise", 502)])
def test_an_error_of_the_connect_handler_refuses_the_handshake(gateway: Gateway, answer: str, status: int):
    with pytest.raises(InvalidStatus) as caught:
        gateway.connect(f"?answer={answer}")
    assert caught.value.response.status_code == status
    with pytest.raises(gateway.connections.exceptions.GoneException):
        gateway.connections.post_to_connection(ConnectionId=gateway.last_id(), Data=b"hello")
    assert len(gateway.heard.events) == 1, "one that was never let in is not said to have left"


def test_frames_of_one_connection_are_handled_concurrently(gateway: Gateway):
    with gateway.connect() as client:
        client.send("wait for another")
        client.send("wait for another")
        gateway.heard.of("MESSAGE", 2)
        client.send("a third")
        gateway.heard.of("MESSAGE", 3)
        assert not gateway.heard.both.broken


def test_a_handler_that_fails_is_told_to_the_client_in_api_gateways_words(gateway: Gateway):
    with gateway.connect() as client:
        client.send("raise")
        [said] = gateway.heard.of("MESSAGE")
        assert error(client.recv(WAIT_S)) == {
            "message": "Internal server error",
            "connectionId": said["requestContext"]["connectionId"],
            "requestId": said["requestContext"]["requestId"],
        }


def test_a_handler_is_invoked_by_its_name_as_lambda_does_it(gateway: Gateway):
    with gateway.connect() as client:
        client.send("raise")
        [said] = gateway.heard.of("MESSAGE")
        assert gateway.api.invoke("websocket_message", {**said, "body": "fine"}) == {"statusCode": 200}
        with pytest.raises(FunctionFailed, match="ValueError at websocket_message"):
            gateway.api.invoke("websocket_message", said)
        with pytest.raises(KeyError):
            gateway.api.invoke("websocket_none", said)


def test_bytes_are_handed_over_as_text(gateway: Gateway):
    with gateway.connect() as client:
        client.send("grüß dich".encode() + b"\xff")
        assert gateway.heard.of("MESSAGE")[0]["body"] == "grüß dich\ufffd"


def test_messages_up_to_128_kb_in_frames_of_32_kb_arrive_and_more_closes_the_socket(gateway: Gateway):
    with gateway.connect() as client:
        client.send("x" * 32 * KB)
        client.send(["y" * 32 * KB] * 4)
        assert sorted(len(event["body"]) for event in gateway.heard.of("MESSAGE", 2)) == [32 * KB, 128 * KB]
        client.send("x" * (32 * KB + 1))
        assert closed(client) == 1009
    with gateway.connect() as client:
        with suppress(ConnectionClosed):  # it may be closed before all is sent
            client.send(["y" * 32 * KB] * 4 + ["z"])
        assert closed(client) == 1009
    left = gateway.heard.of("DISCONNECT", 2)
    assert [event["requestContext"]["disconnectStatusCode"] for event in left] == [1009, 1009]


def test_a_socket_on_which_nothing_is_said_for_too_long_is_closed_and_others_are_not():
    with serving(idle_s=10) as gateway, gateway.connect() as speaking:
        speaker = gateway.last_id()
        with gateway.connect() as listening, gateway.connect() as silent:
            listener = gateway.heard.of("CONNECT", 3)[1]["requestContext"]["connectionId"]
            for _ in until_closed(silent):
                speaking.send("still here")
                gateway.connections.post_to_connection(ConnectionId=listener, Data=b"still here")
                assert listening.recv(WAIT_S) == "still here"
                with suppress(TimeoutError, ConnectionClosed):
                    silent.recv(0.1)
            assert silent.close_code == 1001
            for socket, client in ((speaker, speaking), (listener, listening)):
                gateway.connections.post_to_connection(ConnectionId=socket, Data=b"you as well")
                assert client.recv(WAIT_S) == "you as well"


def test_a_socket_is_closed_after_its_time_however_much_is_said():
    with serving(lifetime_s=0.5) as gateway, gateway.connect() as client:
        for _ in until_closed(client):
            with suppress(TimeoutError, ConnectionClosed):
                client.send("still here")
                client.recv(0.05)
        assert client.close_code == 1001


def test_the_way_back_sends_describes_and_closes(gateway: Gateway):
    with gateway.connect(user_agent_header="test") as client:
        me = gateway.last_id()
        gateway.connections.post_to_connection(ConnectionId=me, Data="schön".encode())
        assert client.recv(WAIT_S) == "schön"
        known = gateway.connections.get_connection(ConnectionId=me)
        assert known["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "test"}
        assert known["ConnectedAt"] <= known["LastActiveAt"]
        with pytest.raises(gateway.connections.exceptions.PayloadTooLargeException):
            gateway.connections.post_to_connection(ConnectionId=me, Data=b"x" * (128 * KB + 1))
        gateway.connections.post_to_connection(ConnectionId=me, Data=b"farewell")
        gateway.connections.delete_connection(ConnectionId=me)
        gone = gateway.connections.exceptions.GoneException
        with pytest.raises(gone):
            gateway.connections.post_to_connection(ConnectionId=me, Data=b"too late")
        assert client.recv(WAIT_S) == "farewell"
        assert closed(client) == 1000
        gateway.heard.of("DISCONNECT")
        with pytest.raises(gone):
            gateway.connections.get_connection(ConnectionId=me)
        with pytest.raises(gone):
            gateway.connections.delete_connection(ConnectionId=me)


def test_to_a_client_that_left_there_is_no_way_back(gateway: Gateway):
    with gateway.connect():
        me = gateway.last_id()
    gateway.heard.of("DISCONNECT")
    with pytest.raises(gateway.connections.exceptions.GoneException):
        gateway.connections.post_to_connection(ConnectionId=me, Data=b"are you there?")


def test_a_client_that_reads_nothing_holds_up_nobody_and_can_be_closed(gateway: Gateway):
    with gateway.connect(max_queue=1) as slow, gateway.connect() as quick:
        slow_one, quick_one = (event["requestContext"]["connectionId"] for event in gateway.heard.of("CONNECT", 2))

        def flood() -> None:
            for _ in range(2000):
                gateway.connections.post_to_connection(ConnectionId=slow_one, Data=b"x" * 128 * KB)

        with pytest.raises(gateway.connections.exceptions.LimitExceededException):
            flood()
        gateway.connections.post_to_connection(ConnectionId=quick_one, Data=b"hello")
        assert quick.recv(WAIT_S) == "hello"
        gateway.connections.delete_connection(ConnectionId=slow_one)
        [left] = gateway.heard.of("DISCONNECT")
        assert left["requestContext"]["connectionId"] == slow_one
        slow.socket.close()


def test_frames_of_many_workers_arrive_in_order(gateway: Gateway):
    async def receive() -> list[list[str | bytes]]:
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(connect(f"ws{gateway.url[4:]}/ws", proxy=None, open_timeout=60))
                for _ in range(200)
            ]
            with ThreadPoolExecutor(8) as pool:
                sent = [pool.submit(stream, event["requestContext"]["connectionId"]) for event in came(8)]
                heard = [[await client.recv() for _ in range(50)] for client in clients[:8]]
                for done in sent:
                    done.result()
            return heard

    def came(n: int) -> list[dict[str, Any]]:
        return gateway.heard.of("CONNECT", 200)[:n]

    def stream(socket: str) -> None:
        for n in range(50):
            gateway.connections.post_to_connection(ConnectionId=socket, Data=str(n).encode())

    assert run(receive()) == [[str(n) for n in range(50)]] * 8
    assert len(gateway.heard.of("DISCONNECT", 200)) == 200
