"""The conditions of the writes that use an invite, each named for what it demands of the stored item."""

from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.access.person import Access, Person
from chalicelib.aws.dynamodb.conditions import EXISTS
from chalicelib.ids import InviteId


def invite_open(now: int) -> ConditionBase:
    """The invite exists, is neither revoked nor expired, and has a use left."""
    has_use = Attr("used").lt(Attr("uses"))
    return EXISTS & Attr("revoked_at").not_exists() & Attr("expires_at_ms").gt(now) & has_use


def may_use(invite: InviteId, person: Person) -> ConditionBase:
    """The person has not used the invite, and the owner's decision about them is still that of `person`."""
    access, limit, by, used = (Attr(name) for name in ("access", "daily_limit", "by_invite", "invites"))
    is_default = person.access is Access.DEFAULT
    same_access = access.not_exists() | access.eq(person.access.value) if is_default else access.eq(person.access.value)
    same_limit = limit.not_exists() if person.daily_limit is None else limit.eq(person.daily_limit)
    same_source = by.exists() if person.by_invite else by.not_exists()
    not_used = used.exists() & Attr(f"invites.{invite}").not_exists() if person.invites else used.not_exists()
    return EXISTS & same_access & same_limit & same_source & not_used
