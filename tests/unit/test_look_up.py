"""Only pages of allowed hosts are read, within bounds, and come as text."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest

from chalicelib.conversation.tool_ports import Caller
from chalicelib.ids import ConversationId, PersonId, TurnId
from chalicelib.tools import page_text
from chalicelib.tools.look_up import LONGEST_URL, MAX_BYTES, MAX_REDIRECTS, Web, look_up
from chalicelib.tools.tool import ToolFailed
from tests.fakes.adapters import NOON

HOST = "ideas.example.org"
PUBLIC = "93.184.216.34"


@dataclass
class Server:
    """Answers each request with the next bytes, and keeps what was asked and where it was dialled."""

    answers: list[bytes] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    dialled: list[tuple[str, str]] = field(default_factory=list)
    pause_s: float = 0

    def dial(self, address: str, host: str) -> socket.socket:
        self.dialled.append((address, host))
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=(ours, self.answers.pop(0)), daemon=True).start()
        return theirs

    def _serve(self, line: socket.socket, answer: bytes) -> None:
        with line:
            head = b""
            while b"\r\n\r\n" not in head and (part := line.recv(4096)):
                head += part
            self.asked.append(head.decode())
            try:
                for start in range(0, len(answer), 65_536):
                    line.sendall(answer[start : start + 65_536])
                    if self.pause_s:
                        time.sleep(self.pause_s)
            except OSError:
                pass  # the reader has read enough


def page(body: bytes, kind: str = "text/html; charset=utf-8", status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Connection: close\r\n\r\n".encode() + body


@pytest.fixture
def server() -> Server:
    return Server()


def reads(server: Server, url: str, *, addresses: Sequence[str] = (PUBLIC,), seconds: float = 20) -> str:
    web = Web(frozenset({HOST, "shop.example.org"}), lambda _: addresses, server.dial)
    anna = PersonId("messenger:1:anna")
    caller = Caller(anna, ConversationId(anna), TurnId("1#a"), False, NOON, ZoneInfo("UTC"), "0" * 64, seconds)
    return look_up(url, caller=caller, web=web)


def test_a_page_comes_as_the_text_that_people_see(server: Server):
    html = (
        b"<html><head><title>x</title><style>p{}</style></head><body><h1>Gift  ideas</h1><script>evil()</script>"
        b"<ul><li>A sled &amp; a rope<li>A drum</ul><!-- hidden --><p>From 5&nbsp;EUR<br>each</p></body></html>"
    )
    server.answers = [page(html)]
    assert reads(server, f"https://{HOST}/gifts?age=5") == "Gift ideas\nA sled & a rope\nA drum\nFrom 5 EUR\neach"
    [asked] = server.asked
    assert asked.startswith("GET /gifts?age=5 HTTP/1.1\r\n")
    assert f"Host: {HOST}\r\n" in asked
    assert server.dialled == [(PUBLIC, HOST)]


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=latin-1", "Grüße".encode("latin-1"), "Grüße"),
        ("text/plain; charset=nonsense", "Grüße".encode(), "Grüße"),
        ("application/json", b'{"a": 1}', '{"a": 1}'),
        ("application/ld+json", b"[]", "[]"),
        ("text/html", b"<p>no end", "no end"),
        ("text/html", b"<script>x<p>still hidden", ""),
        ("text/html", b"\xff\xfe<p>a", "\ufffd\ufffd\na"),
    ],
)
def test_other_text_comes_as_it_is(server: Server, kind: str, body: bytes, text: str):
    server.answers = [page(body, kind)]
    assert reads(server, f"https://{HOST}") == text


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "video/mp4", ""])
def test_what_is_no_text_is_not_read(server: Server, kind: str):
    server.answers = [page(b"\x89PNG", kind or "application/pdf")]
    with pytest.raises(ToolFailed, match="no text"):
        reads(server, f"https://{HOST}/a.png")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org/",
        "https://example.org/",
        f"https://{HOST}.evil.org/",
        f"https://evil.org/{HOST}",
        f"https://evil.org#{HOST}",
        f"https://evil.org?{HOST}",
        f"https://x@{HOST}/",
        f"https://{HOST}@evil.org/",
        f"http://{HOST}/",
        f"ftp://{HOST}/",
        f"https://{HOST}:8443/",
        f"https://{HOST}:x/",
        f"//{HOST}/",
        "file:///etc/passwd",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://",
        "",
        "nonsense",
        f"https://{HOST}/{'x' * LONGEST_URL}",
    ],
)
def test_no_other_address_is_read(server: Server, url: str):
    with pytest.raises(ToolFailed):
        reads(server, url)
    assert server.dialled == []


@pytest.mark.parametrize(
    "url", [f"https://{HOST.upper()}/", f"https://{HOST}./", f" https://{HOST}/ ", f"https://{HOST}:443/"]
)
def test_other_spellings_of_an_allowed_host_are_read(server: Server, url: str):
    server.answers = [page(b"ok", "text/plain")]
    assert reads(server, url) == "ok"
    assert server.dialled == [(PUBLIC, HOST)]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["172.16.0.1"],
        ["192.168.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["224.0.0.1"],
        ["::1"],
        ["fd00::1"],
        ["fe80::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["2002:a00:1::"],
        [PUBLIC, "10.0.0.1"],
        [],
    ],
)
def test_a_host_with_a_private_address_is_not_read(server: Server, addresses: list[str]):
    with pytest.raises(ToolFailed, match="cannot be reached"):
        reads(server, f"https://{HOST}/", addresses=addresses)
    assert server.dialled == []


def test_redirects_are_followed_to_allowed_hosts_only(server: Server):
    server.answers = [
        page(b"", status="302 Found", more="Location: /b\r\n"),
        page(b"", status="301 Moved", more="Location: https://shop.example.org/c\r\n"),
        page(b"here", "text/plain"),
    ]
    assert reads(server, f"https://{HOST}/a") == "here"
    assert [host for _, host in server.dialled] == [HOST, HOST, "shop.example.org"]


@pytest.mark.parametrize("location", ["https://evil.org/", f"http://{HOST}/", "//evil.org/", "https://10.0.0.1/"])
def test_a_redirect_off_the_list_is_not_followed(server: Server, location: str):
    server.answers = [page(b"", status="302 Found", more=f"Location: {location}\r\n")]
    with pytest.raises(ToolFailed):
        reads(server, f"https://{HOST}/a")
    assert len(server.dialled) == 1


def test_a_page_that_redirects_without_end_is_given_up(server: Server):
    server.answers = [page(b"", status="302 Found", more="Location: /a\r\n")] * 10
    with pytest.raises(ToolFailed, match="too often"):
        reads(server, f"https://{HOST}/a")
    assert len(server.dialled) == 1 + MAX_REDIRECTS


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 Nothing", "302 Found"])
def test_a_page_that_is_not_there_says_its_status(server: Server, status: str):
    server.answers = [page(b"secret", status=status)]
    with pytest.raises(ToolFailed, match=status[:3]):
        reads(server, f"https://{HOST}/a")


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n"])
def test_a_server_that_breaks_off_is_an_error(server: Server, answer: bytes):
    server.answers = [answer]
    with pytest.raises(ToolFailed, match="cannot be reached"):
        reads(server, f"https://{HOST}/a")


def test_of_a_long_page_the_beginning_is_read(server: Server):
    server.answers = [page(b"x" * 5_000_000, "text/plain")]
    assert len(reads(server, f"https://{HOST}/a")) == MAX_BYTES


def test_a_host_that_is_down_is_an_error(server: Server):
    def down(_: str, __: str) -> socket.socket:
        raise TimeoutError

    server.dial = down  # type: ignore[method-assign,assignment]
    with pytest.raises(ToolFailed, match="cannot be reached"):
        reads(server, f"https://{HOST}/a")


def test_a_page_that_never_ends_is_given_up(server: Server):
    server.answers, server.pause_s = [page(b"x" * 150_000, "text/plain")], 0.4
    with pytest.raises(ToolFailed, match="cannot be reached"):
        reads(server, f"https://{HOST}/a", seconds=0.2)


def test_what_the_model_writes_cannot_add_headers(server: Server):
    server.answers = [page(b"ok", "text/plain")]
    reads(server, f"https://{HOST}/a b\r\nX-Evil: 1?q=ä")
    [asked] = server.asked
    assert "X-Evil: 1" not in asked.splitlines()
    assert asked.startswith("GET /a%20b")


@pytest.mark.parametrize(
    "again",
    [
        *("<!--", "<![CDATA[", "<", "</", "<a ", "<a b='", '<a b="', "<a =", "<a\n", "<?", "<!", "<![if ", "&", "&#"),
        *(
            "<svg></head>",
            "<script>",
            "<script></",
            "</script ",
            "<style></script>",
            "<p>",
            "<title>",
            " \n",
            "<b> </b>",
        ),
    ],
)
def test_a_page_that_is_made_to_take_long_is_read_at_once(again: str):
    begun = time.process_time()
    page_text.of((again * (MAX_BYTES // len(again))).encode(), "text/html")
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<!-- > <b> -->b<!-->c<!--->d", "abcd"),
        ("<p title='a > b'>c</p><p title=\"</p>\">d", "c\nd"),
        ("<p don't>a</p>it's", "a\nit's"),
        ("1 < 2 &lt; 3 <3 &amp;amp;", "1 < 2 < 3 <3 &amp;"),
        ("<SCRIPT>if (a < b) '<p>'</SCRIPT >seen", "seen"),
        ("<script>'</scripty>'</script>seen", "seen"),
        ("<svg><svg>x</svg>y<head>z<svg></head>still", "ystill"),
        ("<br/>a<br />b<custom-tag>c", "a\nbc"),
        ("a<![if !IE]>b<![endif]>c<![foo[d", "abc"),
        ("a<b", "a"),
    ],
)
def test_html_is_read_as_a_browser_would(html: str, text: str):
    assert page_text.of(html.encode(), "text/html") == text
