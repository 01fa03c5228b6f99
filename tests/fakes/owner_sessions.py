"""A fake of the store of links to the owner's page and of its sessions, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chalicelib.access.owner_session import LINK_KEPT_S, OwnerSession
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeOwnerSessions:
    """`access.owner_session_ports.OwnerSessions`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def offer(self, link: str, owner: str, *, now: int) -> None:
        self.memory.owner_links[link] = (owner, now // 1000 + LINK_KEPT_S)

    @atomic
    def is_offered(self, link: str, *, now: int) -> bool:
        return self.memory.owner_links.get(link, ("", 0))[1] * 1000 > now

    @atomic
    def take(self, link: str, *, now: int) -> str | None:
        if not self.is_offered(link, now=now):
            return None
        return self.memory.owner_links.pop(link)[0]

    @atomic
    def begin(self, session: OwnerSession) -> None:
        self.memory.owner_sessions[session.id] = session

    @atomic
    def get(self, session: str, *, now: int) -> OwnerSession | None:
        found = self.memory.owner_sessions.get(session)
        return found if found and found.ends_at > now else None

    @atomic
    def use(self, session: OwnerSession, *, now: int) -> OwnerSession:
        used = replace(session, used_at=now)
        if session.id in self.memory.owner_sessions:
            self.memory.owner_sessions[session.id] = used
        return used

    @atomic
    def end(self, session: str) -> None:
        self.memory.owner_sessions.pop(session, None)

    @atomic
    def all(self, *, now: int) -> Sequence[OwnerSession]:
        found = (session for session in self.memory.owner_sessions.values() if session.ends_at > now)
        return sorted(found, key=lambda session: -session.used_at)
