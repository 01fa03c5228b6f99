"""The owner's API keys: created, listed, shown and revoked. Only `create` returns a key's text."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from chalicelib.access import api_key, rooms, secret_text
from chalicelib.access.api_key import ApiKey
from chalicelib.access.authentication import valid_key
from chalicelib.access.channel_traits import TRAITS
from chalicelib.access.ports import ApiKeys, LiveConnections
from chalicelib.clock import Clock, utc
from chalicelib.content import persona
from chalicelib.errors import BadRequest, StoreError, UnknownKey
from chalicelib.ids import Channel, KeyId

MOST_MESSAGES: Final = 1_000_000_000
MOST_DAYS: Final = 36_500
MOST_ORIGINS: Final = 20
LONGEST_NAME: Final = 100
DEFAULT_PERSONA: Final = TRAITS[Channel.WEB].default_persona
FIELDS: Final = (
    "name",
    "persona",
    "max_messages",
    "daily_messages",
    "days",
    "origins",
    "open_rooms",
    "open",
    "model",
    "answers",
)
STREAMED: Final = "streamed"
WHOLE: Final = "whole"
_ROOM_BYTES: Final = 8
_DAY_MS: Final = 24 * 60 * 60 * 1000
_LOOPBACK: Final = r"([a-z0-9-]+\.)*localhost|127(\.[0-9]{1,3}){3}"
"""What needs no certificate; not `[::1]`, which browsers do not accept in `frame-ancestors`."""
_ORIGIN: Final = re.compile(rf"(https://[a-z0-9.-]+|http://({_LOOPBACK}))(:[0-9]{{1,5}})?", re.ASCII)


class KeyState(StrEnum):
    """Whether a key can be used now, and if not, why."""

    ACTIVE = "active"
    """It can be used."""
    SPENT = "spent"
    """It is valid, but its `max_messages` are used up."""
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class IssuedKey:
    """A new key, and the only copy of its text."""

    key: ApiKey
    text: str = field(repr=False)
    """The key in its text format, with the secret."""


@dataclass(frozen=True)
class ApiKeyService:
    """Manages API keys. Methods that use the store raise StoreError."""

    keys: ApiKeys
    connections: LiveConnections
    daily_limit: int
    """The `daily_messages` of keys that are created without any."""
    random_bytes: Callable[[int], bytes]
    """Returns that many bytes of cryptographic randomness."""
    clock: Clock
    models: Collection[str] = ()
    """The names of the models that the owner listed."""

    def create(self, params: Mapping[str, Any], *, for_owner: bool = False) -> IssuedKey:
        """Create a key. `params` has a `name` and any other of FIELDS; None means no limit. Lifetime `days` from now.

        `for_owner` is as in `ApiKey`; only the command line sets it.
        Raises BadRequest with the first invalid field and its valid values, before anything is stored.
        """
        _check_fields(params)
        new, now = api_key.new(self.random_bytes), self.clock()
        days = _number(params, "days", least=1, most=MOST_DAYS)
        daily_messages = {"daily_messages": self.daily_limit, **params}
        key = ApiKey(
            id=new.id,
            name=_name(params),
            digest=secret_text.digest(new.secret),
            persona=_persona(params),
            created_at=now,
            max_messages=_number(params, "max_messages", least=1, most=MOST_MESSAGES),
            daily_messages=_number(daily_messages, "daily_messages", least=0, most=MOST_MESSAGES),
            origins=_origins(params),
            open_rooms=_flag(params, "open_rooms"),
            is_open=_flag(params, "open"),
            whole_answers=_whole_answers(params),
            model=self._model(params),
            for_owner=for_owner,
            expires_at=None if days is None else now + days * _DAY_MS,
        )
        if not self.keys.create(key):
            raise StoreError("that id is taken: try again")
        return IssuedKey(key, new.text)

    def _model(self, params: Mapping[str, Any]) -> str:
        name = params.get("model") or ""
        if name and name not in self.models:
            listed = f"be one of {', '.join(self.models)}" if self.models else "be listed in PARLEY_MODELS"
            raise BadRequest(f"model must {listed}")
        return str(name)

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, the newest first."""
        return sorted(self.keys.list(), key=lambda key: -key.created_at)

    def show(self, key_id: str) -> ApiKey:
        """Return one key. Raises UnknownKey, also for text that cannot be an id."""
        key = self.keys.counted(KeyId(key_id)) if api_key.is_id(key_id) else None
        if key is None:
            raise UnknownKey("there is no API key of that id")
        return key

    def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key for good, close the connections of all who came with it, and return it. Raises UnknownKey.

        Not atomic: call it again after a failure. A key that is revoked already keeps its time.
        """
        key = self.show(key_id).id
        self.keys.revoke(key, now=self.clock())
        self.connections.close_of_key(key)
        return self.show(key)

    def set_open_rooms(self, key_id: str, *, is_open: bool) -> ApiKey:
        """Set whether the key's visitors may join every room by name, and return the key. Raises UnknownKey.

        If not, all connections of the key are closed, so that nobody stays in a room that they could not join.
        """
        key = self.show(key_id).id
        self.keys.set_open_rooms(key, is_open=is_open)
        if not is_open:
            self.connections.close_of_key(key)
        return self.show(key)

    def rotate(self, key_id: str) -> ApiKey:
        """Refuse the secret that signs the key's visitors from now on, in favour of the next one, and return the key.

        All connections of the key are closed, so that nobody stays whom the refused secret let in. Two rotations at
        once can count as one. Raises UnknownKey.
        """
        key = self.show(key_id)
        self.keys.set_generation(key.id, key.generation + 1)
        self.connections.close_of_key(key.id)
        return self.show(key.id)

    def room(self, key: ApiKey, name: str) -> str:
        """Return the full name of a room of the key. Raises BadRequest for a name that is not valid."""
        if not rooms.is_room_name(name):
            raise BadRequest(f"the name of a room {rooms.NAME_RULE}")
        return rooms.full_name(name, secret=key.digest)

    def room_for_holder(self, text: str, params: Mapping[str, Any]) -> str:
        """Return the full name of a room to whoever has the whole key; without a `name` in `params`, of a new room.

        Raises InvalidToken if the key is not valid, and BadRequest.
        """
        key = valid_key(self.keys, text, now=self.clock())
        name = params.get("name", self.random_bytes(_ROOM_BYTES).hex())
        return self.room(key, name if isinstance(name, str) else "")

    def as_json(self, key: ApiKey) -> dict[str, Any]:
        """Return a key as a JSON object without the secret's digest. Times are ISO texts in UTC, None for never."""
        return {
            "id": key.id,
            "name": key.name,
            "state": state(key, now=self.clock()).value,
            "persona": key.persona,
            "model": key.model or None,
            "max_messages": key.max_messages,
            "used": key.used,
            "daily_messages": key.daily_messages,
            "origins": [*key.origins],
            "open_rooms": key.open_rooms,
            "open": key.is_open,
            "answers": WHOLE if key.whole_answers else STREAMED,
            "created_at": utc(key.created_at),
            "expires_at": utc(key.expires_at),
            "revoked_at": utc(key.revoked_at),
        }


