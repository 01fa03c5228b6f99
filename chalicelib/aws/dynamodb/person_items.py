"""Converts the item of a user to a value; nothing here writes one."""

from typing import Any, Final

from chalicelib.access.person import Access, Look, Person
from chalicelib.aws.dynamodb import day_counts, fact_items, ledger_items
from chalicelib.aws.dynamodb.keys import PERSON_PREFIX
from chalicelib.ids import ConversationId, InviteId, PersonId

Item = dict[str, Any]
LOOKS: Final = "looks"
"""The attribute with the looks of owners: a set of texts."""


def person(item: Item) -> Person:
    """The person of an item."""
    limit = item.get("daily_limit")
    return Person(
        id=PersonId(item["pk"].removeprefix(PERSON_PREFIX)),
        access=Access(item.get("access", Access.DEFAULT.value)),
        daily_limit=None if limit is None else int(limit),
        quota={day: int(used) for day, used in item.get("quota", {}).items()},
        notified_day=item.get("told_day"),
        notified_at=int(item.get("told_at", 0)),
        announced=bool(item.get("announced", False)),
        first_seen=int(item.get("first_seen", 0)),
        last_seen=int(item.get("last_seen", 0)),
        rooms=frozenset(ConversationId(room) for room in item.get("rooms", ())),
        refunds=day_counts.by_day(item, day_counts.REFUNDS),
        spent=day_counts.by_day(item, day_counts.SPENT),
        months=ledger_items.months(item),
        persona=item.get("persona", ""),
        model=item.get("model", ""),
        tap=item.get("tap", ""),
        tapped_in=item.get("tapped_in", ""),
        is_owner=bool(item.get("owner", False)),
        language=item.get("language", ""),
        language_seen=item.get("language_seen", ""),
        talked_at=int(item.get("talked_at", 0)),
        forgotten_at=int(item.get("forgotten_at", 0)),
        invites={InviteId(invite): int(at) for invite, at in item.get("invites", {}).items()},
        by_invite=bool(item.get("by_invite", False)),
        invited_persona=item.get("invited_persona", ""),
        looks=tuple(sorted(map(_look, item.get(LOOKS, ())), key=lambda look: look.at)),
        **fact_items.of_person(item),
    )


def look_text(look: Look) -> str:
    """A look of an owner, as the set LOOKS has it."""
    return f"{look.at:013d}#{look.by}"


def _look(text: str) -> Look:
    at, _, by = text.partition("#")
    return Look(int(at), by)
