"""The OwnerSessions port over DynamoDB: links in partitions of their own, all sessions in one, since they are few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.access.owner_session import LINK_KEPT_S, OwnerSession
from chalicelib.aws.dynamodb import items, keys, one_time
from chalicelib.aws.dynamodb.conditions import EXISTS
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, delete, put, update


@dataclass(frozen=True)
class DynamoOwnerSessions:
    """`access.owner_session_ports.OwnerSessions` over one table."""

    table: Table

    def offer(self, link: str, owner: str, *, now: int) -> None:
        self.table.write(put({**keys.owner_link_key(link), "owner": owner, "expires_at": now // 1000 + LINK_KEPT_S}))

    def is_offered(self, link: str, *, now: int) -> bool:
        return one_time.find(self.table, keys.owner_link_key(link), now=now) is not None

    def take(self, link: str, *, now: int) -> str | None:
        item = one_time.take(self.table, keys.owner_link_key(link), now=now)
        return str(item["owner"]) if item else None

    def begin(self, session: OwnerSession) -> None:
        times = {"began_at": session.began_at, "used_at": session.used_at, "expires_at": session.ends_at // 1000}
        self.table.write(put({**keys.owner_session_key(session.id), "owner": session.owner, **times}))

    def get(self, session: str, *, now: int) -> OwnerSession | None:
        item = self.table.get(keys.owner_session_key(session))
        return _session(item) if item and items.is_there(item, now=now) else None

    def use(self, session: OwnerSession, *, now: int) -> OwnerSession:
        used = replace(session, used_at=now)
        change = Update(set={"used_at": now, "expires_at": used.ends_at // 1000})
        # If it was ended meanwhile, the next request finds no session.
        self.table.write_if(update(keys.owner_session_key(session.id), change, when=EXISTS))
        return used

    def end(self, session: str) -> None:
        self.table.write(delete(keys.owner_session_key(session)))

    def all(self, *, now: int) -> Sequence[OwnerSession]:
        pages = self.table.pages(keys.owner_sessions())
        found = (_session(item) for page in pages for item in page if items.is_there(item, now=now))
        return sorted(found, key=lambda session: -session.used_at)


def _session(item: Item) -> OwnerSession:
    return OwnerSession(
        item["sk"].removeprefix(keys.SESSION_PREFIX), str(item["owner"]), int(item["began_at"]), int(item["used_at"])
    )
