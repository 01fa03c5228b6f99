"""A round of tool calls as far as it is journalled, and the answer that asked for it, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.access.budget import Usage
from chalicelib.conversation.tool import Round, ToolCall, ToolResult

MAX_CALLS: Final = 8
"""Calls of one round. A model that asks for more gets the results of these, and may ask again."""
MAX_ROUND_BYTES: Final = 200_000
"""The most that a round's calls, words and thoughts may have: results come to it, and an item can hold 400 KB."""


@dataclass(frozen=True)
class OpenRound:
    """A round of calls, some of which may have no result yet."""

    calls: tuple[ToolCall, ...]
    text: str = field(default="", repr=False)
    """As in `Round`."""
    thoughts: tuple[str, ...] = field(default=(), repr=False)
    """As in `Round`."""
    started: frozenset[int] = frozenset()
    """Indexes of the calls that were begun, of tools that write."""
    results: Mapping[int, ToolResult] = field(default_factory=dict, repr=False)
    """By the indexes of their calls."""

    @property
    def size(self) -> int:
        """The UTF-8 bytes of all that the model wrote."""
        written = [part for call in self.calls for part in (call.id, call.name, call.arguments)]
        return sum(len(part.encode(errors="surrogatepass")) for part in (*written, self.text, *self.thoughts))

    def with_result(self, call: int, result: ToolResult) -> "OpenRound":
        """Return the round with the result of one more call."""
        return replace(self, results={**self.results, call: result})

    def finished(self) -> Round:
        """Return the round as the model gets it. Every call must have a result."""
        results = tuple(self.results[index] for index in range(len(self.calls)))
        return Round(self.calls, results, self.text, self.thoughts)


@dataclass(frozen=True)
class Asked:
    """An answer of the model that asks for tools, and what it took."""

    round: OpenRound
    usage: Usage | None
    """None if the provider did not tell."""
    at_most: Usage
    """As in `Answer`."""
    ms: int
    first_words_ms: int | None
    """Time from the request to the first word; None without words."""
