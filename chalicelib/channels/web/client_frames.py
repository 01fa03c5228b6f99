"""Parses the frames that clients send into values; `docs/websocket.md` promises their shapes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeGuard

from chalicelib.access import identity
from chalicelib.access.authentication import Credentials
from chalicelib.channels import lenient_json
from chalicelib.channels.web import own_frames
from chalicelib.channels.web.room_names import NAME_RULE, InvalidRoom, Room, needed_room_in, room_in
from chalicelib.channels.web.ulid import ulid_parts
from chalicelib.conversation.surrogates import clean
from chalicelib.conversation.turn import Feedback, Received
from chalicelib.ids import TurnId
from chalicelib.settings.languages import known

MAX_FRAME: Final = 32 * 1024
"""Bytes; API Gateway's own limit for a frame."""
_TURN_ID: Final = re.compile(r"\d{13}#[0-9a-f]{64}", re.ASCII)
_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII | re.IGNORECASE)
_MAX_N: Final = 1_000_000
"""Far more frames than a connection may send in the two hours for which it lasts."""
_ACTIONS: Final = (
    "authenticate, send_message, regenerate, cancel, resume, earlier, feedback, join, follow, leave, list, "
    "rename, erase, take_along or ping"
)


@dataclass(frozen=True)
class Authenticate:
    """A request to authenticate the connection."""

    credentials: Credentials
    n: int | None = None
    """The frame's number among those that its client numbers, from 1; None if it does not. So in all frames."""
    forgets: bool = False
    """Whether what is stored about the person is to be deleted, and they are not let in."""


@dataclass(frozen=True)
class SendMessage:
    """A message of the user, to be answered."""

    text: str = field(repr=False)
    id: str | None
    """The client's ULID for the message, in capital letters; the same in each retry."""
    at: int | None
    """The time in the ULID, in milliseconds since 1970."""
    place: int
    """The rest of the ULID, which a monotonic client increases from one message of a millisecond to the next."""
    room: Room | None
    """The room to send it in; None for the conversation that the connection is in."""
    n: int | None = None
    received: Received | None = None
    """When and where it was received; only the handler sets it."""
    language: str = ""
    """The language of the page, one of the bot's; empty if the client names none of these. So in `Regenerate`."""


@dataclass(frozen=True)
class Regenerate:
    """A request to ask the question of a turn again, or to ask another one in its place."""

    turn: TurnId
    text: str | None
    """The other question; None for the turn's own."""
    id: str | None
    """As in `SendMessage`, like the next two."""
    at: int | None
    place: int
    room: Room | None = None
    """The room that the turn is in; None for the conversation that the connection is in. So in the frames below."""
    n: int | None = None
    received: Received | None = None
    """As in `SendMessage`."""
    language: str = ""


@dataclass(frozen=True)
class Cancel:
    """A request to stop the answer to a turn."""

    turn: TurnId
    room: Room | None = None
    n: int | None = None


@dataclass(frozen=True)
class Resume:
    """A request for the frames of a turn that the client has missed."""

    turn: TurnId
    room: Room | None = None
    n: int | None = None


@dataclass(frozen=True)
class Earlier:
    """A request for this turn and those before it."""

    turn: TurnId
    room: Room | None = None
    n: int | None = None


@dataclass(frozen=True)
class GiveFeedback:
    """What the user thinks of the answer to a turn."""

    turn: TurnId
    value: Feedback
    room: Room | None = None
    n: int | None = None


@dataclass(frozen=True)
class Join:
    """A request to move the connection to a room."""

    room: Room
    n: int | None = None


@dataclass(frozen=True)
class Follow:
    """A request to follow a room beside the conversations that the connection follows."""

    room: Room
    n: int | None = None


@dataclass(frozen=True)
class Leave:
    """A request to follow a room no more."""

    room: Room
    n: int | None = None


@dataclass(frozen=True)
class Ping:
    """A request for a `pong`, which also keeps the connection from being closed as idle."""

    n: int | None = None


@dataclass(frozen=True)
class InvalidFrame:
    """A frame that could not be parsed, as the fields of the `error` frame that answers it."""

    code: str
    message: str
    id: str | None = None
    n: int | None = None


AboutTurn = Regenerate | Cancel | Resume | Earlier | GiveFeedback
AboutRoom = Join | Follow | Leave
ClientFrame = Authenticate | SendMessage | AboutTurn | AboutRoom | own_frames.AboutOwn | own_frames.TakeAlong | Ping
_CREDENTIALS: Final[dict[str, Literal["apiKey", "ticket", "token"]]] = {
    "apiKey": "apiKey",
    "api_key": "apiKey",
    "ticket": "ticket",
    "token": "token",
}
"""The kind of credentials by field; `api_key` is an older client's name."""


def parse(body: str) -> ClientFrame | InvalidFrame:
    """Parse and validate the text of a frame; raises nothing, whatever the text is."""
    raw = body.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_FRAME:
        return InvalidFrame("too_large", f"a frame may have {MAX_FRAME // 1024} KB")
    try:
        values = lenient_json.load(raw)
    except (ValueError, RecursionError):
        return InvalidFrame("bad_json", "a frame must be one JSON object")
    if not isinstance(values, dict):
        return InvalidFrame("bad_json", "a frame must be one JSON object")
    n = values.get("n")
    if n is not None and not _is_number(n):
        return InvalidFrame("bad_frame", f"`n` must be a whole number from 1 to {_MAX_N}")
    frame, tag = replace(_dispatch(values), n=n), values.get("language")
    if isinstance(frame, SendMessage | Regenerate) and isinstance(tag, str):
        return replace(frame, language=known(tag))
    return frame


