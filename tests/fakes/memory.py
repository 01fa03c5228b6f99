"""The data of the in-memory store, item by item as in the table; one lock makes every method of the fakes atomic."""

import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from chalicelib.access import identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import DaySpend, Usage
from chalicelib.access.invites import Invite
from chalicelib.access.owner_ports import Owner
from chalicelib.access.owner_session import OwnerSession
from chalicelib.access.pairing import Pairing
from chalicelib.access.person import Access, Person
from chalicelib.access.ports import PersonaChange, PersonaText
from chalicelib.access.retention import DELETION_KEPT_S
from chalicelib.aws.dynamodb.items import spend_expires_at, tickets_expire_at
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.frame_place import Progress
from chalicelib.conversation.journal import OpenRound
from chalicelib.conversation.limits import WAKE_AGAIN_MS
from chalicelib.conversation.order import in_order
from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.remote_tools import KnownTools
from chalicelib.conversation.turn import Lease, Summary, Turn, TurnState
from chalicelib.errors import LeaseLost
from chalicelib.ids import Channel, ConnectionId, ConversationId, InviteId, KeyId, PersonId, TurnId
from chalicelib.operations.deletion import Deletion
from chalicelib.operations.findings import Checkup

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class KnownPerson:
    """A person's item."""

    person: Person
    facts_made: int = 0
    forgot: str = ""
    channel: Channel | None = None
    full_at: int = 0
    open_conversations: int = 0
    expires_at: int | None = None

    @property
    def is_blocked(self) -> bool:
        return self.person.access is Access.BLOCKED

    def change(self, **values: Any) -> None:
        self.person = replace(self.person, **values)

    def forget_days(self, days: Collection[str]) -> None:
        for counts in ("quota", "refunds", "spent"):
            kept = {day: number for day, number in getattr(self.person, counts).items() if day not in days}
            self.change(**{counts: kept})

    def forget_months(self, months: Collection[str]) -> None:
        self.change(months={month: use for month, use in self.person.months.items() if month not in months})

    def count(self, day: str, number: int) -> None:
        self.change(quota={**self.person.quota, day: self.person.quota.get(day, 0) + number})


@dataclass
class Conversation:
    """A conversation's own item."""

    lease_owner: str | None = None
    lease_until: int = 0
    fence: int = 0
    arrivals: int = 0
    open_turns: int = 0
    history_from: int = 0
    paused_until: int = 0
    silent_since: int = 0
    resumed_at: int = 0
    due_at: int | None = None
    opened_by: PersonId | None = None
    woken_at: int | None = None
    title: str = ""
    used_at: int | None = None
    expires_at: int | None = None
    summary: Summary | None = None
    summary_tried: int = 0
    words_version: int = 0

    def is_free(self, *, now: int) -> bool:
        return self.lease_owner is None or self.lease_until < now

    def free(self) -> None:
        self.lease_owner = None

    def may_wake_again(self, *, now: int) -> bool:
        is_due = self.due_at is not None and self.due_at <= now and self.is_free(now=now)
        if not is_due or (self.woken_at is not None and self.woken_at > now - WAKE_AGAIN_MS):
            return False
        self.woken_at = now
        return True

    def lease(self, conversation: ConversationId) -> Lease:
        return Lease(
            conversation=conversation,
            owner=self.lease_owner or "",
            fence=self.fence,
            arrivals=self.arrivals,
            open_turns=self.open_turns,
            history_from=self.history_from,
            paused_until=self.paused_until,
            due_at=self.due_at or 0,
            opened_by=self.opened_by,
            summary=self.summary,
            summary_tried=self.summary_tried,
            words_version=self.words_version,
        )

    def drop_summary(self) -> None:
        self.summary, self.summary_tried = None, 0
        self.words_version += 1


