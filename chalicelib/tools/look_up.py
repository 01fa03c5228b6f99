"""The tool that reads a page of one of the hosts that the owner allows: over HTTPS, within bounds, as text."""

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated, Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from pydantic import Field

from chalicelib.conversation.tool_ports import Caller
from chalicelib.tools import page_text
from chalicelib.tools.tool import ToolFailed, tool

CONNECT_S: Final = 3.0
READ_S: Final = 10.0
MAX_BYTES: Final = 200_000
MAX_REDIRECTS: Final = 3
LONGEST_URL: Final = 2000
_HEADERS: Final = {"Accept": "text/*, application/json", "User-Agent": "Parley"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SHORTEST_S: Final = 0.1
_PORT: Final = 443
_CHUNK: Final = 16_384
_SAFE: Final = "/%:?&=#[]@!$'()*+,;~-._"
_MAPPED: Final = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""Addresses of IPv6 in which there is one of IPv4, which may be private."""

Dial = Callable[[str, str], socket.socket]


@dataclass(frozen=True)
class Web:
    """Pages of the allowed hosts."""

    hosts: frozenset[str]
    """In small letters."""
    addresses: Callable[[str], Sequence[str]]
    """Looks up the addresses of a host. Raises OSError."""
    dial: Dial
    """Connects to an address, encrypted, on condition that it is the host's. Raises OSError."""

    def read(self, url: str, *, seconds: float) -> str:
        """Return the text of a page. Raises ToolFailed."""
        until = time.monotonic() + min(seconds, CONNECT_S + READ_S)
        for _ in range(1 + MAX_REDIRECTS):
            found = self._get(self._allowed(url), until)
            if isinstance(found, str):
                return found
            url = urljoin(url, found.location)
        raise ToolFailed("The page redirects too often.")

    def _allowed(self, url: str) -> SplitResult:
        """Return the parts of an address that may be read; its host is written as on the list."""
        try:
            parts = urlsplit(url.strip())
            host, port = (parts.hostname or "").rstrip("."), parts.port or _PORT
        except ValueError:
            raise ToolFailed("This is no address of a page.") from None
        if len(url) > LONGEST_URL or parts.scheme != "https" or port != _PORT or "@" in parts.netloc:
            raise ToolFailed("Only addresses that begin with https:// and a host can be read.")
        if host not in self.hosts:
            raise ToolFailed(f"This host may not be read. These may: {', '.join(sorted(self.hosts)) or 'none'}.")
        return parts._replace(netloc=host)

    def _get(self, url: SplitResult, until: float) -> "str | _Redirect":
        try:
            with closing(HTTPSConnection(url.netloc)) as connection:
                line = connection.sock = self.dial(self._public_address(url.netloc), url.netloc)
                line.settimeout(max(_SHORTEST_S, until - time.monotonic()))
                connection.request("GET", _target(url), headers=_HEADERS)
                with closing(connection.getresponse()) as response:
                    return _text_or_redirect(response, line, until)
        except (OSError, HTTPException):
            raise ToolFailed("The page cannot be reached.") from None
        except page_text.NoText:
            raise ToolFailed("The page has no text.") from None

    def _public_address(self, host: str) -> str:
        """Return an address of the host. One that is not public, also beside others, is refused."""
        found = [ip_address(each) for each in self.addresses(host)]
        if not found or not all(map(_is_public, found)):
            raise ToolFailed("The page cannot be reached.")
        return str(min(found, key=lambda each: each.version))


@dataclass(frozen=True)
class _Redirect:
    location: str


@tool
def look_up(
    url: Annotated[str, Field(description="The address of the page, which begins with https://")],
    *,
    caller: Caller,
    web: Web,
) -> str:
    """Read a web page. Only pages of a few hosts can be read; a wrong host is answered with their names."""
    return web.read(url, seconds=caller.seconds)


def addresses(host: str) -> Sequence[str]:
    """Return the addresses of a host, as the system looks them up. Raises OSError."""
    found = socket.getaddrinfo(host, _PORT, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def dial(address: str, host: str) -> socket.socket:
    """Connect to the address with TLS; the certificate must be the host's. Raises OSError."""
    plain = socket.create_connection((address, _PORT), timeout=CONNECT_S)
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in _MAPPED)


def _target(url: SplitResult) -> str:
    """Return path and query for the request's first line, in which nothing can begin a second one."""
    return quote(url.path or "/", _SAFE) + (f"?{quote(url.query, _SAFE)}" if url.query else "")


def _text_or_redirect(response: HTTPResponse, line: socket.socket, until: float) -> "str | _Redirect":
    if response.status in _REDIRECTS and (location := response.getheader("Location")):
        return _Redirect(location)
    if response.status != HTTPStatus.OK:
        raise ToolFailed(f"The page answers with status {response.status}.")
    return page_text.of(_body(response, line, until), response.getheader("Content-Type", "text/plain"))


def _body(response: HTTPResponse, line: socket.socket, until: float) -> bytes:
    """Return the body, at most MAX_BYTES of it. Raises TimeoutError if it takes too long."""
    body = b""
    while len(body) < MAX_BYTES and (part := response.read1(_CHUNK)):
        body += part
        if time.monotonic() > until:
            raise TimeoutError
        line.settimeout(max(_SHORTEST_S, until - time.monotonic()))
    return body[:MAX_BYTES]
