"""Responses for the chat page, its files in `static/chat/` and the widget for other pages.

The page's scripts are those of `scripts.py`; its styles are sent as one, `page.css`.

The page loads nothing from another server. No URL in the files begins with a slash, because API Gateway serves them
below the name of a stage.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template
from typing import Final, Literal
from urllib.parse import urlsplit

from chalicelib.content import scripts


@dataclass(frozen=True)
class Asset:
    """A response to a browser."""

    content: str
    headers: Mapping[str, str]
    status: int = 200


_PAGES: Final = files("chalicelib").joinpath("content", "static")
_CHAT: Final = _PAGES.joinpath("chat")
_SIGN_IN: Final = _PAGES.joinpath("sign_in")
_WIDGET: Final = _PAGES.joinpath("widget")
_OWNER_STYLES: Final = ("templates/plots.css", "templates/report.css", "owner_page/owner.css")
_PARTS_OF_WIDGET: Final = ("start", "memory", "style", "bubble", "look", "frame", "visitor", "calls")
_JOINED_STYLES: Final = "page.css"
_WITH_SIGN_IN: Final = ("with_sign_in.js", "conversations.js")
"""What `main.js` loads where people can sign in."""
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "mjs": "text/javascript"}
_SAFE: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_FOR_OTHER_PAGES: Final = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""Lets pages load it that are isolated by `Cross-Origin-Embedder-Policy: require-corp`."""
_ORIGIN: Final = re.compile(r"\*|https?://[a-z0-9.-]+(:[0-9]+)?", re.IGNORECASE | re.ASCII)


def page(*, websocket_url: str, frame_ancestors: Sequence[str], sign_in: bool = False, languages: str = "") -> Asset:
    """Return the chat page, whose policy allows requests to its own server and to that of `websocket_url` only.

    It may be framed by itself and by the origins in `frame_ancestors` (`https://example.com`, or `*` for any), also if
    their pages are isolated by a Cross-Origin-Embedder-Policy; a value that is not an origin is ignored. With `sign_in`
    it offers to sign in. All modules that the page surely needs load at once, with the texts in the first of the
    `languages` (as in Accept-Language) that there is.
    """
    names = [_texts(languages), *scripts.beside_page(), *(_WITH_SIGN_IN if sign_in else ())]
    modules = "\n".join(f'  <link rel="modulepreload" href="chat/{name}">' for name in names)
    blanks = {"modules": modules, "sign_in": "data-sign-in" if sign_in else ""}
    html = Template(_CHAT.joinpath("index.html").read_text("utf-8")).substitute(blanks)
    csp = _policy(websocket_url, frame_ancestors)
    kind = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    isolated = {**_FOR_OTHER_PAGES, "Cross-Origin-Embedder-Policy": "require-corp"}
    return Asset(html, {**_SAFE, **kind, **isolated, "Content-Security-Policy": csp})


def signing(
    step: Literal["leave", "return"], *, address: str = "", trouble: str = "", status: HTTPStatus = HTTPStatus.OK
) -> Asset:
    """Return a page of the sign-in: one that goes to the issuer's `address`, or the one to which the issuer returns.

    `trouble` is the code of what it says instead. No page may frame it.
    """
    blanks = {"step": step, "address": escape(address), "trouble": trouble}
    html = Template(_SIGN_IN.joinpath("signing.html").read_text("utf-8")).substitute(blanks)
    kind = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    csp = _policy("", ()).replace("frame-ancestors 'self'", "frame-ancestors 'none'")
    return Asset(html, {**_SAFE, **kind, "Content-Security-Policy": csp}, status.value)


def file(name: str, *, known: str | None = None) -> Asset:
    """Return one of the page's files; 404 when there is none, 304 when `known` is its ETag."""
    if name in scripts.names():
        return _kept(scripts.script(name), "js", known)
    if name == _JOINED_STYLES:
        return _kept(_page_styles(), "css", known)
    found = _files().get(name)
    if found is None:
        return Asset("not found", {**_SAFE, "Content-Type": "text/plain; charset=utf-8"}, HTTPStatus.NOT_FOUND.value)
    return _kept(_sent(found), _ending(found), known)


def widget(*, known: str | None = None) -> Asset:
    """Return the script that adds the chat to other pages; 304 when `known` is its ETag.

    Its parts are joined in one function, so that no name of theirs is the page's. Any page may load it, also as a
    module or with `crossorigin`: for these, browsers ask for CORS.
    """
    parts = [_sent(_WIDGET.joinpath(f"{name}.js")) for name in _PARTS_OF_WIDGET]
    found = _kept("\n".join(("(() => {", *parts, "})();\n")), "js", known)
    return replace(found, headers={**found.headers, **_FOR_OTHER_PAGES, "Access-Control-Allow-Origin": "*"})


@cache
def owner_style_name() -> str:
    """Return the name of the style of the owner's page, which changes with it."""
    return f"owner.css?{_hash(_owner_styles())[:8]}"


def owner_style(*, known: str | None = None) -> Asset:
    """Return the style of the owner's page; 304 when `known` is its ETag."""
    return _kept(_owner_styles(), "css", known)


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _kept(content: str, ending: str, known: str | None) -> Asset:
    etag = f'"{_hash(content)}"'
    kind = f"{_TYPES[ending]}; charset=utf-8"
    headers = {**_SAFE, "Content-Type": kind, "Cache-Control": "public, max-age=600", "ETag": etag}
    if known and etag in known:
        return Asset("", headers, HTTPStatus.NOT_MODIFIED.value)
    return Asset(content, headers)


def _policy(websocket_url: str, frame_ancestors: Sequence[str]) -> str:
    socket = urlsplit(websocket_url)
    sockets = [f"{socket.scheme}://{socket.netloc}"] if socket.netloc else []
    framing = [origin for origin in frame_ancestors if _ORIGIN.fullmatch(origin)]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            " ".join(("connect-src 'self'", *sockets)),
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(("frame-ancestors 'self'", *framing)),
            "require-trusted-types-for 'script'",
            "trusted-types dompurify",
        )
    )


def _sent(place: Traversable) -> str:
    """Return a file's text; our own as `scripts.without_comments` has it."""
    text = place.read_text("utf-8")
    return text if place.name in _vendored() else scripts.without_comments(text)


def _texts(languages: str) -> str:
    """Return the name of the file with the page's texts in the first language that there is, else in English."""
    codes = [re.split("[-;]", tag.strip().lower())[0] for tag in languages.split(",")]
    return next((name for name in map("words_{}.js".format, codes) if name in scripts.names()), "words_en.js")


@cache
def _page_styles() -> str:
    styles = "".join(_sent(_CHAT.joinpath(part)) for part in ("style.css", "thread.css"))
    return re.sub(r"\s*([{};])\s*|(?<=[a-z]:) ", r"\1", styles)


@cache
def _owner_styles() -> str:
    content = files("chalicelib").joinpath("content")
    return "".join(_sent(content.joinpath(*part.split("/"))) for part in _OWNER_STYLES)


@cache
def _files() -> Mapping[str, Traversable]:
    """Return the files that may be served as they are, by name: styles, and the modules of others."""
    return {**_vendored(), **_within(_CHAT, "css"), **_within(_SIGN_IN, "css")}


@cache
def _vendored() -> Mapping[str, Traversable]:
    return _within(_CHAT.joinpath("vendor"), *_TYPES)


def _within(folder: Traversable, *endings: str) -> Mapping[str, Traversable]:
    return {place.name: place for place in folder.iterdir() if _ending(place) in endings}


def _ending(place: Traversable) -> str:
    return place.name.rpartition(".")[2]
