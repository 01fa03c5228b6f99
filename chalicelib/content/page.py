"""Renders the pages in `templates/` for a browser: no scripts, and no request to another server.

The first line of a template is the page's title. `$name` is a blank; a value is escaped, so it never becomes HTML.
What stands between `<!-- messenger -->` and `<!-- end -->` is left out in a deployment without that channel; `web`,
and `both` for what compares them, work in the same way.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from chalicelib.ids import Channels
from chalicelib.settings.languages import ENGLISH


@dataclass(frozen=True)
class Link:
    """A hyperlink."""

    words: str
    address: str


@dataclass(frozen=True)
class HtmlPage:
    """A rendered page, with response headers that forbid scripts, framing and caching."""

    html: str
    headers: Mapping[str, str]
    status: int = 200


_PART: Final = re.compile(r"<!-- (messenger|web|both) -->(.*?)<!-- end -->", re.DOTALL)
_SAFE: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def render(
    name: str,
    words: Mapping[str, str | Link],
    channels: Channels,
    *,
    status: int = 200,
    sends_form: bool = False,
    language: str = ENGLISH,
) -> HtmlPage:
    """Render `templates/<name>.html`, or `<name>.<language>.html`, with these values for its blanks.

    With `sends_form`, the page may send a form to the bot itself. Raises KeyError when a value is missing, and
    FileNotFoundError when there is no such page in the language.
    """
    file = f"{name}.html" if language == ENGLISH else f"{name}.{language}.html"
    title, _, template = _of(channels, _read(file)).partition("\n")
    body = Template(template).substitute({blank: _html(value) for blank, value in words.items()})
    style = _read("style.css")
    html = Template(_read("frame.html")).substitute(title=title, style=style, body=body, language=language)
    policies = {"Content-Security-Policy": _policy(style, sends_form=sends_form)}
    if sends_form:
        policies["Referrer-Policy"] = "same-origin"  # with `no-referrer`, browsers send the origin `null` with forms
    return HtmlPage(html, {**_SAFE, **policies}, status)


def document(title: str, body: str, *styles: str, language: str = ENGLISH) -> str:
    """Return a whole HTML document with these files of styles beside `style.css`; `body` is HTML already."""
    style = "".join(map(_read, ("style.css", *styles)))
    return Template(_read("frame.html")).substitute(title=escape(title), style=style, body=body, language=language)


def _of(channels: Channels, template: str) -> str:
    there = {"messenger": channels.messenger, "web": channels.web, "both": channels.messenger and channels.web}
    return _PART.sub(lambda part: part[2] if there[part[1]] else "", template)


def _read(file: str) -> str:
    return files("chalicelib").joinpath("content", "templates", file).read_text("utf-8")


def _html(value: str | Link) -> str:
    if isinstance(value, Link):
        return f'<a href="{escape(value.address)}">{escape(value.words)}</a>'
    return escape(value)


def _policy(style: str, *, sends_form: bool) -> str:
    """Return a Content-Security-Policy that allows this style, perhaps a form, and neither a script nor a request."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    form = "'self'" if sends_form else "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {form}; frame-ancestors 'none'"
    )
