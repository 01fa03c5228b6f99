"""The sign-in of the owner's page: a link signs a browser in once, and its cookie lasts until the owner signs out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib.access import owner_session, secret_text
from chalicelib.access.owner_ports import Owners
from chalicelib.access.owner_session import OwnerSession
from chalicelib.access.owner_session_ports import OwnerSessions
from chalicelib.clock import Clock
from chalicelib.errors import InvalidToken
from chalicelib.log import Log


@dataclass(frozen=True)
class Visit:
    """A request of a browser in which an owner is signed in."""

    session: OwnerSession
    cookie: str = field(repr=False)

    @property
    def form_code(self) -> str:
        """What the forms of this page carry."""
        return owner_session.form_code(self.cookie)


@dataclass(frozen=True)
class OwnerSignIn:
    """Signs browsers in and out. All methods raise StoreError."""

    sessions: OwnerSessions
    owners: Owners
    random_bytes: Callable[[int], bytes]
    clock: Clock
    log: Log

    def is_open(self, link: str) -> bool:
        """Whether the link would let a browser in. This changes nothing, so that a preview does not use the link up."""
        return secret_text.is_secret(link) and self.sessions.is_offered(secret_text.digest(link), now=self.clock())

    def enter(self, link: str) -> str:
        """Use the link up and return the text of the cookie of a new session.

        Raises InvalidToken for every link that does not work, whatever the reason.
        """
        now = self.clock()
        owner = self.sessions.take(secret_text.digest(link), now=now) if secret_text.is_secret(link) else None
        if owner is None:
            self.log("owner_page", outcome="no_such_link")
            raise InvalidToken("this link does not work any more")
        cookie = secret_text.new(self.random_bytes)
        self.sessions.begin(OwnerSession(secret_text.digest(cookie), owner, began_at=now, used_at=now))
        self.log("owner_page", outcome="entered")
        return cookie

    def visit(self, header: str) -> Visit | None:
        """Return the visit to which a `Cookie` header belongs; None for one of no session. Notes that it is used.

        The session of a person who is no owner any more counts no more.
        """
        now, cookie = self.clock(), owner_session.cookie_in(header)
        session = self.sessions.get(secret_text.digest(cookie), now=now) if cookie else None
        if session is None or not self._is_of_owner(session):
            return None
        if now - session.used_at >= owner_session.RENEWED_MS:
            session = self.sessions.use(session, now=now)
        return Visit(session, cookie)

    def leave(self, visit: Visit) -> None:
        """End the session, so that its cookie is worth nothing, also in another browser."""
        self.sessions.end(visit.session.id)
        self.log("owner_page", outcome="left")

    def leave_others(self, visit: Visit) -> None:
        """End all sessions but this one."""
        for session in self.sessions.all(now=self.clock()):
            if session.id != visit.session.id:
                self.sessions.end(session.id)
        self.log("owner_page", outcome="left_others")

    def _is_of_owner(self, session: OwnerSession) -> bool:
        owners = self.owners.list() if session.owner else ()
        return not session.owner or session.owner in {owner_session.owner_code(owner.person) for owner in owners}
