"""Handles: short names of users for the owner to type in place of ids."""

import re
from collections.abc import Iterable
from typing import Final

from chalicelib.access import identity
from chalicelib.ids import PersonId

FEWEST: Final = 4
"""Characters of a handle that suffice, if no other user's handle begins with them."""
_HANDLE: Final = re.compile(rf"[0-9a-f]{{{FEWEST},8}}", re.ASCII)


def handle_of(person: PersonId) -> str:
    """Return a user's handle: 8 hex digits, always the same."""
    return identity.pseudonym(person)


def is_handle(text: str) -> bool:
    """Whether the text may be a handle, or its beginning: 4 to 8 hex digits in small letters."""
    return bool(_HANDLE.fullmatch(text))


def matching(text: str, ids: Iterable[PersonId]) -> list[PersonId]:
    """Return those whose handles begin with the text, in the given order; none if it cannot be a handle."""
    return [person for person in ids if handle_of(person).startswith(text)] if is_handle(text) else []
