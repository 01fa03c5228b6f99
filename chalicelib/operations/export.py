"""Everything that is stored about one user, as a JSON document: for the owner, and for the user themselves.

Names are in snake_case, times in UTC as ISO 8601, money in micro-USD. `schema` grows when a reader has to change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from chalicelib.access import identity, retention
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock, utc
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.ports import Transcript
from chalicelib.conversation.takeover import is_of_human
from chalicelib.conversation.tool_ports import Journal, PersonLists
from chalicelib.conversation.turn import Turn
from chalicelib.errors import UnknownPerson
from chalicelib.ids import ConversationId, PersonId

SCHEMA: Final = 1
_COUNTS_DAYS: Final = retention.days(retention.COUNTS_KEPT_S)
_KEPT: Final = (
    "that this was asked for, with its time, as long as messages are stored",
    "marks without words by which a repeated message is recognised, for 2 days",
    f"how many questions were asked, what they cost and how many did not count, for {_COUNTS_DAYS} days",
    "what the owner decided about this person, until the owner undoes it",
)
"""What a request to delete everything leaves."""


@dataclass(frozen=True)
class Exports:
    """Reads what is stored about users. It needs rights to read only."""

    people: People
    transcript: Transcript
    journal: Journal
    lists: PersonLists
    clock: Clock

    def document(self, person: PersonId) -> dict[str, Any]:
        """Return everything that is stored about the user. Of one who had it deleted, that is what was left.

        Raises UnknownPerson if nothing is, and StoreError.
        """
        known = self.people.get(person)
        if known is None:
            raise UnknownPerson("there is no person with that id")
        now = self.clock()
        lists = [{"name": each.name, "items": list(each.items)} for each in self.lists.all(person, now=now)]
        return {
            "schema": SCHEMA,
            "exported_at": utc(now),
            **person_as_json(known),
            **_more_as_json(known),
            "facts": facts_as_json(known),
            "summaries": self._summaries(known),
            "lists": {each["name"]: each["items"] for each in lists},
            "turns": [self._turn(turn) for turn in self.turns(known)],
        }

    def turns(self, person: Person) -> Sequence[Turn]:
        """Return the user's turns in all conversations, oldest first."""
        turns = [turn for room in identity.conversations_of(person) for turn in self.turns_in(room, person.id)]
        return sorted(turns, key=lambda turn: turn.id)

    def turns_in(self, conversation: ConversationId, person: PersonId) -> Sequence[Turn]:
        """Return the user's turns in one conversation, oldest first."""
        return [turn for turn in self.transcript.turns(conversation, now=self.clock()) if turn.person == person]

    def _summaries(self, person: Person) -> Sequence[dict[str, Any]]:
        """Return the summaries of the user's own conversations; that of a room is of all its members."""
        own = sorted(identity.own_conversations_of(person))
        found = ((each, self.transcript.summary(each)) for each in own)
        return [
            {"conversation": identity.named(each), "time": utc(summary.at), "text": summary.text}
            for each, summary in found
            if summary
        ]

    def _turn(self, turn: Turn) -> dict[str, Any]:
        rounds = self.journal.rounds(turn) if turn.rounds else ()
        return {**_turn_as_json(turn), "tools": [call for each in rounds for call in _calls_as_json(each)]}


def person_as_json(person: Person) -> dict[str, Any]:
    """Return what lists of users have about one, without words, in JSON's types."""
    return {
        "person": person.id,
        "access": person.access.value,
        "daily_limit": person.daily_limit,
        "model": person.model or None,
        "quota": _sorted(person.quota),
        "told_day": person.notified_day,
        "told_at": utc(person.notified_at),
        "announced": person.announced,
        "first_seen": utc(person.first_seen),
        "last_seen": utc(person.last_seen),
        "rooms": sorted(identity.named(room) or "" for room in person.rooms),
        "memory_off": person.memory_off,
        "invites": {invite: utc(at) for invite, at in person.invites.items()},
        "by_invite": person.by_invite,
        "invited_persona": person.invited_persona or None,
    }


def _more_as_json(person: Person) -> dict[str, Any]:
    """Return what lists of users leave out."""
    agreed = person.memory_consent
    return {
        "is_owner": person.is_owner,
        "persona": person.persona or None,
        "language": person.language or None,
        "language_seen": person.language_seen or None,
        "refunds": _sorted(person.refunds),
        "spent": _sorted(person.spent),
        "months": {month: asdict(use) for month, use in sorted(person.months.items())},
        "talked_at": utc(person.talked_at),
        "memory_consent": {"version": agreed.version, "at": utc(agreed.at)} if agreed else None,
        "read_by_owner": [utc(look.at) for look in person.looks],
        "forgotten": {"until": utc(person.forgotten_at), "kept": list(_KEPT)} if person.forgotten_at else None,
    }


def facts_as_json(person: Person) -> Sequence[dict[str, Any]]:
    """Return what the bot is to remember of a user, in JSON's types."""
    return [{"number": fact.number, "time": utc(fact.at), "text": fact.text} for fact in person.facts]


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _turn_as_json(turn: Turn) -> dict[str, Any]:
    reply = turn.reply
    return {
        "id": turn.id,
        "room": identity.named(turn.conversation),
        "time": utc(turn.at),
        "received": {"time": utc(turn.received.at), "connection": turn.received.socket} if turn.received else None,
        "state": turn.state.value,
        "text": turn.text,
        "attachments": list(turn.attachments),
        "answer": reply.text if reply else None,
        "by_human": is_of_human(turn),
        "footer": reply.footer if reply else "",
        "choices": [choice.title for choice in reply.choices] if reply else [],
        "says_ai": turn.says_ai,
        "language": turn.language or None,
        "charged_day": turn.charged_day,
        "model_calls": turn.model_calls,
        "deliveries": turn.deliveries,
        "receipts": sorted(turn.receipts),
        "overflow": turn.overflow,
        "opens": turn.opens,
        "replaces": turn.replaces,
        "joined": turn.joined,
        "feedback": turn.feedback,
    }


def _calls_as_json(called: OpenRound) -> Iterator[dict[str, Any]]:
    for index, call in enumerate(called.calls):
        result = called.results.get(index)
        yield {"tool": call.name, "arguments": call.arguments, "result": result.text if result else None}