def _is_number(n: Any) -> bool:
    return isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= _MAX_N


def _dispatch(values: dict[Any, Any]) -> ClientFrame | InvalidFrame:
    action = values.get("action", "send_message" if "data" in values else None)
    parser = _PARSERS.get(action) if isinstance(action, str) else None
    if parser is None:
        return InvalidFrame("unknown_action", f"`action` must be {_ACTIONS}")
    try:
        return parser(values)
    except (InvalidRoom, own_frames.InvalidOwnFrame) as exc:
        message_id = _message_id(values)
        return InvalidFrame("bad_frame", str(exc), message_id if isinstance(message_id, str) else None)


def _authenticate(values: dict[Any, Any]) -> Authenticate | InvalidFrame:
    given = [(kind, values[name]) for name, kind in _CREDENTIALS.items() if name in values]
    match given:
        case [(kind, str(credential))] if 0 < len(credential) <= own_frames.MAX_CREDENTIAL:
            visitor = _name(values.get("visitor"))
        case _:
            return InvalidFrame("bad_frame", "`authenticate` needs one of `apiKey`, `ticket` and `token`, as a text")
    if "visitor" in values and visitor is None:
        return InvalidFrame("bad_frame", f"`visitor` {NAME_RULE}")
    return Authenticate(Credentials(kind, clean(credential), visitor), forgets=values.get("forget") is True)


def _send_message(values: dict[Any, Any]) -> SendMessage | InvalidFrame:
    message_id = _message_id(values)
    if isinstance(message_id, InvalidFrame):
        return message_id
    text = next((values[name] for name in ("message", "prompt", "data") if name in values), None)
    if not _is_question(text):
        return replace(_BLANK, id=message_id)
    at, place = ulid_parts(message_id)
    return SendMessage(clean(text), message_id, at, place, room_in(values))


def _is_question(text: Any) -> TypeGuard[str]:
    return isinstance(text, str) and bool(text.strip())


def _regenerate(values: dict[Any, Any]) -> Regenerate | InvalidFrame:
    message_id, turn = _message_id(values), _turn_id(values)
    if isinstance(message_id, InvalidFrame):
        return message_id
    if turn is None:
        return replace(_INVALID_TURN, id=message_id)
    text = values.get("message")
    if text is not None and not _is_question(text):
        return replace(_BLANK, id=message_id)
    at, place = ulid_parts(message_id)
    return Regenerate(turn, clean(text) if text else None, message_id, at, place, room_in(values))


def _message_id(values: dict[Any, Any]) -> str | InvalidFrame | None:
    message_id = values.get("id")
    if message_id is None:
        return None
    if not (isinstance(message_id, str) and _ULID.fullmatch(message_id)):
        return InvalidFrame("bad_frame", "`id` must be a ULID")
    return message_id.upper()


def _cancel(values: dict[Any, Any]) -> Cancel | InvalidFrame:
    turn = _turn_id(values)
    return Cancel(turn, room_in(values)) if turn else _INVALID_TURN


def _resume(values: dict[Any, Any]) -> Resume | InvalidFrame:
    turn = _turn_id(values)
    return Resume(turn, room_in(values)) if turn else _INVALID_TURN


def _earlier(values: dict[Any, Any]) -> Earlier | InvalidFrame:
    turn = _turn_id(values)
    return Earlier(turn, room_in(values)) if turn else _INVALID_TURN


def _feedback(values: dict[Any, Any]) -> GiveFeedback | InvalidFrame:
    turn, value = _turn_id(values), values.get("value")
    if turn is None:
        return _INVALID_TURN
    if value not in tuple(Feedback):
        return InvalidFrame("bad_frame", "`value` must be up or down")
    return GiveFeedback(turn, Feedback(value), room_in(values))


def _turn_id(values: dict[Any, Any]) -> TurnId | None:
    turn = values.get("turn")
    return TurnId(turn) if isinstance(turn, str) and _TURN_ID.fullmatch(turn) else None


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and identity.is_name(value) else None


_BLANK: Final = InvalidFrame("bad_frame", "`message` must be a text that is not blank")
_INVALID_TURN: Final = InvalidFrame("bad_frame", "`turn` must be the id of a turn, as a frame from the bot gave it")
_PARSERS: Final[dict[str, Callable[[dict[Any, Any]], ClientFrame | InvalidFrame]]] = {
    "authenticate": _authenticate,
    "send_message": _send_message,
    "sendMessage": _send_message,
    "message": _send_message,
    "regenerate": _regenerate,
    "cancel": _cancel,
    "resume": _resume,
    "earlier": _earlier,
    "feedback": _feedback,
    "join": lambda values: Join(needed_room_in(values)),
    "follow": lambda values: Follow(needed_room_in(values)),
    "leave": lambda values: Leave(needed_room_in(values)),
    "list": lambda _: own_frames.ListConversations(),
    "rename": own_frames.rename,
    "erase": own_frames.erase,
    "take_along": own_frames.take_along,
    "ping": lambda _: Ping(),
}
"""The parser for each action; `sendMessage` and `message` are the names of older clients."""
