"""Parses the body of a webhook request into events, one for each item; no body can raise an error.

The shapes are those that Meta documents and those seen in real requests: ids as numbers, times as strings, in seconds
or missing. An item that the bot does not handle becomes Ignored, with a word for the log.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.channels import lenient_json
from chalicelib.channels.messenger import attachments, buttons, handover, payloads, referrals
from chalicelib.channels.messenger.handover import ThreadReturned, ThreadTaken
from chalicelib.conversation.surrogates import clean
from chalicelib.conversation.turn import MAX_TEXT, IncomingMessage
from chalicelib.ids import Channel, ConversationId, TurnId

OTHER_PAGE: Final = "other_page"
"""The kind of an ignored item that is about another page: an app may be subscribed to several."""
_METADATA: Final = re.compile(r"(?P<turn>[0-9]{13}#[0-9a-f]{64})#(?P<part>[0-9]{1,3})")
"""The format of `metadata`; other apps on the page may attach any text."""
_MAX_MID = 1000
_OTHER_KINDS: Final = (
    "read",
    "delivery",
    "reaction",
    "referral",
    "optin",
    "account_linking",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
    "response_feedback",
    "prior_message",
    "order",
    "game_play",
)


@dataclass(frozen=True)
class Unsent:
    """A user has unsent a message."""

    conversation: ConversationId
    message_id: str


@dataclass(frozen=True)
class Edited:
    """A user has changed a message, for the `edit`-th time, counted from 1."""

    conversation: ConversationId
    message_id: str
    text: str = field(repr=False)
    edit: int


@dataclass(frozen=True)
class Receipt:
    """Messenger has delivered one part of a reply; parts count from 0."""

    conversation: ConversationId
    turn: TurnId
    part: int


@dataclass(frozen=True)
class HumanReplied:
    """A human has written to the user at that time, in milliseconds since 1970."""

    conversation: ConversationId
    at: int
    message_id: str
    text: str = field(repr=False)
    """Empty for a picture, for example."""


@dataclass(frozen=True)
class PolicyEnforced:
    """Meta has taken an `action` against the page: `warning`, `block`, `unblock` or `unknown`."""

    action: str


@dataclass(frozen=True)
class Ignored:
    """An item that the bot does not handle. `kind` is one of a few fixed words, never a text from the body."""

    kind: str


Event = (
    IncomingMessage | Unsent | Edited | Receipt | HumanReplied | ThreadTaken | ThreadReturned | PolicyEnforced | Ignored
)


def parse(body: bytes, *, now: int, page: str | None = None, app: str | None = None) -> list[Event]:
    """Parse every item of a verified body, in order; `now`, in milliseconds, is the time of an item that has none.

    Items about another page than `page` are Ignored(OTHER_PAGE); with None, those of all pages are taken. `app` is the
    bot's own id at Meta, None if it is not known. A body that is not of Meta's form is a single Ignored("unreadable").
    """
    try:
        envelope = lenient_json.load(body)
    except ValueError:
        return [Ignored("unreadable")]
    match envelope:
        case {"object": "page", "entry": list(entries)}:
            events = (event for entry in entries for event in _entry(entry, now=now, ours=page, app=app))
            return [_placed(event, place) for place, event in enumerate(events)]
        case {"object": str(product)} if product != "page":
            return [Ignored("other_object")]
    return [Ignored("unreadable")]


_SAY_NOTHING: Final = (Ignored("referral"), Ignored("empty"))
STILL_WRITING: Final = "still-writing"
"""The `metadata` of a message that is no part of an answer."""
NOTICE: Final = "owner-notice"
"""The same for a message to an owner."""


def metadata(turn: TurnId, part: int) -> str:
    """Encode the turn and part number that the sender attaches to each message; Meta returns it in the echo."""
    return f"{turn}#{part}"


def _entry(entry: object, *, now: int, ours: str | None, app: str | None) -> Iterator[Event]:
    if not isinstance(entry, dict):
        yield Ignored("unreadable")
        return
    page, entry_time = lenient_json.identifier(entry.get("id")), lenient_json.milliseconds(entry.get("time"))
    for kind in ("messaging", "standby"):
        for item in lenient_json.items(entry.get(kind)):
            parsed = _Item(item, page, entry_time or now, app)
            if ours is None or parsed.pages <= {ours}:
                yield from parsed.events() if kind == "messaging" else [parsed.on_standby()]
            else:
                yield Ignored(OTHER_PAGE)
    for _ in lenient_json.items(entry.get("changes")):
        yield Ignored("change")


def _placed(event: Event, place: int) -> Event:
    """Note a message's position in the body: that is the order of messages with the same time."""
    return replace(event, place=place) if isinstance(event, IncomingMessage) else event


