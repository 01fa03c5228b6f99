"""Taps: the buttons below a notice of a new person, signed for one owner, so that no text is as good as a tap."""

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from chalicelib.ids import PersonId

COMMAND: Final = "/decide"
"""Begins what a button sends, which looks like a command."""
_SIGNATURE_LENGTH: Final = 20
_WORDS: Final = 4


class Tap(StrEnum):
    """What an owner taps; the value is part of what the button sends."""

    ALLOW = "allow"
    """The daily limit applies."""
    FREE = "free"
    """No daily limit applies."""
    BLOCK = "block"
    LATER = "later"
    """Nothing is decided."""
    SHOW = "show"
    """Below a notice of several people: show the buttons of this one."""


@dataclass(frozen=True)
class Tapped:
    """What a button sent."""

    tap: Tap
    person: PersonId
    signature: str = field(repr=False)


def payload(tap: Tap, person: PersonId, *, owner: PersonId, secret: str) -> str:
    """Return what the button sends; `secret` is the one that is stored with the person."""
    return f"{COMMAND} {tap} {person} {_sign(tap, person, owner, secret)}"


def read(text: str) -> Tapped | None:
    """Parse what a button sent; None for every other text."""
    words = text.split()
    if len(words) != _WORDS or words[0] != COMMAND or words[1] not in set(Tap):
        return None
    return Tapped(Tap(words[1]), PersonId(words[2]), words[3])


def is_genuine(tapped: Tapped, *, owner: PersonId, secret: str) -> bool:
    """Whether the button was made for this owner, with this secret."""
    expected = _sign(tapped.tap, tapped.person, owner, secret)
    return bool(secret) and hmac.compare_digest(tapped.signature.encode(), expected.encode())


def _sign(tap: Tap, person: PersonId, owner: PersonId, secret: str) -> str:
    about = f"{tap}\n{person}\n{owner}"
    return hmac.new(secret.encode(), about.encode(), hashlib.sha256).hexdigest()[:_SIGNATURE_LENGTH]
