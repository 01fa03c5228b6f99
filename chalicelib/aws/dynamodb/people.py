"""The People port over DynamoDB: access, limits, counts, and what is kept after /forget."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from itertools import chain, islice
from operator import itemgetter

from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.access import identity, ledger, retention
from chalicelib.access.person import Access, Look, Person
from chalicelib.aws.dynamodb import export_links, fact_items, index_keys, items, keys, ledger_items, person_items
from chalicelib.aws.dynamodb.conditions import EXISTS, NEVER_WROTE, NO_OWNER_DECISION, last_seen_at, not_forgotten_since
from chalicelib.aws.dynamodb.index_keys import people_partition
from chalicelib.aws.dynamodb.table import BATCH_LIMIT, ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, delete, update
from chalicelib.errors import UnknownPerson
from chalicelib.ids import ConversationId, PersonId


@dataclass(frozen=True)
class DynamoPeople:
    """`access.ports.People` over one table."""

    table: Table

    def get(self, person: PersonId) -> Person | None:
        item = self.table.get(keys.person_key(person))
        return person_items.person(item) if item else None

    def decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> None:
        if access is Access.DEFAULT and daily_limit is None:
            self._undecide(person)
            return
        limit = {} if daily_limit is None else {"daily_limit": daily_limit}
        change = Update(
            set={"access": access.value, **limit},
            set_if_absent={"channel": people_partition(person), "last_seen": 0},  # what puts them on the list
            remove=[*([] if limit else ["daily_limit"]), "expires_at", "tap", "by_invite"],
        )
        self.table.write(update(keys.person_key(person), change))

    def list(self) -> Iterator[Person]:
        listed = self._listed()
        while batch := list(islice(listed, BATCH_LIMIT)):
            found = {item["pk"]: item for item in self.table.get_many(batch)}
            yield from (person_items.person(found[key["pk"]]) for key in batch if key["pk"] in found)

    def choose(self, person: PersonId, persona: str, *, asked_at: int) -> None:
        self._update(person, Update(set={"persona": persona}), when=not_forgotten_since(asked_at))

    def speak(self, person: PersonId, language: str, *, asked_at: int) -> None:
        self._update(person, Update(set={"language": language}), when=not_forgotten_since(asked_at))

    def give_model(self, person: PersonId, model: str) -> None:
        change = Update(set={"model": model}) if model else Update(remove=["model"])
        if not self._update(person, change, when=EXISTS):
            raise UnknownPerson("there is no person with that id")

    def note_look(self, person: Person, by: str, *, now: int) -> bool:
        added = Update(add_to_set={person_items.LOOKS: {person_items.look_text(Look(now, by))}})
        if not self._update(person.id, added, when=EXISTS):
            return False
        if old := person.looks[: max(0, len(person.looks) + 1 - retention.LOOKS_KEPT)]:
            texts = {person_items.look_text(look) for look in old}
            self._update(person.id, Update(remove_from_set={person_items.LOOKS: texts}), when=EXISTS)
        return True

    def leave(self, person: PersonId, conversations: Collection[ConversationId]) -> None:
        if conversations:
            self._update(person, Update(remove_from_set={"rooms": {str(each) for each in conversations}}), when=EXISTS)

    def begin_to_forget(self, person: PersonId, *, asked_at: int) -> None:
        self._update(person, Update(set={"forgotten_at": asked_at}), when=not_forgotten_since(asked_at))

    def forget(
        self,
        person: PersonId,
        *,
        now: int,
        last_seen: int | None = None,
        later: Collection[ConversationId] = (),
    ) -> bool:
        self._wait_no_longer(person)
        export_links.drop(self.table, person)
        counts = [name for month in ledger.forgotten_months(now) for name in ledger_items.of_month(month)]
        chosen = ["persona", "model", "language", "language_seen", "invites", "invited_persona", person_items.LOOKS]
        gone = ["tap", "tapped_in", "talked_at", export_links.ATTRIBUTE, *chosen, *fact_items.ATTRIBUTES, *counts]
        unseen = EXISTS if last_seen is None else last_seen_at(last_seen)
        if later:
            rooms = {str(each) for each in later if identity.named(each)}
            seen = {"first_seen": now, **({"rooms": rooms} if rooms else {})}
            return self._update(person, Update(set=seen, remove=gone if rooms else [*gone, "rooms"]), when=unseen)
        soon = {"expires_at": now // 1000 + retention.COUNTS_KEPT_S}
        gone = [*gone, "first_seen", "rooms"]
        free = Update(set=soon, remove=[*gone, "last_seen", "channel"])
        # The owner's decision neither expires nor leaves the list.
        decided = Update(set={"last_seen": 0}, remove=gone)
        is_free = self._update(person, free, when=unseen & NO_OWNER_DECISION)
        return is_free or self._update(person, decided, when=unseen) or self.get(person) is None

    def _listed(self) -> Iterator[keys.Key]:
        """Yield everybody's key once, also that of a person who is moving to another partition of the index."""
        partitions = (
            chain.from_iterable(
                self.table.pages(index_keys.people_in(each), index=index_keys.PEOPLE_INDEX, newest_first=True)
            )
            for each in index_keys.people_partitions()
        )
        listed: set[str] = set()
        for entry in merge(*partitions, key=itemgetter("last_seen"), reverse=True):
            if entry["pk"] not in listed:
                listed.add(entry["pk"])
                yield items.key_of(entry)

    def _wait_no_longer(self, person: PersonId) -> None:
        """Take the person off the list of those of whom the owners have still to hear: they hear of a later message."""
        gone = Update(remove_from_set={"waiting": {str(person)}})
        with suppress(TransactionRefused):
            self.table.transact(
                news=update(keys.news_key(), gone, when=Attr("waiting").contains(person)),
                person=update(keys.person_key(person), Update(remove=["announced"]), when=EXISTS),
            )

    def _undecide(self, person: PersonId) -> None:
        """Only somebody who has never written is deleted, so who may not delete can undo the decision about others."""
        change = Update(set={"access": Access.DEFAULT.value}, remove=["daily_limit", "tap", "by_invite"])
        if self._update(person, change, when=~NEVER_WROTE):
            return
        with suppress(ConditionFailed):
            self.table.write(delete(keys.person_key(person), when=EXISTS & NEVER_WROTE))
            return
        if not self._update(person, change, when=EXISTS):
            raise UnknownPerson("there is no person with that id")

    def _update(self, person: PersonId, change: Update, *, when: ConditionBase) -> bool:
        """Change a person that exists; False when there is none, or when the condition fails."""
        return self.table.write_if(update(keys.person_key(person), change, when=EXISTS & when))