class _Item:
    """One element of `messaging` or `standby`, lists in the entries of the body."""

    def __init__(self, item: Any, page: str | None, received: int, app: str | None) -> None:
        self._item = item if isinstance(item, dict) else {}
        self._app = app
        self._sender = self._id_of("sender")
        self._recipient = self._id_of("recipient")
        self._page = self._recipient or page
        self._entry_page = page
        signed_time = lenient_json.milliseconds(self._item.get("timestamp"))
        self._time_is_signed = signed_time is not None
        self._at = received if signed_time is None else signed_time

    @property
    def pages(self) -> frozenset[str]:
        """The pages that the item and its entry name: one, in what Meta sends."""
        match self._item:
            case {"message": {"is_echo": True}}:
                named = self._sender
            case _:
                named = self._recipient
        return frozenset(page for page in (named, self._entry_page) if page is not None)

    def events(self) -> Sequence[Event]:
        """Return the item's event, and before it the command of an invite by whose link the user came.

        To get started is no event of its own then: the answer to the command welcomes the user.
        """
        event, code = self.event(), referrals.invite_in(self._item)
        if code is None or not (isinstance(event, IncomingMessage) or event in _SAY_NOTHING):
            return [event]
        if not isinstance(event, IncomingMessage):
            return [self._incoming(None, f"/invite {code}", ())]
        invite = replace(event, id=f"invite-{event.id}", text=f"/invite {code}", attachments=())
        return [invite] if event.text == "/start" else [invite, event]

    def event(self) -> Event:
        match self._item:
            case {"message": {"is_echo": True} as message}:
                return self._echo(message)
            case {"policy_enforcement": enforcement} | {"policy-enforcement": enforcement}:
                return PolicyEnforced(_action(enforcement))
        if self._sender is None or self._page is None or self._sender in (self._page, self._entry_page):
            return Ignored(self._other_kind("nobody"))
        match self._item:
            case {"message": {"is_deleted": True, "mid": mid}}:
                return Unsent(self._conversation(self._sender), _text(mid))
            case {"message": dict(message)}:
                return self._message(message)
            case {"postback": dict(postback)}:
                return self._postback(postback)
            case {"message_edit": {"mid": mid, "text": str(text), **rest}}:
                return Edited(
                    self._conversation(self._sender), _text(mid), buttons.cut(text), _count(rest.get("num_edit"))
                )
        change = handover.change(self._item, ours=self._app)
        return change(self._conversation(self._sender), self._at) if change else Ignored(self._other_kind("unknown"))

    def on_standby(self) -> Event:
        """Return the event of an item that Meta sends because another app has the thread: it is never answered.

        A message shows that the thread is another's. A postback does not: those of the bot's own buttons come twice.
        """
        event = self.event()
        match event:
            case Receipt() | HumanReplied() | ThreadTaken() | Unsent() | Edited():
                return event
            case IncomingMessage() if "message" in self._item:
                return ThreadTaken(event.conversation, event.at)
        return Ignored("standby")

    def _message(self, message: dict[str, Any]) -> Event:
        tapped = message.get("quick_reply")
        payload = tapped.get("payload") if isinstance(tapped, dict) else None
        content = buttons.button_command(payload) or buttons.listed_command(message) or _words(message)
        content, unseen = attachments.read(message, content, longest=MAX_TEXT)
        if not content.strip() and not unseen:
            return Ignored("empty")
        return self._incoming(message.get("mid"), content, unseen)

    def _postback(self, postback: dict[str, Any]) -> Event:
        title, (payload, language) = postback.get("title"), payloads.read(postback.get("payload"))
        content = buttons.button_command(payload) or next(
            (buttons.cut(text) for text in (title, payload) if isinstance(text, str)), ""
        )
        if not content.strip():
            return Ignored("empty")
        return self._incoming(postback.get("mid"), content, (), language)

    def _incoming(self, mid: object, text: str, attachments: tuple[str, ...], language: str = "") -> IncomingMessage:
        person = identity.messenger_person(self._page or "", self._sender or "")
        return IncomingMessage(
            id=self._id_of_message(mid),
            channel=Channel.MESSENGER,
            conversation=identity.conversation_of(person),
            person=person,
            at=self._at,
            text=text,
            attachments=attachments,
            time_is_signed=self._time_is_signed,
            language=language,
        )

    def _echo(self, message: dict[str, Any]) -> Event:
        if self._sender is None or self._recipient is None:
            return Ignored("echo")
        conversation = _conversation(page=self._sender, psid=self._recipient)
        if message.get("metadata") in (STILL_WRITING, NOTICE):
            return Ignored("echo")
        if ours := _METADATA.fullmatch(_text(message.get("metadata"))):
            return Receipt(conversation, TurnId(ours["turn"]), int(ours["part"]))
        match handover.author(message, ours=self._app):
            case handover.Author.HUMAN:
                return HumanReplied(conversation, self._at, self._id_of_message(message.get("mid")), _words(message))
            case handover.Author.APP:
                return ThreadTaken(conversation, self._at)
        return Ignored("echo")

    def _conversation(self, psid: str) -> ConversationId:
        return _conversation(page=self._page or "", psid=psid)

    def _other_kind(self, otherwise: str) -> str:
        return next((kind for kind in _OTHER_KINDS if kind in self._item), otherwise)

    def _id_of(self, role: str) -> str | None:
        party = self._item.get(role)
        return lenient_json.identifier(party.get("id")) if isinstance(party, dict) else None

    def _id_of_message(self, mid: object) -> str:
        """Return the message's id, or compute one for a message without: a retry of the same item gets the same id."""
        computed = hashlib.sha256(json.dumps(self._item, sort_keys=True).encode()).hexdigest
        return lenient_json.identifier(mid, longest=_MAX_MID) or computed()


def _conversation(*, page: str, psid: str) -> ConversationId:
    return identity.conversation_of(identity.messenger_person(page, psid))


def _action(enforcement: object) -> str:
    action = enforcement.get("action") if isinstance(enforcement, dict) else None
    return action if action in ("warning", "block", "unblock") else "unknown"


def _count(value: object) -> int:
    try:
        return min(max(int(value), 1), 1000) if isinstance(value, str | int) else 1
    except ValueError:
        return 1


def _words(message: dict[str, Any]) -> str:
    text = message.get("text")
    return buttons.cut(text) if isinstance(text, str) else ""


def _text(value: object) -> str:
    return clean(str(value)[:1000]) if isinstance(value, str | int) else ""
