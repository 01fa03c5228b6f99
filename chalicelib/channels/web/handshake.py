"""Reads who is there from the address of a handshake, such as `wss://…?Auth=<token>`, and refuses who is not let in.

Programs see the status of a refusal. Browsers show a page nothing of it, so what only a page can get wrong, the origin
of an open key, is told by a frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access.admission import BLOCKED, Admission
from chalicelib.access.authentication import Authenticator, Credentials, Kind, Rejected
from chalicelib.conversation.connection import Connection
from chalicelib.errors import IssuerUnavailable

OPEN: Final = 200
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_UNAVAILABLE: Final = 503
PARAMETERS: Final[Mapping[str, Kind]] = {"Auth": "token", "ticket": "addressTicket", "config": "openKey"}
"""The kind of credentials by parameter of the address; `Auth` is the name that an older system gave it."""
_FORBIDDING: Final = frozenset({"wrong_origin", "blocked"})
"""Codes that say who is there and may not come in; after all others the client may try other credentials."""
_MISSING: Final = Rejected("auth_failed", "the address names no credentials")
_AMBIGUOUS: Final = Rejected("auth_failed", "the address names credentials of several kinds")


@dataclass(frozen=True)
class Answer:
    """What `$connect` answers."""

    status: int
    """An HTTP status; OPEN lets the client connect."""
    code: str
    """For the log: that of the rejection, or `open`."""
    connection: Connection | None = None
    """What to store; None if the handshake is refused."""


@dataclass(frozen=True)
class Handshake:
    """Answers handshakes."""

    authenticator: Authenticator
    admission: Admission
    open_key: str
    """The id of the open key of connections whose address names none; empty if those must authenticate."""
    is_required: bool
    """Whether a client without credentials in its address is refused, instead of authenticating by a frame."""

    def answer(self, connection: Connection, query: Mapping[str, str]) -> Answer:
        """Answer the handshake of a new connection; `query` has its address's parameters. Raises StoreError."""
        given = [Credentials(kind, query[name], None) for name, kind in PARAMETERS.items() if name in query]
        match given:
            case []:
                return self._without_credentials(connection)
            case [credentials]:
                return self._with(credentials, connection)
        return _refused(_AMBIGUOUS)

    def _without_credentials(self, connection: Connection) -> Answer:
        if self.is_required and not self.open_key:
            return _refused(_MISSING)
        return _admitted(replace(connection, config=self.open_key))

    def _with(self, credentials: Credentials, connection: Connection) -> Answer:
        try:
            known = self.authenticator.authenticate(credentials, origin=connection.origin)
        except IssuerUnavailable:
            return Answer(_UNAVAILABLE, "try_again")
        if isinstance(known, Rejected):
            if credentials.kind == "openKey" and known.code == "wrong_origin":
                return _admitted(replace(connection, config=credentials.text))
            return _refused(known)
        if not credentials.is_of_new_visitor and self.admission.is_blocked(known.person):
            return _refused(BLOCKED)
        shown = replace(connection, proven=known.person, whole_answers=known.whole_answers, generation=known.generation)
        return _admitted(shown)


def _admitted(connection: Connection) -> Answer:
    return Answer(OPEN, "open", connection)


def _refused(rejected: Rejected) -> Answer:
    return Answer(_FORBIDDEN if rejected.code in _FORBIDDING else _UNAUTHORIZED, rejected.code)
