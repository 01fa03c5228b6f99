"""Takes the conversation of an anonymous visitor along into that of the person who has signed in since."""

from typing import Final

from chalicelib.access import identity
from chalicelib.access.authentication import Rejected
from chalicelib.access.facts import Kept
from chalicelib.channels.web import server_frames
from chalicelib.channels.web.entrance import Entrance
from chalicelib.channels.web.member import Member
from chalicelib.channels.web.own_frames import TakeAlong
from chalicelib.conversation.history import to_take_along
from chalicelib.conversation.person_list import MAX_LISTS
from chalicelib.conversation.tool_ports import PersonLists
from chalicelib.ids import PersonId

_NOT_TAKEN: Final = ("not_taken_along", "the ticket is of no conversation that you can take along")


def take_along(entrance: Entrance, member: Member, frame: TakeAlong) -> None:
    """Move as many turns of the ticket's visitor as a history shows, their lists and facts, and send `ready`.

    Without such a visitor the client gets an error.

    No turn of a room is moved. Raises StoreError and ConfigError; the frame may then be sent again.
    """
    if entrance.standing(member) is None:
        return
    visitor = _visitor(entrance, member, frame)
    if visitor is None:
        entrance.send(member.connection, server_frames.error(*_NOT_TAKEN))
        return
    now, there = entrance.clock(), identity.conversation_of(visitor)
    theirs = entrance.transcript.latest(there, count=server_frames.HISTORY_TURNS, now=now)
    entrance.transcript.take_along(to_take_along(theirs), member.person, now=now)
    _take_lists(entrance.lists, visitor, member.person, now=now)
    _take_facts(entrance, visitor, member.person, now=now)
    if standing := entrance.standing(member):
        entrance.send_ready(member, standing, may_open=False)


def _take_lists(lists: PersonLists, visitor: PersonId, person: PersonId, *, now: int) -> None:
    """Add what is on the visitor's lists to the person's, as far as there is room; the rest stays where it is.

    What is added is stored before it is taken off, so a failure between the two leaves it on both, and a repetition
    adds nothing twice. A list that is being changed is left for a repetition.
    """
    for theirs in lists.all(visitor, now=now):
        found = lists.get(person, theirs.name, now=now)
        has_room = found.version or len(lists.all(person, now=now)) < MAX_LISTS
        merged, rest = found.with_those_of(theirs, key=f"{visitor}#{theirs.version}")
        if theirs.items and has_room and (merged == found or lists.put(person, merged, asked_at=now, now=now)):
            lists.put(visitor, rest, asked_at=now, now=now)


def _take_facts(entrance: Entrance, visitor: PersonId, person: PersonId, *, now: int) -> None:
    """Let the bot remember of the person what it is to remember of the visitor; the rest stays where it is."""
    people, facts = entrance.admission.people, entrance.facts
    known = people.get(visitor)
    if not known or not known.facts or not people.get(person):
        return
    taker = people.get(person)
    if known.memory_consent and taker and not (taker.memory_consent or taker.memory_off):
        facts.switch(person, on=True, asked_at=now)
    for fact in known.facts:
        source = f"{visitor}#{fact.number}"
        if facts.remember(person, fact.text, source=source, asked_at=now, now=now).kept in (Kept.KEPT, Kept.KNOWN):
            facts.forget(visitor, fact.number, source=source)


def _visitor(entrance: Entrance, member: Member, frame: TakeAlong) -> PersonId | None:
    """Return the visitor whose ticket it is; None unless the person signed in, and the visitor may still read."""
    if identity.key_of(member.person) is not None:
        return None
    visitor = entrance.authenticator.anonymous(frame.ticket, origin=member.connection.origin)
    may_read = visitor and not isinstance(entrance.admission.standing(visitor), Rejected)
    return visitor if may_read else None
