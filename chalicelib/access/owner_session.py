"""The owner's way to the owner's page: a link that works once, then a session in a cookie.

Link and cookie are `secret_text`s, of which only hashes are stored. Times are milliseconds since 1970.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from chalicelib.access import secret_text
from chalicelib.ids import PersonId

LINK_KEPT_S: Final = 5 * 60
"""How long a link works."""
IDLE_S: Final = 12 * 60 * 60
"""How long a session lasts that is not used."""
LONGEST_S: Final = 7 * 24 * 60 * 60
"""How long a session lasts at most."""
RENEWED_MS: Final = 10 * 60 * 1000
"""How often the use of a session is stored at most."""
COOKIE: Final = "__Host-parley"
"""The cookie's name. Browsers take one with this prefix only from this host itself, and only over HTTPS."""
_CODE: Final = 16


@dataclass(frozen=True)
class OwnerSession:
    """A browser in which an owner is signed in."""

    id: str
    """The hash of the cookie's text."""
    owner: str
    """`owner_code` of the owner who got the link in a chat; empty if a command printed it."""
    began_at: int
    used_at: int

    @property
    def ends_at(self) -> int:
        """When the session ends if it is not used again, to the second."""
        return min(self.used_at // 1000 + IDLE_S, self.began_at // 1000 + LONGEST_S) * 1000


def owner_code(person: PersonId) -> str:
    """Return what links and sessions have of their owner: a hash, in which no id can be read."""
    return hashlib.sha256(f"owner {person}".encode()).hexdigest()[:_CODE]


def form_code(cookie: str) -> str:
    """Return what each form of a session carries, so that no page of another site can send one.

    It is computed from the cookie's text, which no page can read.
    """
    return hmac.digest(cookie.encode(), b"form", "sha256").hex()


def is_form_code(code: str, *, cookie: str) -> bool:
    """Whether the form is one of this session; takes the same time for each code."""
    return hmac.compare_digest(code.encode(), form_code(cookie).encode())


def is_own_form(*, host: str, origin: str, site: str) -> bool:
    """Whether a browser sent the form from a page of this host, by its headers `Origin` and `Sec-Fetch-Site`.

    No page can write either. Browsers from before 2023 may send `Origin` alone; one that sends neither is not trusted.
    """
    return site == "same-origin" if site else origin.partition("://")[2] == host


def cookie_in(header: str) -> str:
    """Return the text of the session's cookie in a request's `Cookie` header; empty if it has none that may be one."""
    for pair in header.split(";"):
        name, _, text = pair.strip().partition("=")
        if name == COOKIE:
            return text if secret_text.is_secret(text) else ""
    return ""


def set_cookie(text: str) -> str:
    """Return the header that sets the cookie; for an empty text, the one that deletes it."""
    age = LONGEST_S if text else 0
    return f"{COOKIE}={text}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Lax"
