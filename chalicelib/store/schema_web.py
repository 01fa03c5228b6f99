"""The web chat's keys and items of the table, and back again: the rest of `schema`. Pure."""

from typing import Final

from chalicelib.messages_web import ApiKey, KeyId
from chalicelib.store.schema import Item, Key

KEYS: Final = "KEYS"
"""All API keys stand together: they are few, and listed."""
_KEY_PREFIX: Final = "KEY#"


def api_key_key(key: KeyId) -> Key:
    """An API key's item."""
    return {"pk": KEYS, "sk": f"{_KEY_PREFIX}{key}"}


def api_key_item(key: ApiKey) -> Item:
    """A new API key. It never leaves the table by itself: what has expired is still listed."""
    maybe = {
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
        **{name: value for name, value in maybe.items() if value is not None},
    }


def api_key(item: Item) -> ApiKey:
    """The API key an item holds."""
    return ApiKey(
        id=KeyId(item["sk"].removeprefix(_KEY_PREFIX)),
        name=item["name"],
        digest=item["digest"],
        persona=item["persona"],
        created_at=int(item["created_at"]),
        max_messages=_number(item, "max_messages"),
        used=int(item["used"]),
        daily_messages=_number(item, "daily_messages"),
        origins=tuple(item["origins"]),
        expires_at=_number(item, "expires_at_ms"),
        revoked_at=_number(item, "revoked_at"),
    )


def _number(item: Item, name: str) -> int | None:
    return int(item[name]) if name in item else None