@dataclass
class KeptTurn:
    """A turn's item, with the attributes that only the store has."""

    turn: Turn
    expires_at: int
    edit: int = -1
    usage: Usage | None = None
    erased: bool = False

    def is_there(self, *, now: int) -> bool:
        return self.expires_at * 1000 > now and not self.erased

    def change(self, **values: Any) -> None:
        self.turn = replace(self.turn, **values)


@dataclass
class KeptRound:
    """The item of a round of tool calls."""

    round: OpenRound
    expires_at: int


@dataclass
class StoredConnection:
    """A connection's own item, or its member item."""

    connection: Connection
    expires_at: int
    due_at: int = 0
    """The time by which it has to be authenticated."""
    full_at: int = 0
    """The state of the bucket of its frames."""
    as_listed: Connection | None = None
    """The connection as it was authenticated; in its own item only, as the next."""
    since: int = 0
    """When it was authenticated."""
    waits_at: int = 0
    """The state of the bucket of the frames that wait."""
    progress: Progress = field(default_factory=Progress)
    """How far its frames have been handled."""

    def is_there(self, *, now: int) -> bool:
        return self.expires_at * 1000 > now


@dataclass
class News:
    """The item of the new people of whom the owners have still to hear."""

    waiting: set[PersonId] = field(default_factory=set)
    due_at: int = 0
    full_at: int = 0


