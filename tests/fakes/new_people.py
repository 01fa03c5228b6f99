"""A fake of the store of new people, in memory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from chalicelib.access.new_people import BUNDLE_MS, SINGLE_NOTICES
from chalicelib.ids import PersonId
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeNewPeople:
    """`access.new_people.NewPeople`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def announce(self, person: PersonId, *, secret: str, now: int) -> bool:
        known = self.memory.people.get(person)
        if known is None or known.person.announced:
            return False
        known.change(announced=True, tap=secret)
        news = self.memory.news
        news.waiting.add(person)
        news.due_at = news.due_at or now + BUNDLE_MS
        return True

    @atomic
    def may_tell(self, *, now: int) -> bool:
        news = self.memory.news
        if not SINGLE_NOTICES.has_token(news.full_at, now=now):
            return False
        news.full_at = SINGLE_NOTICES.taken(news.full_at, now=now)
        return True

    @atomic
    def told(self, people: Collection[PersonId]) -> None:
        self.memory.news.waiting -= set(people)
        if not self.memory.news.waiting:
            self.memory.news.due_at = 0

    @atomic
    def waiting(self) -> Sequence[PersonId]:
        return sorted(self.memory.news.waiting)

    @atomic
    def claim(self, *, now: int) -> bool:
        news = self.memory.news
        if not news.due_at or news.due_at > now:
            return False
        news.due_at = now + BUNDLE_MS
        return True

    @atomic
    def use_tap(self, person: PersonId, *, secret: str, source: str) -> bool:
        known = self.memory.people.get(person)
        if not secret or known is None or known.person.tap != secret or known.person.tapped_in:
            return False
        known.change(tapped_in=source)
        return True
