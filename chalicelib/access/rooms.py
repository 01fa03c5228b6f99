"""The full names of rooms, which cannot be guessed: a name, a dot and a code made with a secret. Nothing is stored."""

import base64
import hmac
from typing import Final

from chalicelib.access import identity

_CODE_BYTES: Final = 16
_CODE_LENGTH: Final = 22
LONGEST_NAME: Final = 64 - 1 - _CODE_LENGTH
"""Characters of a name that can have a code: a full name is a room's name too."""
NAME_RULE: Final = f"must be 1 to {LONGEST_NAME} of A-Z a-z 0-9 . _ -"


def is_room_name(name: str) -> bool:
    """Whether a full name can be made of the name."""
    return identity.is_name(name) and len(name) <= LONGEST_NAME


def full_name(name: str, *, secret: str) -> str:
    """Return `<name>.<code>`; the code is 128 bits of an HMAC-SHA256 of the name, in base64url.

    `secret` is the digest of the API key's secret, which its holder can compute too; for people who signed in it is the
    secret that signs tickets.
    """
    code = hmac.digest(secret.encode(), f"room {name}".encode(), "sha256")[:_CODE_BYTES]
    return f"{name}.{base64.urlsafe_b64encode(code).decode().rstrip('=')}"


def is_full_name(room: str, *, secret: str) -> bool:
    """Verify a full name, in constant time."""
    name, _, _ = room.rpartition(".")
    return hmac.compare_digest(full_name(name, secret=secret).encode(), room.encode())
