"""How a page, an app and a token are registered at Meta, as values; no rule and no call lives here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Holder:
    """Whom a token speaks for."""

    id: str
    name: str


@dataclass(frozen=True)
class Token:
    """What Meta says of the page token. Times are milliseconds since 1970, None for never."""

    is_valid: bool
    app_id: str
    """Empty when Meta does not say: of what is no token at all."""
    kind: str
    """`PAGE` for a page's, `USER` for a person's."""
    scopes: frozenset[str]
    expires_at: int | None
    data_access_expires_at: int | None


@dataclass(frozen=True)
class AppSubscription:
    """Where Meta sends what happens on the pages of an app."""

    callback_url: str
    active: bool
    fields: frozenset[str]
