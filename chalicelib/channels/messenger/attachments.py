"""Reads the attachments of a message: links become text for the model; all others are a word that names their kind.

Shapes of links: Meta's reference of the webhook event `messages`, and requests in public reports: a `fallback` has
title and URL itself (botman#411), a `share` or `post` has them in its payload (chatwoot#14554, #14813), and a template
has elements. URLs of photos, films and files are secrets that expire, so they are never text.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from chalicelib.channels import lenient_json
from chalicelib.conversation.surrogates import clean

LINKS: Final = frozenset({"fallback", "share", "post", "reel", "ig_post", "ig_reel", "ig_story", "template"})
"""The kinds of attachments that point to a page instead of holding something."""
_NEEDS_URL: Final = LINKS - {"template"}
"""Without a URL these say only that something could not be attached, in Facebook's words."""
_MOST: Final = 10
"""Attachments of one message that are read."""
_MOST_ELEMENTS: Final = 5
"""Elements of one template that are read."""
_MAX_TITLE: Final = 200
_MAX_URL: Final = 2000
_MAX_SENT_URL: Final = 3 * _MAX_URL
"""A redirector's parameter may have three characters for each of the URL."""
_FACEBOOK: Final = "https://www.facebook.com"
"""Before URLs that have no host, as Meta sends those of reels."""
_REDIRECTORS: Final = frozenset({"l.facebook.com", "lm.facebook.com", "l.messenger.com", "l.instagram.com"})
"""Hosts through which Facebook leads to the page in the query parameter `u`."""


def read(message: Mapping[str, Any], text: str, *, longest: int) -> tuple[str, tuple[str, ...]]:
    """Return the text with the message's links below it, and the kinds of attachments that the text does not show.

    A link that does not fit into `longest` characters, or that comes with a command, is one of those kinds.
    """
    found, unseen = listed(message), []
    for attachment in found:
        link = _link(attachment, known=text)
        extended = f"{text}\n{link}".strip()
        if link is None or text.startswith("/") or len(extended) > longest:
            unseen.append(kind_of(attachment))
        else:
            text = extended
    if not found and (message.get("is_unsupported") is True or "sticker_id" in message):
        unseen = ["unsupported"]
    return text, tuple(unseen)


def listed(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the message's attachments that can be read, at most ten."""
    return [item for item in lenient_json.items(message.get("attachments"))[:_MOST] if isinstance(item, dict)]


def kind_of(attachment: Mapping[str, Any]) -> str:
    """Return Meta's word for the attachment's type, such as `image`; `sticker` for a sticker of the old form."""
    if "sticker_id" in _payload(attachment):
        return "sticker"
    kind = attachment.get("type")
    return clean(kind)[:32] if isinstance(kind, str) else "unknown"


def _link(attachment: Mapping[str, Any], *, known: str) -> str | None:
    """Return what a link adds to the `known` text: title and URL in brackets, or nothing. None if it is no link."""
    kind = kind_of(attachment)
    if kind not in LINKS:
        return None
    places = [attachment, _payload(attachment), *_elements(_payload(attachment))]
    urls = [url for place in places if (url := _url(place.get("url")))]
    titles = [title for place in places for name in ("title", "subtitle") if (title := _title(place.get(name)))]
    if not urls and (kind in _NEEDS_URL or not titles):
        return None
    added = dict.fromkeys(words for words in [*titles, *urls] if words not in known)
    return f"[shared: {', '.join(added)}]" if added else ""


def _payload(attachment: Mapping[str, Any]) -> Mapping[str, Any]:
    payload = attachment.get("payload")
    return payload if isinstance(payload, dict) else {}


def _elements(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the elements of a template, which a template of products has one level deeper."""
    product = payload.get("product")
    for place in (payload, product if isinstance(product, dict) else {}):
        for element in lenient_json.items(place.get("elements"))[:_MOST_ELEMENTS]:
            if isinstance(element, dict):
                yield element


def _url(value: object) -> str:
    """Return the address that a link leads to, without spaces; empty if it is too long, or none of the web."""
    if not isinstance(value, str) or len(value) > _MAX_SENT_URL:
        return ""
    url = clean(value.strip())
    url = f"{_FACEBOOK}{url}" if url.startswith("/") and not url.startswith("//") else url
    try:
        parts = urlsplit(url)
        if parts.hostname in _REDIRECTORS:
            url = parse_qs(parts.query).get("u", [url])[0].strip()
        is_web = urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return ""
    url = url.replace(" ", "%20")
    return url if is_web and url.isprintable() and len(url) <= _MAX_URL else ""


def _title(value: object) -> str:
    return " ".join(clean(value).split())[:_MAX_TITLE] if isinstance(value, str) else ""
