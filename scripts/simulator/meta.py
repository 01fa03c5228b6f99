"""Simulates Messenger: test people, signed webhook requests with retries and echoes, and the Graph API for messages."""

import asyncio
import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chalicelib.settings.stage import Secret
from scripts.simulator.meta_admin import GraphRefusal, MetaAdmin
from scripts.simulator.recorder import Recorder

PAGE_ID = "100200300400500"
APP_ID = 900800700600500
PAGE_NAME = "Your page"
_NAMES = ("Anna", "Ben", "Chloé")
_TYPING_MS = 20_000
_DELIVERIES = 3
_RETRY_S = 1.0
_MAX_TEXT = 2000
_WINDOW_MS = 24 * 60 * 60 * 1000
"""After a person's last message, the page may write for so long without having been asked something."""


@dataclass
class Message:
    """A message in a thread."""

    mid: str
    sender: str
    text: str
    at: int
    attachments: list[str] = field(default_factory=list)
    quick_replies: list[Any] = field(default_factory=list)
    status: str = "sent"


@dataclass
class TestPerson:
    """A user of Messenger."""

    psid: str
    name: str
    typing_until: int = 0
    seen_at: int | None = None
    came_by: str = ""
    """The `ref` of the link that opened the conversation; it comes with the first message."""
    messages: list[Message] = field(default_factory=list)

    def wrote_since(self, at: int) -> bool:
        """Whether the person has written at that time or later."""
        return any(message.sender != "page" and message.at >= at for message in self.messages)

    def as_json(self) -> dict[str, Any]:
        """Serialise the person for the Messenger page."""
        messages = [{**asdict(message), "from": message.sender} for message in self.messages]
        return {
            "psid": self.psid,
            "name": self.name,
            "typing": self.typing_until > now(),
            "seen_at": self.seen_at,
            "messages": messages,
        }


