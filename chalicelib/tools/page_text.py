"""The text of a page that was read from the web: what people see of HTML, other text as it is. Pure."""

import re
from email.message import Message
from html.parser import HTMLParser
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
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return _LINES.sub("\n", _BLANKS.sub(" ", "".join(reader.parts))).strip()


class _Reader(HTMLParser):
    """Collects what people see. An element that hides its words ends at its own end tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 (as in the base)
        if tag in _UNSEEN:
            self._hidden.append(tag)
        elif tag == "body":
            self._hidden.clear()
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(_BLANKS.sub(" ", data.replace("\n", " ")))
