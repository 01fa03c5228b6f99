"""Secrets of 256 random bits, as texts that fit into addresses and cookies; only their hashes are stored."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Final

_BYTES: Final = 32
FORM: Final = "[A-Za-z0-9_-]{43}"
"""The form of such a text, as a regular expression for re.ASCII."""
_FORM: Final = re.compile(FORM, re.ASCII)


def new(random_bytes: Callable[[int], bytes]) -> str:
    """Generate a secret; `random_bytes` returns that many bytes of cryptographic randomness."""
    return base64.urlsafe_b64encode(random_bytes(_BYTES)).decode().rstrip("=")


def is_secret(text: str) -> bool:
    """Whether the text has the form of a secret; others need not be looked up."""
    return bool(_FORM.fullmatch(text))


def digest(secret: str) -> str:
    """Hash a secret for storage. One of so many random bits needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