class Meta:
    """One page with its people, and one app whose webhook is at `webhook_url`; empty means no webhook yet.

    `known` has secrets of an earlier run, by their names in SSM; others are new.
    """

    def __init__(self, webhook_url: str = "", known: Mapping[str, str] = MappingProxyType({})) -> None:
        self.recorder = Recorder()
        self.app_secret = known.get(Secret.APP_SECRET) or secrets.token_hex(16)
        self.verify_token = known.get(Secret.VERIFY_TOKEN) or secrets.token_urlsafe(12)
        self.page_token = known.get(Secret.PAGE_TOKEN) or secrets.token_urlsafe(24)
        self._home = webhook_url
        self._client = httpx2.AsyncClient(timeout=30, trust_env=False)
        page = {"id": PAGE_ID, "name": PAGE_NAME}
        self.admin = MetaAdmin(str(APP_ID), self.app_secret, page, self.page_token, self._client)
        self._numbers = itertools.count(1)
        self._echoes: set[asyncio.Task[int]] = set()
        self.people: dict[str, TestPerson] = {}
        self.held: set[str] = set()
        """The people whose threads another app has."""
        self.began_at = 0
        self.reset()

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets of app and page that the bot needs, by their names in SSM."""
        return {
            Secret.APP_ID: str(APP_ID),
            Secret.APP_SECRET: self.app_secret,
            Secret.VERIFY_TOKEN: self.verify_token,
            Secret.PAGE_TOKEN: self.page_token,
        }

    @property
    def webhook_url(self) -> str:
        """The address of the webhook; setting it also sets up subscriptions and profile."""
        return self.admin.callback_url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self._home = url
        self.admin.set_up(url)

    def reset(self) -> None:
        """Restore the initial state: three test people without messages, and the initial set-up."""
        self.recorder.reset()
        self.admin.recorder.reset()
        if self._home:
            self.admin.set_up(self._home)
        self.began_at = now()
        self.people.clear()
        self.held.clear()
        for name in _NAMES:
            self.add(name)

    def kept(self) -> list[Mapping[str, Any]]:
        """Return the people with their messages, to be restored in a later run."""
        return [asdict(person) for person in list(self.people.values())]

    def restore(self, people: Sequence[Mapping[str, Any]]) -> None:
        """Put the people of an earlier run in the place of the first three; no people changes nothing.

        A message that was being sent when that run ended may not have arrived.
        """
        restored = {}
        for person in people:
            messages = [Message(**message) for message in person["messages"]]
            for message in messages:
                message.status = "failed" if message.status == "sending" else message.status
            restored[person["psid"]] = TestPerson(
                person["psid"], person["name"], 0, person["seen_at"], messages=messages
            )
        self.people = restored or self.people

    def add(self, name: str) -> TestPerson:
        """Add a person with a page-scoped id derived from the name."""
        stem = "".join(char for char in name.lower() if char.isalnum()) or "person"
        names = itertools.chain([stem], (f"{stem}{number}" for number in itertools.count(2)))
        psid = next(name for name in names if name not in self.people)
        return self.person(psid, name)

    def person(self, psid: str, name: str = "") -> TestPerson:
        """Return a person, creating one on first use."""
        return self.people.setdefault(psid, TestPerson(psid, name or psid))

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._client.aclose()

    # -- what people do ------------------------------------------------------------------------------------------

    async def say(self, psid: str, text: str, *, payload: str | None = None) -> tuple[str, int]:
        """Send a message, or a tap on a quick reply; returns its id and the webhook's status."""
        message = self._bubble(psid, text)
        quick_reply = {"quick_reply": {"payload": payload}} if payload else {}
        said = {"mid": message.mid, "text": text, **quick_reply, **self._referral(psid)}
        return message.mid, await self._send(psid, message, {"message": said})

    async def attach(self, psid: str, kind: str) -> tuple[str, int]:
        """Send a photo or a sticker; returns the message id and the webhook's status."""
        message = self._bubble(psid, "", attachments=[kind])
        sticker = {"sticker_id": 369239263222822} if kind == "sticker" else {}
        attachment = {"type": "image", "payload": {"url": "https://example.invalid/picture", **sticker}}
        return message.mid, await self._send(
            psid, message, {"message": {"mid": message.mid, "attachments": [attachment]}}
        )

    async def tap(self, psid: str, title: str, payload: str) -> tuple[str, int]:
        """Send a postback, such as a tap on Get Started; returns the message id and the webhook's status."""
        message = self._bubble(psid, title)
        postback = {"mid": message.mid, "title": title, "payload": payload, **self._referral(psid)}
        return message.mid, await self._send(psid, message, {"postback": postback})

    async def open_link(self, psid: str, ref: str) -> tuple[str, int]:
        """Open the link `m.me/<page>?ref=…`; an empty conversation tells the webhook with the first message only."""
        person = self.person(psid)
        person.came_by = ref
        if not person.messages:
            return "", 200
        return "", await self.deliver(self._item(psid, self._referral(psid)))

    def _referral(self, psid: str) -> dict[str, Any]:
        """Return the link by which the person came, once."""
        person = self.person(psid)
        ref, person.came_by = person.came_by, ""
        return {"referral": {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}} if ref else {}

    async def unsend(self, psid: str, mid: str) -> tuple[str, int]:
        """Remove a message that the person unsends; returns its id and the webhook's status."""
        for message in self.person(psid).messages:
            if message.mid == mid:
                message.text, message.attachments, message.status = "", [], "unsent"
        return mid, await self.deliver(self._item(psid, {"message": {"mid": mid, "is_deleted": True}}))

    async def deliver(self, item: Mapping[str, Any], *, standby: bool = False) -> int:
        """Send one signed webhook request, up to three times until the status is 200.

        `standby` is whether another app has the thread. Returns the last status, 0 for no response.
        """
        if not self.admin.is_listening:
            return 0
        entry = {"id": PAGE_ID, "time": now(), "standby" if standby else "messaging": [item]}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        signature = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
        status = 0
        for attempt in range(_DELIVERIES):
            await asyncio.sleep(_RETRY_S * attempt)
            try:
                status = (await self._client.post(self.webhook_url, content=body, headers=headers)).status_code
            except httpx2.HTTPError:
                continue
            if status == 200:  # noqa: PLR2004
                break
        return status

    def _bubble(self, psid: str, text: str, attachments: list[str] | None = None) -> Message:
        message = Message(self.new_mid(), "person", text, now(), attachments or [], status="sending")
        self.person(psid).messages.append(message)
        return message

    async def _send(self, psid: str, message: Message, content: Mapping[str, Any]) -> int:
        status = await self.deliver(self._item(psid, content, at=message.at), standby=psid in self.held)
        message.status = "sent" if status == 200 else "failed"  # noqa: PLR2004
        return status

    def _item(self, psid: str, content: Mapping[str, Any], *, at: int = 0) -> dict[str, Any]:
        return {"sender": {"id": psid}, "recipient": {"id": PAGE_ID}, "timestamp": at or now(), **content}

    def new_mid(self) -> str:
        """Return an id for a message."""
        return f"m_{secrets.token_urlsafe(12)}_{next(self._numbers)}"

    # -- the Graph API -------------------------------------------------------------------------------------------

    def routes(self) -> list[Route]:
        """Return the routes below the base URL of the Graph API."""
        return [
            Route("/{version}/{page}/messages", self._messages, methods=["POST"]),
            Route("/{version}/{page}/conversations", self._threads),
            *self.admin.routes(),
        ]

    async def _threads(self, request: Request) -> Response:
        """Return where a person's thread is in the page's inbox, in the form of Meta's: without a host."""
        psid = request.query_params.get("user_id", "")
        return JSONResponse({"data": [{"id": f"t_{psid}", "link": f"/{PAGE_ID}/inbox/{psid}/?section=messages"}]})

    async def _messages(self, request: Request) -> Response:
        behaviour = self.recorder.behaviour
        failure = behaviour.next_failure()
        body = await request.json()
        await asyncio.sleep(behaviour.delay_ms / 1000)
        if failure:
            status, answer = failure.status, failure.body or {"error": {"message": "as you wished", "code": 0}}
        else:
            status, answer = self._take(request.query_params, body)
        self.recorder.record("POST", request.url.path.removeprefix("/graph"), body, status)
        return JSONResponse(answer, status)

    def _take(self, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        try:
            self.admin.check(query, "pages_messaging")
            return 200, self._carry_out(body)
        except GraphRefusal as exc:
            return 400, exc.body

    def _carry_out(self, body: Any) -> dict[str, Any]:
        match body:
            case {"recipient": {"id": str(psid)}, "sender_action": str(action), **rest} if not rest:
                self._act(self.person(psid), action)
                return {"recipient_id": psid}
            case {
                "recipient": {"id": str(psid)},
                "messaging_type": ("RESPONSE" | "UPDATE") as kind,
                "message": {"text": str(text)} as message,
            }:
                if psid in self.held:
                    raise GraphRefusal(10, "Another app is controlling this thread now", 2018300)
                if kind == "UPDATE" and not self.person(psid).wrote_since(now() - _WINDOW_MS):
                    raise GraphRefusal(10, "This message is sent outside of allowed window.", 2018278)
                if not text.strip() or len(text.encode("utf-16-le")) // 2 > _MAX_TEXT:
                    raise GraphRefusal(100, "Message text must be 1 to 2000 characters")
                return {"recipient_id": psid, "message_id": self._receive(self.person(psid), text, message)}
        raise GraphRefusal(100, "Invalid parameter")

    def _act(self, person: TestPerson, action: str) -> None:
        match action:
            case "mark_seen":
                person.seen_at = now()
            case "typing_on":
                person.typing_until = now() + _TYPING_MS
            case "typing_off":
                person.typing_until = 0
            case _:
                raise GraphRefusal(100, "Invalid sender action")

    def _receive(self, person: TestPerson, text: str, message: Mapping[str, Any]) -> str:
        person.typing_until = 0
        person.seen_at = now()
        quick_replies = message.get("quick_replies", [])
        bubble = Message(self.new_mid(), "page", text, now(), quick_replies=quick_replies)
        person.messages.append(bubble)
        metadata = {"metadata": message["metadata"]} if "metadata" in message else {}
        echo = {"mid": bubble.mid, "text": text, "is_echo": True, "app_id": APP_ID, **metadata}
        item = {"sender": {"id": PAGE_ID}, "recipient": {"id": person.psid}, "timestamp": bubble.at, "message": echo}
        task = asyncio.ensure_future(self.deliver(item))
        self._echoes.add(task)
        task.add_done_callback(self._echoes.discard)
        return bubble.mid


def now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
