"""The Invites port over DynamoDB: an item for each invite, and attributes in the items of those who used it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.access.invites import Grant, Invite, Redeemed
from chalicelib.access.person import Access, Person
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import EXISTS, NOT_EXISTS
from chalicelib.aws.dynamodb.index_keys import people_partition
from chalicelib.aws.dynamodb.invite_conditions import invite_open, may_use
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, put, update
from chalicelib.ids import InviteId


@dataclass(frozen=True)
class DynamoInvites:
    """`access.invites.Invites` over one table."""

    table: Table

    def create(self, invite: Invite) -> bool:
        return self.table.write_if(put(_item(invite), when=NOT_EXISTS))

    def get(self, invite: InviteId) -> Invite | None:
        item = self.table.get(keys.invite_key(invite))
        return _invite(item) if item else None

    def list(self) -> Iterator[Invite]:
        for page in self.table.pages(keys.invites()):
            yield from (_invite(item) for item in page)

    def revoke(self, invite: InviteId, *, now: int) -> bool:
        return self.table.write_if(
            update(keys.invite_key(invite), Update(set_if_absent={"revoked_at": now}), when=EXISTS)
        )

    def redeem(self, invite: Invite, person: Person, grant: Grant, *, now: int) -> Redeemed:
        try:
            self.table.transact(
                invite=update(keys.invite_key(invite.id), Update(add={"used": 1}), when=invite_open(now)),
                person=_given(invite, person, grant, now=now),
            )
        except TransactionRefused as exc:
            return Redeemed.NOT_VALID if "invite" in exc.failed else Redeemed.CHANGED
        return Redeemed.NOW


def _given(invite: Invite, person: Person, grant: Grant, *, now: int) -> Write:
    decided: dict[str, Any] = {} if grant.is_none else {"access": grant.access.value, "by_invite": True}
    if grant.daily_limit is not None:
        decided["daily_limit"] = grant.daily_limit
    persona = {"invited_persona": invite.persona} if invite.persona else {}
    used = {f"invites.{invite.id}": now} if person.invites else {"invites": {invite.id: now}}
    change = Update(
        set={**decided, **persona, **used},
        set_if_absent={"channel": people_partition(person.id), "last_seen": now},
        remove=[*([] if grant.daily_limit is not None else ["daily_limit"]), "expires_at"],
    )
    return update(keys.person_key(person.id), change, when=may_use(invite.id, person))


def _item(invite: Invite) -> Item:
    """The item of a new invite. It has no `expires_at`: DynamoDB would delete it, and the report counts its users."""
    optional = {"daily_limit": invite.grant.daily_limit, "revoked_at": invite.revoked_at}
    return {
        **keys.invite_key(invite.id),
        "name": invite.name,
        "digest": invite.digest,
        "access": invite.grant.access.value,
        "uses": invite.uses,
        "used": invite.used,
        "created_at": invite.created_at,
        "expires_at_ms": invite.expires_at,
        **({"persona": invite.persona} if invite.persona else {}),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _invite(item: Item) -> Invite:
    limit, revoked_at = item.get("daily_limit"), item.get("revoked_at")
    return Invite(
        id=keys.invite_of(item["sk"]),
        name=item["name"],
        digest=item["digest"],
        grant=Grant(Access(item["access"]), None if limit is None else int(limit)),
        uses=int(item["uses"]),
        used=int(item["used"]),
        created_at=int(item["created_at"]),
        expires_at=int(item["expires_at_ms"]),
        persona=item.get("persona", ""),
        revoked_at=None if revoked_at is None else int(revoked_at),
    )
