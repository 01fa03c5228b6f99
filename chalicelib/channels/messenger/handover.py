"""Reads who answers a user's thread: the bot, or in its place a human or another app of the page. Pure.

Shapes: Meta's references of `message_echoes`, `standby` and the handover events, and public reports. Echoes without an
app id: ker0x/messenger#69, tgallice/fb-messenger-sdk#42. A standby entry without `messaging`: botmaster-messenger#11,
botbuilder-community-dotnet#7. A button of the bot's own that comes in `messaging` and, without its payload, in
`standby` too: ker0x/messenger#72, fbmq#28. Ids as numbers, and a `metadata` of null: ker0x/messenger#129. App roles
without a sender: bottender#173. A request for a thread that a human moves to the inbox: messenger-node#3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from chalicelib.channels import lenient_json
from chalicelib.channels.messenger import attachments
from chalicelib.ids import ConversationId

_PAGE_INBOX_APPS: Final = frozenset({"263902037430900", "26390203743090"})
"""The app ids of the page's inbox; Meta's documentation prints both."""


@dataclass(frozen=True)
class ThreadTaken:
    """Another app, or the page's inbox, has the user's thread at that time, in milliseconds since 1970."""

    conversation: ConversationId
    at: int


@dataclass(frozen=True)
class ThreadReturned:
    """The bot has the user's thread again, from that time on, in milliseconds since 1970."""

    conversation: ConversationId
    at: int


Change = type[ThreadTaken] | type[ThreadReturned]


class Author(Enum):
    """Who wrote a message of the page that is none of the bot's."""

    HUMAN = "human"
    """In the page's inbox, or in an app of Meta's that names no app id."""
    APP = "app"
    """Another app: a help desk with humans, or one that writes by itself; nothing tells which."""


def author(echo: Mapping[str, Any], *, ours: str | None) -> Author | None:
    """Return who wrote the page's message, as far as its app id tells; None for the bot, whose app id is `ours`.

    Meta itself sends messages as well, for a user who opens the chat from a post or an ad: without a text, and with
    a template as the only attachment (ker0x/messenger#69). Those have no author.
    """
    app = lenient_json.identifier(echo.get("app_id"))
    if app in _PAGE_INBOX_APPS:
        return Author.HUMAN
    text = echo.get("text")
    kinds = {attachments.kind_of(attachment) for attachment in attachments.listed(echo)}
    is_written = bool(isinstance(text, str) and text.strip()) or bool(kinds - attachments.LINKS)
    if not is_written or (app is not None and app == ours):
        return None
    return Author.HUMAN if app is None else Author.APP


def change(item: Mapping[str, Any], *, ours: str | None) -> Change | None:
    """Return what a handover event tells of the thread; None for any other item, and if the event does not tell.

    Meta sends a pass to the app that gets the thread, and a take to the one that loses it: that counts where the
    app ids are missing, or where the bot's own is not known.
    """
    match item:
        case {"take_thread_control": dict(event)}:
            return _by_owner(event.get("new_owner_app_id"), ours=ours, otherwise=ThreadTaken)
        case {"pass_thread_control": dict(event)}:
            return _by_owner(event.get("new_owner_app_id"), ours=ours, otherwise=ThreadReturned)
        case {"request_thread_control": dict(event)} if lenient_json.identifier(event.get("requested_owner_app_id")):
            return _by_owner(event["requested_owner_app_id"], ours=ours, otherwise=ThreadTaken)
    return None


def _by_owner(app_id: object, *, ours: str | None, otherwise: Change) -> Change:
    app = lenient_json.identifier(app_id)
    if app in _PAGE_INBOX_APPS:
        return ThreadTaken
    if app is None or ours is None:
        return otherwise
    return ThreadReturned if app == ours else ThreadTaken