@dataclass
class Memory:
    """The table, shared by the fakes; a test may read it."""

    people: dict[PersonId, KnownPerson] = field(default_factory=dict)
    conversations: dict[ConversationId, Conversation] = field(default_factory=dict)
    turns: dict[tuple[ConversationId, TurnId], KeptTurn] = field(default_factory=dict)
    marks: dict[tuple[ConversationId, str], int] = field(default_factory=dict)
    """When the mark of a message without a signed time expires."""
    rounds: dict[tuple[ConversationId, TurnId, int], KeptRound] = field(default_factory=dict)
    """Rounds of tool calls, by their turns and numbers."""
    lists: dict[tuple[PersonId, str], tuple[PersonList, int]] = field(default_factory=dict)
    tool_lists: dict[str, KnownTools] = field(default_factory=dict)
    """Lists that people keep, by their names in small letters, and when they expire, in seconds."""
    alerts: dict[str, str] = field(default_factory=dict)
    met: dict[str, tuple[str, set[str]]] = field(default_factory=dict)
    """The day on which a fault last met people, and the people of that day, by kind."""
    news: News = field(default_factory=News)
    owners: dict[PersonId, Owner] = field(default_factory=dict)
    pairing: tuple[Pairing, int] | None = None
    """What belongs to the code that makes the next owner, and how often one was tried."""
    deletions: dict[str, Deletion] = field(default_factory=dict)
    spend: dict[str, DaySpend] = field(default_factory=dict)
    outages: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Failures in a row and the time of the last one, by model."""
    closed_days: set[str] = field(default_factory=set)
    """On which nothing more is set aside with a month."""
    keys: dict[KeyId, ApiKey] = field(default_factory=dict)
    persona_texts: dict[str, PersonaText] = field(default_factory=dict)
    persona_changes: list[PersonaChange] = field(default_factory=list)
    invites: dict[InviteId, Invite] = field(default_factory=dict)
    paused_until: int = 0
    places: Counter[str] = field(default_factory=Counter)
    """Open conversations, by the part of their openers' ids that all people of a key share."""
    tickets: dict[tuple[str, KeyId, str], int] = field(default_factory=dict)
    """By hour, key and address."""
    handovers: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Codes and when they expire, in seconds, by slot."""
    checkup: Checkup | None = None
    owner_links: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Owners and when their links expire, in seconds, by the link's digest."""
    owner_sessions: dict[str, OwnerSession] = field(default_factory=dict)
    export_links: dict[str, tuple[PersonId, int]] = field(default_factory=dict)
    """Whose they are and when they expire, in seconds, by digest."""
    connections: dict[ConnectionId, StoredConnection] = field(default_factory=dict)
    members: dict[tuple[ConversationId, ConnectionId], StoredConnection] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def of(self, conversation: ConversationId) -> list[KeptTurn]:
        """The conversation's turns, oldest first."""
        kept = [kept for (where, _), kept in self.turns.items() if where == conversation]
        places = {turn.id: place for place, turn in enumerate(in_order(each.turn for each in kept))}
        return sorted(kept, key=lambda each: places[each.turn.id])

    def held(self, lease: Lease) -> Conversation:
        """The leased conversation. Raises LeaseLost."""
        found = self.conversations.get(lease.conversation)
        if found is None or (found.lease_owner, found.fence) != (lease.owner, lease.fence):
            raise LeaseLost("another worker has this conversation")
        return found

    def turn_in(self, turn: Turn, *states: TurnState) -> KeptTurn:
        """The turn, if it is in one of the states. Raises LeaseLost."""
        kept = self.turns.get((turn.conversation, turn.id))
        if kept is None or kept.turn.state not in states:
            raise LeaseLost("another worker has this conversation")
        return kept

    def close(self, conversation: Conversation) -> None:
        """Take the place of a conversation back that has no open turn."""
        opener, conversation.due_at, conversation.opened_by = conversation.opened_by, None, None
        known = self.people.get(opener) if opener else None
        if known and known.open_conversations:
            known.open_conversations -= 1
        if opener and self.places[identity.group_of(opener)]:
            self.places[identity.group_of(opener)] -= 1

    def drop_export_link(self, person: PersonId) -> None:
        self.export_links = {key: kept for key, kept in self.export_links.items() if kept[0] != person}

    def expire(self, *, now: int) -> None:
        """Delete what DynamoDB's time to live would have deleted by now."""
        with self.lock:
            self.turns = {key: kept for key, kept in self.turns.items() if kept.expires_at * 1000 > now}
            self.rounds = {key: kept for key, kept in self.rounds.items() if kept.expires_at * 1000 > now}
            self.lists = {key: kept for key, kept in self.lists.items() if kept[1] * 1000 > now}
            self.marks = {key: expires_at for key, expires_at in self.marks.items() if expires_at * 1000 > now}
            if self.pairing and self.pairing[0].expires_at < now:
                self.pairing = None
            self.deletions = {
                code: kept
                for code, kept in self.deletions.items()
                if (kept.received_at // 1000 + DELETION_KEPT_S) * 1000 > now
            }
            self.tickets = {
                key: counted for key, counted in self.tickets.items() if tickets_expire_at(key[0]) * 1000 > now
            }
            self.handovers = {slot: kept for slot, kept in self.handovers.items() if kept[1] * 1000 > now}
            self.owner_links = {key: kept for key, kept in self.owner_links.items() if kept[1] * 1000 > now}
            self.export_links = {key: kept for key, kept in self.export_links.items() if kept[1] * 1000 > now}
            self.owner_sessions = {key: kept for key, kept in self.owner_sessions.items() if kept.ends_at > now}
            self.connections = {key: kept for key, kept in self.connections.items() if kept.is_there(now=now)}
            self.members = {key: kept for key, kept in self.members.items() if kept.is_there(now=now)}
            self.spend = {day: spent for day, spent in self.spend.items() if spend_expires_at(day) * 1000 > now}
            self.conversations = {
                key: kept
                for key, kept in self.conversations.items()
                if kept.expires_at is None or kept.expires_at * 1000 > now
            }
            self.people = {
                key: known
                for key, known in self.people.items()
                if known.expires_at is None or known.expires_at * 1000 > now
            }


class Remembers(Protocol):
    """A fake over a memory."""

    @property
    def memory(self) -> Memory: ...


S = TypeVar("S", bound=Remembers)


def atomic(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Hold the lock while the method runs."""

    @wraps(method)
    def locked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.memory.lock:
            return method(self, *args, **kwargs)

    return locked