def state(key: ApiKey, *, now: int) -> KeyState:
    """Return the state of a key at `now`; revoked comes before expired, expired before spent."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if not key.is_valid(now=now):
        return KeyState.EXPIRED
    return KeyState.SPENT if key.left == 0 else KeyState.ACTIVE


def _check_fields(params: Mapping[str, Any]) -> None:
    if strange := sorted(params.keys() - set(FIELDS)):
        raise BadRequest(f"unknown {', '.join(strange)}: there are {', '.join(FIELDS)}")


def _name(params: Mapping[str, Any]) -> str:
    name = params.get("name")
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BadRequest(f"name must say in 1 to {LONGEST_NAME} characters what the key is for")
    return name.strip()


def _persona(params: Mapping[str, Any]) -> str:
    name = params.get("persona", DEFAULT_PERSONA)
    if wrong := persona.name_error(name):
        raise BadRequest(f"persona {wrong}")
    return str(name)


def _number(params: Mapping[str, Any], what: str, *, least: int, most: int) -> int | None:
    value = params.get(what)
    if value is None:
        return None
    if type(value) is not int or not least <= value <= most:
        raise BadRequest(f"{what} must be a whole number from {least} to {most}, or null for no limit")
    return value


def _flag(params: Mapping[str, Any], what: str) -> bool:
    value = params.get(what, False)
    if not isinstance(value, bool):
        raise BadRequest(f"{what} must be true or false")
    return value


def _whole_answers(params: Mapping[str, Any]) -> bool:
    answers = params.get("answers", STREAMED)
    if answers not in (STREAMED, WHOLE):
        raise BadRequest(f"answers must be {STREAMED} or {WHOLE}")
    return bool(answers == WHOLE)


def _origins(params: Mapping[str, Any]) -> tuple[str, ...]:
    origins = params.get("origins") or []
    if not isinstance(origins, list | tuple) or len(origins) > MOST_ORIGINS:
        raise BadRequest(f"origins must be a list of up to {MOST_ORIGINS} origins such as https://example.com")
    return tuple(dict.fromkeys(_origin(origin) for origin in origins))


def _origin(given: Any) -> str:
    """Normalise an origin to the form of the `Origin` header: lower case, no default port, no path."""
    origin = str(given).lower().removesuffix("/")
    if origin == api_key.ANY_ORIGIN:
        return origin
    if not _ORIGIN.fullmatch(origin):
        raise BadRequest(
            "origins must be like https://example.com, without a path; on your own computer also with http, "
            "such as http://localhost:3000; or * for any page"
        )
    return origin.removesuffix(":443") if origin.startswith("https:") else origin.removesuffix(":80")
