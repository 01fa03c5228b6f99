"""A fake of the store of links with which people download what is stored about them, in memory."""

from dataclasses import dataclass, field

from chalicelib.access.export_link import LINK_KEPT_S
from chalicelib.ids import PersonId
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeExportLinks:
    """`access.export_link.ExportLinks`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def offer(self, link: str, person: PersonId, *, asked_at: int, now: int) -> bool:
        known = self.memory.people.get(person)
        self.memory.drop_export_link(person)
        if known is None or known.person.has_forgotten(asked_at):
            return False
        self.memory.export_links[link] = (person, now // 1000 + LINK_KEPT_S)
        return True

    @atomic
    def is_offered(self, link: str, *, now: int) -> bool:
        return link in self.memory.export_links and self.memory.export_links[link][1] * 1000 > now

    @atomic
    def take(self, link: str, *, now: int) -> PersonId | None:
        return self.memory.export_links.pop(link)[0] if self.is_offered(link, now=now) else None
