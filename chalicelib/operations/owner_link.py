"""Makes links to the owner's page: each works once, within five minutes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.access import owner_session, secret_text
from chalicelib.access.owner_session_ports import OwnerSessions
from chalicelib.clock import Clock
from chalicelib.errors import ConfigError
from chalicelib.ids import PersonId
from chalicelib.settings.stage import Secret

PATH: Final = "owner/in"
"""The path of a link, below the address of the REST API; the link's text follows."""


@dataclass(frozen=True)
class OwnerLinks:
    """Makes links to the page of one stage."""

    sessions: OwnerSessions
    api_url: Callable[[], str]
    """Returns the address of the REST API, without a slash at its end. Raises ConfigError."""
    random_bytes: Callable[[int], bytes]
    clock: Clock

    def mint(self, owner: PersonId | None) -> str:
        """Return the address of a new link for an owner, None for who runs a command. Raises StoreError, ConfigError.

        Any browser may use the address, so it goes only to that owner, and never into a log.
        """
        text = secret_text.new(self.random_bytes)
        address = f"{self.api_url()}/{PATH}/{text}"
        code = owner_session.owner_code(owner) if owner else ""
        self.sessions.offer(secret_text.digest(text), code, now=self.clock())
        return address


def api_url(find: Callable[[Secret], str | None]) -> str:
    """Return the address of the stage's REST API, as its deployment stored it, without a slash at its end.

    `find` reads what is stored. Raises ConfigError where nothing is.
    """
    if url := find(Secret.API_URL):
        return url.rstrip("/")
    if webhook := find(Secret.WEBHOOK_URL):
        return webhook.removesuffix("/webhook")
    raise ConfigError("the bot has no address yet: deploy it first")
