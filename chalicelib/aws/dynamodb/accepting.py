"""Accepts a message in one transaction. A refused one returns the stored items, by which the next one is chosen.

The first transaction assumes the usual case: the conversation is at rest, and no token is missing from the person's
bucket.
"""

from dataclasses import dataclass, replace
from typing import Final

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access import identity, language
from chalicelib.access.channel_traits import TRAITS
from chalicelib.access.own_conversations import has_title, title_of
from chalicelib.aws.dynamodb import items, keys, refusals
from chalicelib.aws.dynamodb.conditions import (
    AT_REST,
    IS_DUE,
    NOT_BLOCKED,
    NOT_EXISTS,
    QUEUE_JUST_FULL,
    QUEUE_NOT_FULL,
    bucket_full,
    fewer_open_than,
    has_token,
    may_join,
)
from chalicelib.aws.dynamodb.index_keys import due_bucket, people_partition
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, put, update
from chalicelib.conversation.commands import may_blocked_send
from chalicelib.conversation.limits import MAX_OPEN_TURNS, MESSAGES_OF_A_PERSON, OPEN_OF_A_PERSON
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import IncomingMessage
from chalicelib.errors import StoreError

_TRIES: Final = 50
"""Far more than there are cases, because other functions may change the items between two attempts."""


@dataclass(frozen=True)
class _Case:
    """What one attempt assumes; its conditions demand it."""

    opens: bool = True
    """The conversation is at rest: the message opens it, which is counted for its person and for their API key."""
    paced: bool = False
    """Tokens are missing from the person's bucket."""
    overflow: bool = False
    """The queue is just full: a turn without words takes the place of the message."""


@dataclass(frozen=True)
class Acceptance:
    """One message that is to be stored."""

    table: Table
    message: IncomingMessage
    now: int
    open_of_a_key: int
    """The most open conversations of all people of one API key."""

    def run(self) -> Accepted:
        """Store the message as `conversation.ports.Inbox.accept` promises."""
        case = _Case()
        for _ in range(_TRIES):
            try:
                self.table.transact(**self._writes(case))
            except TransactionRefused as exc:
                following = self._after(exc, case)
                if isinstance(following, Accepted):
                    return following
                case = following
            else:
                return Accepted.OVERFLOW if case.overflow else Accepted.QUEUED
        raise StoreError("the conversation changes too often")

    def _after(self, refused: TransactionRefused, case: _Case) -> Accepted | _Case:
        """Return why the message is not stored, or the case in which it may be."""
        if final := refusals.why_not_accepted(refused, self.message):
            return final
        failed, person = refused.failed, refused.failed.get("person") or {}
        full_at = int(person.get("full_at", 0))
        if not MESSAGES_OF_A_PERSON.has_token(full_at, now=self.now):
            return Accepted.TOO_FAST
        case = replace(case, paced=case.paced or not MESSAGES_OF_A_PERSON.is_full(full_at, now=self.now))
        if "conversation" in failed:
            return self._by_conversation(failed["conversation"] or {}, case)
        if case.opens and int(person.get("open_conversations", 0)) >= OPEN_OF_A_PERSON:
            return Accepted.TOO_MANY_CONVERSATIONS
        return Accepted.CROWDED if "places" in failed else case

    def _by_conversation(self, conversation: Item, case: _Case) -> Accepted | _Case:
        """Return the case that the stored conversation is in, or OVERFLOW if it takes no further turn."""
        open_turns = int(conversation.get("open_turns", 0))
        if "due_bucket" not in conversation:
            return replace(case, opens=True, overflow=False)
        if open_turns < MAX_OPEN_TURNS:
            return replace(case, opens=False, overflow=False)
        if open_turns > MAX_OPEN_TURNS or TRAITS[self.message.channel].refuses_at_once:
            return Accepted.OVERFLOW
        return replace(case, opens=False, overflow=True)

    def _writes(self, case: _Case) -> dict[str, Write | None]:
        message, now = self.message, self.now
        item = (items.overflow_item if case.overflow else items.queued_item)(message, now=now)
        mark = {**keys.seen_key(message), "expires_at": item["expires_at"]}
        return {
            "turn": put(item, when=NOT_EXISTS),
            "conversation": self._conversation(case),
            "person": self._person(case),
            "places": self._places(case),
            "mark": None if message.time_is_signed else put(mark, when=NOT_EXISTS),
        }

    def _conversation(self, case: _Case) -> Write:
        bucket = due_bucket(self.message.conversation)
        opened = {"due_bucket": bucket, "due_at": self.now, "opened_by": self.message.person}
        arrived = Update(
            add={"arrivals": 1, "open_turns": 1},
            set={**(opened if case.opens else {}), **self._used()},
            set_if_absent=self._title(case),
            remove=["expires_at"],
        )
        has_room = QUEUE_JUST_FULL if case.overflow else QUEUE_NOT_FULL
        when = AT_REST if case.opens else IS_DUE & has_room
        return update(keys.conversation_key(self.message.conversation), arrived, when=when)

    def _used(self) -> Item:
        """When a conversation of the person's own was last used, for the list of those."""
        return {"used_at": self.now} if self._is_own else {}

    def _title(self, case: _Case) -> Item:
        title = title_of(self.message.text) if self._is_own and not case.overflow else ""
        return {"title": title} if title else {}

    @property
    def _is_own(self) -> bool:
        return not self.message.opens and has_title(self.message.conversation, self.message.person)

    def _person(self, case: _Case) -> Write:
        bucket, room = MESSAGES_OF_A_PERSON, identity.named(self.message.conversation)
        when: ConditionBase = has_token(bucket, now=self.now) if case.paced else bucket_full(self.now)
        if not may_blocked_send(self.message.text, self.message.conversation):
            when &= NOT_BLOCKED
        if room is not None:
            when &= may_join(self.message.conversation)
        if case.opens:
            when &= fewer_open_than(OPEN_OF_A_PERSON)
        seen = Update(
            set={
                "last_seen": self.now,
                "channel": people_partition(self.message.person),
                **({} if case.paced else {"full_at": bucket.taken(0, now=self.now)}),
            },
            set_if_absent={"first_seen": self.now, "quota": {}, **self._language()},
            add={
                **({"full_at": bucket.every_ms} if case.paced else {}),
                **({"open_conversations": 1} if case.opens else {}),
            },
            add_to_set={} if room is None else {"rooms": {str(self.message.conversation)}},
            remove=["expires_at"],
        )
        return update(keys.person_key(self.message.person), seen, when=when)

    def _language(self) -> Item:
        found = language.written_in(self.message.text) or self.message.language
        return {"language_seen": found} if found else {}

    def _places(self, case: _Case) -> Write | None:
        if not case.opens or not TRAITS[self.message.channel].has_api_keys:
            return None
        one_more = Update(add={"open_conversations": 1})
        return update(keys.places_key(self.message.person), one_more, when=fewer_open_than(self.open_of_a_key))
