"""The ToolLists port in memory."""

from dataclasses import dataclass, field

from chalicelib.conversation.remote_tools import KnownTools
from tests.fakes.memory import Memory, atomic


@dataclass(frozen=True)
class FakeToolLists:
    """`conversation.remote_tools.ToolLists`."""

    memory: Memory = field(default_factory=Memory)

    @atomic
    def get(self, url: str) -> KnownTools | None:
        return self.memory.tool_lists.get(url)

    @atomic
    def put(self, url: str, known: KnownTools) -> None:
        self.memory.tool_lists[url] = known
