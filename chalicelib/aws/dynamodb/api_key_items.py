"""Converts API keys to DynamoDB items and back."""

from chalicelib.access.api_key import ApiKey
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import API_KEY_PREFIX, api_key_key
from chalicelib.ids import KeyId


def api_key_item(key: ApiKey) -> Item:
    """The item of a new API key. It has no `expires_at`: DynamoDB would delete expired keys, and they are listed."""
    optional = {
        "max_messages": key.max_messages,
        "daily_messages": key.daily_messages,
        "expires_at_ms": key.expires_at,
        "revoked_at": key.revoked_at,
    }
    return {
        **api_key_key(key.id),
        "name": key.name,
        "digest": key.digest,
        "persona": key.persona,
        "created_at": key.created_at,
        "used": key.used,
        "origins": list(key.origins),
        **({"open_rooms": True} if key.open_rooms else {}),
        **({"open": True} if key.is_open else {}),
        **({"whole_answers": True} if key.whole_answers else {}),
        **({"model": key.model} if key.model else {}),
        **({"for_owner": True} if key.for_owner else {}),
        **({"generation": key.generation} if key.generation > 1 else {}),
        **{name: value for name, value in optional.items() if value is not None},
    }


def api_key(item: Item) -> ApiKey:
    """The API key of an item."""
    return ApiKey(
        id=KeyId(item["sk"].removeprefix(API_KEY_PREFIX)),
        name=item["name"],
        digest=item["digest"],
        persona=item["persona"],
        created_at=int(item["created_at"]),
        max_messages=_number(item, "max_messages"),
        used=int(item["used"]),
        daily_messages=_number(item, "daily_messages"),
        origins=tuple(item["origins"]),
        open_rooms=bool(item.get("open_rooms", False)),
        is_open=bool(item.get("open", False)),
        whole_answers=bool(item.get("whole_answers", False)),
        model=str(item.get("model", "")),
        for_owner=bool(item.get("for_owner", False)),
        generation=int(item.get("generation", 1)),
        expires_at=_number(item, "expires_at_ms"),
        revoked_at=_number(item, "revoked_at"),
    )


def is_valid(item: Item, *, now: int) -> bool:
    """Whether the key of an item, its own or a part of its count, is neither revoked nor expired at `now`."""
    expires_at = _number(item, "expires_at_ms")
    return "revoked_at" not in item and (expires_at is None or now < expires_at)


def _number(item: Item, name: str) -> int | None:
    return int(item[name]) if name in item else None
