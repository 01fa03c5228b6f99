"""What a client may send over a WebSocket, read from its text; `docs/websocket.md` promises the shapes. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from chalicelib.access import identity
from chalicelib.access.authentication import Credentials
from chalicelib.channels import lenient_json
from chalicelib.ids import TurnId

MAX_FRAME: Final = 32 * 1024
"""Bytes, as API Gateway has it."""
_TURN: Final = re.compile(r"\d{13}#[0-9a-f]{64}", re.ASCII)
_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII | re.IGNORECASE)
_ULID_TIME: Final = 10
_CROCKFORD: Final = {digit: value for value, digit in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}
_MAX_CREDENTIAL: Final = 8 * 1024
_NAME_RULE: Final = "must be 1 to 64 of A-Z a-z 0-9 . _ -"


@dataclass(frozen=True)
class Authenticate:
    """Authenticates the connection."""

    credentials: Credentials


@dataclass(frozen=True)
class SendMessage:
    """A question."""

    text: str = field(repr=False)
    id: str | None
    """The client's own, the same when it is sent again."""
    at: int | None
    """When the client made the id, in milliseconds since 1970."""
    room: str | None
    """Where to ask it, unless where the socket is."""


@dataclass(frozen=True)
class Cancel:
    """No more of this turn."""

    turn: TurnId


@dataclass(frozen=True)
class Resume:
    """Go on with this turn."""

    turn: TurnId


@dataclass(frozen=True)
class Join:
    """Move to a room."""

    room: str


@dataclass(frozen=True)
class Ping:
    """Are you there?"""


@dataclass(frozen=True)
class InvalidFrame:
    """Nothing of the above; what the client is told."""

    code: str
    message: str
    id: str | None = None


ClientFrame = Authenticate | SendMessage | Cancel | Resume | Join | Ping
_CREDENTIALS: Final[dict[str, Literal["apiKey", "ticket", "token"]]] = {
    "apiKey": "apiKey",
    "api_key": "apiKey",
    "ticket": "ticket",
    "token": "token",
}


def parse(body: str) -> ClientFrame | InvalidFrame:
    """Whatever comes, a clean value; never raises."""
    raw = body.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_FRAME:
        return InvalidFrame("too_large", f"a frame may have {MAX_FRAME // 1024} KB")
    try:
        frame = lenient_json.load(raw)
    except (ValueError, RecursionError):
        return InvalidFrame("bad_json", "a frame must be one JSON object")
    return _read(frame) if isinstance(frame, dict) else InvalidFrame("bad_json", "a frame must be one JSON object")


def _read(frame: dict[Any, Any]) -> ClientFrame | InvalidFrame:
    action = frame.get("action", "send_message" if "data" in frame else None)
    reader = _READERS.get(action) if isinstance(action, str) else None
    return reader(frame) if reader else InvalidFrame("unknown_action", "`action` must be one that the documents name")


def _authenticate(frame: dict[Any, Any]) -> Authenticate | InvalidFrame:
    given = [(kind, frame[name]) for name, kind in _CREDENTIALS.items() if name in frame]
    match given:
        case [(kind, str(credential))] if 0 < len(credential) <= _MAX_CREDENTIAL:
            pass
        case _:
            return InvalidFrame("bad_frame", "`authenticate` needs one of `apiKey`, `ticket` and `token`, as a text")
    visitor = _name(frame.get("visitor", "-"))
    if visitor is None:
        return InvalidFrame("bad_frame", f"`visitor` {_NAME_RULE}")
    return Authenticate(Credentials(kind, lenient_json.clean(credential), visitor))


def _send(frame: dict[Any, Any]) -> SendMessage | InvalidFrame:
    own = frame.get("id")
    if own is not None and not (isinstance(own, str) and _ULID.fullmatch(own)):
        return InvalidFrame("bad_frame", "`id` must be a ULID")
    own = own.upper() if own else None
    text = next((frame[name] for name in ("message", "prompt", "data") if name in frame), None)
    if not isinstance(text, str) or not text.strip():
        return InvalidFrame("bad_frame", "`message` must be a text with something in it", own)
    where = frame.get("conversationId")
    if where is not None and _name(where) is None:
        return InvalidFrame("bad_frame", f"`conversationId` {_NAME_RULE}", own)
    return SendMessage(lenient_json.clean(text), own, _made_at(own) if own else None, where)


def _cancel(frame: dict[Any, Any]) -> Cancel | InvalidFrame:
    turn = _turn(frame)
    return Cancel(turn) if turn else _NO_TURN


def _resume(frame: dict[Any, Any]) -> Resume | InvalidFrame:
    turn = _turn(frame)
    return Resume(turn) if turn else _NO_TURN


def _join(frame: dict[Any, Any]) -> Join | InvalidFrame:
    room = _name(frame.get("room"))
    return Join(room) if room else InvalidFrame("bad_frame", f"`room` {_NAME_RULE}")


def _made_at(ulid: str) -> int:
    at = 0
    for digit in ulid[:_ULID_TIME]:
        at = at * len(_CROCKFORD) + _CROCKFORD[digit]
    return at


def _turn(frame: dict[Any, Any]) -> TurnId | None:
    turn = frame.get("turn")
    return TurnId(turn) if isinstance(turn, str) and _TURN.fullmatch(turn) else None


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and identity.is_name(value) else None


_NO_TURN: Final = InvalidFrame("bad_frame", "`turn` must be one that a frame of the bot named")
_READERS: Final[dict[str, Callable[[dict[Any, Any]], ClientFrame | InvalidFrame]]] = {
    "authenticate": _authenticate,
    "send_message": _send,
    "sendMessage": _send,
    "message": _send,
    "cancel": _cancel,
    "resume": _resume,
    "join": _join,
    "ping": lambda _: Ping(),
}
"""By action; the frames of older systems are aliases."""
