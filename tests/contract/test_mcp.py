"""The client of MCP servers, against the real server package in both generations, and against one that misbehaves."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx2
import pytest
from mcp.shared.inbound import decode_header_value

from chalicelib.conversation.tool import ToolResult
from chalicelib.tools import mcp_client
from chalicelib.tools.mcp_client import McpServer
from chalicelib.tools.tool import ToolFailed
from tests.contract.mcp_servers import TOKEN, misbehaving, serving


@contextmanager
def client(url: str, token: str = "") -> Iterator[McpServer]:
    with httpx2.Client(trust_env=False) as http:
        yield McpServer(url, lambda: token, lambda: http)


@pytest.fixture(scope="module", params=["events", "json", "older"])
def server(request: pytest.FixtureRequest) -> Iterator[McpServer]:
    with serving(request.param) as url, client(url) as found:
        yield found


def test_the_tools_are_listed_with_their_schemas(server: McpServer):
    tools, fresh_ms = server.tools(seconds=10)
    assert [tool.name for tool in tools] == ["search", "boom", "slow"]
    assert tools[0].description == "Search gift ideas."
    assert tools[0].parameters["required"] == ["words"]
    assert set(tools[0].parameters["properties"]) == {"words", "most"}
    assert fresh_ms == 0


def test_a_call_gives_its_text(server: McpServer):
    found = server.call("search", {"words": "snow"}, seconds=10)
    assert (found.text, found.is_error) == ("3 ideas for snow: ein Schlitten, 장갑", False)


@pytest.mark.parametrize(
    ("name", "arguments"), [("boom", {}), ("search", {}), ("search", {"words": 1.5}), ("no_such_tool", {})]
)
def test_a_call_that_fails_is_an_error_in_the_servers_words(server: McpServer, name: str, arguments: dict[str, Any]):
    found = server.call(name, arguments, seconds=10)
    assert found.is_error
    assert found.text
    assert "secret" not in found.text


def test_a_call_takes_no_longer_than_it_may(server: McpServer):
    started = time.monotonic()
    with pytest.raises(ToolFailed, match=r"cannot be reached|takes too long"):
        server.call("slow", {}, seconds=0.5)
    assert time.monotonic() - started < 50


def test_the_token_is_sent_and_without_it_the_server_refuses():
    with serving("token") as url:
        with client(url, TOKEN) as known:
            assert known.call("search", {"words": "snow"}, seconds=10).text
        with client(url, "wrong") as unknown, pytest.raises(ToolFailed, match=r"refuses the bot's token") as refused:
            unknown.call("search", {"words": "snow"}, seconds=10)
        assert "wrong" not in str(refused.value)


def test_a_server_that_is_not_there_is_said_so():
    with client("http://127.0.0.1:9/mcp") as nowhere, pytest.raises(ToolFailed, match="cannot be reached"):
        nowhere.tools(seconds=20)


# A server that misbehaves.

RESULT = {"content": [{"type": "text", "text": "Mimi"}], "isError": False}


def write(request: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, **headers: str) -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def called(body: bytes, *, status: int = 200, **headers: str) -> ToolResult:
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler, message: dict[str, Any]) -> None:
        asked.append(message["method"])
        write(request, body, status=status, **headers)

    with misbehaving(answer) as url, client(url) as found:
        try:
            return found.call("look", {}, seconds=20)
        finally:
            assert asked.count("tools/call") <= 1  # never repeated


def as_json(result: object, **more: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": result, **more}).encode()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (as_json(RESULT), "Mimi"),
        (b"event: message\ndata: " + as_json(RESULT) + b"\n\n", "Mimi"),
        (b": ping\n\ndata: " + as_json(RESULT) + b"\r\n\r\n", "Mimi"),
        (b'data: {"method": "notifications/progress"}\n\ndata: ' + as_json(RESULT), "Mimi"),
        (as_json({"structuredContent": {"cat": "Mimi"}}), '{"cat": "Mimi"}'),
        (as_json({"content": [{"type": "image", "data": "AAAA"}]}), "[image, which cannot be shown]"),
        (as_json({"content": [{"type": "resource", "resource": {"text": "Mimi"}}]}), "Mimi"),
        (as_json({"content": None}), "(no words)"),
        (as_json({"content": [7, None, {"type": 3}]}), "[3, which cannot be shown]"),
    ],
)
def test_what_makes_some_sense_is_read(body: bytes, text: str):
    assert called(body).text == text


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 200, "makes no sense"),
        (b"<html>", 200, "makes no sense"),
        (b"[" * 100_000, 200, "makes no sense"),
        (b"data: {", 200, "makes no sense"),
        (b'{"result": 7, "id": 1}', 200, "makes no sense"),
        (json.dumps({"id": 2, "result": RESULT}).encode(), 200, "makes no sense"),
        (as_json({**RESULT, "resultType": "input_required"}), 200, "cannot give"),
        (b'{"id": 1, "error": {"code": -32602, "message": "no such cat"}}', 200, "no such cat"),
        (b'{"id": 1, "error": {"code": "x", "message": 7}}', 200, "no reason given"),
        (b'{"id": 1, "error": {"code": -32021, "message": "wrong header"}}', 400, "wrong header"),
        (b"x" * 1_100_000, 200, "too long"),
        (b"busy", 503, "status 503"),
        (b"", 401, "token"),
    ],
)
def test_what_makes_none_is_an_error_for_the_model(body: bytes, status: int, reason: str):
    with pytest.raises(ToolFailed, match=reason):
        called(body, status=status)


@pytest.mark.parametrize("status", [400, 404, 405])
@pytest.mark.parametrize("body", [b"", b"Bad Request", b"<html>", b'{"error": "no session"}'])
def test_an_older_server_that_refuses_in_its_own_way_is_asked_as_it_wants(status: int, body: bytes):
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler, message: dict[str, Any]) -> None:
        asked.append(message["method"])
        if request.headers.get("Mcp-Method"):
            write(request, body, status=status)
        else:
            write(request, as_json(RESULT))

    with misbehaving(answer) as url, client(url) as found:
        assert found.call("look", {}, seconds=10).text == "Mimi"
    assert asked == ["tools/call", "initialize", "notifications/initialized", "tools/call"]


@pytest.mark.parametrize("name", ["größe", "찾기", "a\nb", " a", "=?base64?YQ==?=", "plain_name.1"])
def test_a_tool_of_any_name_can_be_called(name: str):
    names: list[str] = []

    def answer(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        names.append(decode_header_value(request.headers["Mcp-Name"]) or "")
        write(request, as_json(RESULT))

    with misbehaving(answer) as url, client(url) as found:
        assert found.call(name, {}, seconds=10).text == "Mimi"
    assert names == [name]


@pytest.mark.parametrize("status", [200, 400])
def test_a_server_that_repeats_the_token_tells_it_to_no_one(status: int):
    said = f"{'x' * 290} Bearer {TOKEN} is not valid"

    def answer(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        if status == 200 and request.headers["Mcp-Method"] == "tools/call":
            write(request, as_json({"content": [{"type": "text", "text": said}]}))
        else:
            error = {"code": -32021, "message": said}
            write(request, json.dumps({"id": 1, "error": error}).encode(), status=status)

    with misbehaving(answer) as url, client(url, TOKEN) as found:
        with pytest.raises(ToolFailed, match="refuses that: x") as refused:
            found.tools(seconds=10)
        try:
            gave = found.call("look", {}, seconds=10).text
        except ToolFailed as exc:
            gave = str(exc)
    assert TOKEN[:6] not in f"{gave} {refused.value}"


def test_a_redirect_is_not_followed():
    with pytest.raises(ToolFailed, match="status 307"):
        called(b"", status=307, Location="http://127.0.0.1:9/elsewhere")


def test_an_answer_that_trickles_ends_in_time():
    def answer(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        request.send_response(200)
        request.end_headers()
        for _number in range(600):
            request.wfile.write(b": ping\n\n")
            request.wfile.flush()
            time.sleep(0.1)

    started = time.monotonic()
    with misbehaving(answer) as url, client(url) as found, pytest.raises(ToolFailed, match="takes too long"):
        found.call("look", {}, seconds=5)
    assert time.monotonic() - started < 50


def test_headers_that_trickle_end_in_time():
    def answer(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        with suppress(OSError):
            request.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _number in range(600):
                request.wfile.write(b"X-A: b\r\n")
                request.wfile.flush()
                time.sleep(0.1)

    started = time.monotonic()
    with misbehaving(answer) as url, client(url) as found:
        with pytest.raises(ToolFailed, match="takes too long"):
            found.call("look", {}, seconds=5)
        assert time.monotonic() - started < 50


def test_nothing_more_is_asked_once_the_caller_has_given_up():
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler, message: dict[str, Any]) -> None:
        asked.append(message["method"])
        for letter in b"HTTP/1.1 400 No\r\nContent-Length: 0\r\nX-A: " + b"b" * 100 + b"\r\n\r\n":
            request.wfile.write(bytes([letter]))
            request.wfile.flush()
            time.sleep(0.05)

    with misbehaving(answer) as url, client(url) as found:
        with pytest.raises(ToolFailed, match="takes too long"):
            found.call("look", {}, seconds=2)
        for thread in [thread for thread in threading.enumerate() if thread.name == "tool"]:
            thread.join(20)
    assert asked == ["tools/call"]


def test_a_list_of_many_pages_ends():
    def answer(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        write(request, as_json({"tools": [{"name": "a", "inputSchema": {}}], "nextCursor": "more", "ttlMs": 7}))

    with misbehaving(answer) as url, client(url) as found:
        tools, fresh_ms = found.tools(seconds=10)
    assert (len(tools), fresh_ms) == (mcp_client.MAX_PAGES, 7)


@pytest.mark.parametrize(
    "tool", [7, {}, {"name": ""}, {"name": "x"}, {"name": "x", "inputSchema": {"a": "b" * 30_000}}]
)
def test_a_tool_that_cannot_be_offered_is_left_out(tool: object):
    def answer(request: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        write(request, as_json({"tools": [tool, {"name": "good", "inputSchema": {"type": "object"}}]}))

    with misbehaving(answer) as url, client(url) as found:
        assert [tool.name for tool in found.tools(seconds=10)[0]] == ["good"]
