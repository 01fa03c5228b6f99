"""The text of a page that was read from the web: what people see of HTML, other text as it is. Pure.

The time grows with the page's length only: Python's `html.parser` needs minutes for a page that is made to take long.
"""

import re
from collections.abc import Iterator
from email.message import Message
from html import unescape
from typing import Final

_UNSEEN: Final = frozenset({"script", "style", "noscript", "template", "svg", "head", "iframe", "object"})
_BLOCKS: Final = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "td", "th", "tr", "ul"),
    )
)
"""Elements that begin a line of their own."""
_KINDS: Final = re.compile(r"text/.+|application/(?:.+\+)?(?:json|xml|xhtml\+xml)")
_TAG: Final = re.compile(
    r"<(?P<end>/?)(?P<name>[a-z][^\s/>]*+)(?:=\s*+\"[^\"]*+(?:\"|\Z)|=\s*+'[^']*+(?:'|\Z)|[^>])*+(?:>|\Z)",
    re.IGNORECASE,
)
_NO_TAG: Final = re.compile(r"<!--(?:>|->|.*?(?:--!?>|\Z))|<[!?/].*?(?:>|\Z)", re.DOTALL)
"""A comment, or what is passed over like one. Both patterns match to the page's end what does not end before."""
_PROGRAMS: Final = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")}
"""The ends of elements in which nothing else is a tag."""
_BLANKS: Final = re.compile(r"[^\S\n]+")
_LINES: Final = re.compile(r"\s*\n\s*")


class NoText(Exception):
    """The page is an image, a program or anything else that is not text."""


def of(body: bytes, content_type: str) -> str:
    """Return the text of a response; without a character set that is known it is UTF-8. Raises NoText."""
    header = Message()
    header["Content-Type"] = content_type
    kind, charset = header.get_content_type(), str(header.get_param("charset", "utf-8"))
    if not _KINDS.fullmatch(kind):
        raise NoText
    try:
        text = body.decode(charset, errors="replace")
    except (LookupError, ValueError):
        text = body.decode(errors="replace")
    return _seen(text) if "html" in kind else text.strip()


def _seen(html: str) -> str:
    return _LINES.sub("\n", _BLANKS.sub(" ", "".join(_parts(html)))).strip()


def _parts(html: str) -> Iterator[str]:
    """Yield what people see, and a line's end where a block begins or ends."""
    place, hidden = 0, list[str]()
    while place < len(html):
        bracket = html.find("<", place)
        words = html[place : bracket if bracket >= 0 else len(html)]
        if words and not hidden:
            yield _BLANKS.sub(" ", unescape(words).replace("\n", " "))
        if bracket < 0:
            return
        found = _TAG.match(html, bracket)
        if found is None:
            passed_over = _NO_TAG.match(html, bracket)
            place = passed_over.end() if passed_over else bracket + 1
            if not passed_over and not hidden:
                yield "<"
            continue
        place, name, is_end = found.end(), found["name"].lower(), bool(found["end"])
        hidden = _hidden_after(hidden, name, is_end=is_end)
        if name in _BLOCKS:
            yield "\n"
        if name in _PROGRAMS and not is_end:
            end = _PROGRAMS[name].search(html, place)
            place = end.start() if end else len(html)


def _hidden_after(hidden: list[str], name: str, *, is_end: bool) -> list[str]:
    """Return the elements that hide words after a tag. Each ends at its own end tag, and is named once."""
    if is_end:
        return hidden[: hidden.index(name)] if name in hidden else hidden
    if name == "body":
        return []
    return [*hidden, name] if name in _UNSEEN and name not in hidden else hidden
