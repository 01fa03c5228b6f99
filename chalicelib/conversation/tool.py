"""What a model is told of tools, and what it asks of them, as frozen values. What runs a tool is not here.

Fields that hold users' or the model's words are kept out of `repr`, so that no log line or traceback shows them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LONGEST_NAME: Final = 64
"""Characters of a tool's name."""
_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]")


@dataclass(frozen=True)
class ToolSpec:
    """A tool that the model may call."""

    name: str
    """Of 1 to 64 letters, digits, `_` and `-`, which every provider accepts."""
    description: str
    parameters: Mapping[str, Any]
    """The JSON Schema of its arguments: an object without further properties."""


@dataclass(frozen=True)
class ToolCall:
    """A call that the model asks for."""

    id: str
    """The provider's; its result is sent back under it. Unique in its round."""
    name: str
    """As the model wrote it: there need not be such a tool."""
    arguments: str = field(repr=False)
    """As the model wrote them: JSON text that need not be valid. `{}` for none."""


@dataclass(frozen=True)
class ToolResult:
    """What a call of a tool gave, as text for the model. It is data from outside."""

    text: str = field(repr=False)
    is_error: bool = False


NO_SUCH_TOOL: Final = ToolResult("There is no such tool.", is_error=True)


@dataclass(frozen=True)
class Round:
    """One answer of the model that asked for tools, and what they gave."""

    calls: tuple[ToolCall, ...]
    results: tuple[ToolResult, ...]
    """One for each call, in the same order."""
    text: str = field(default="", repr=False)
    """What the model said before it asked."""
    thoughts: tuple[str, ...] = field(default=(), repr=False)
    """The provider's own items, each as JSON text, that it wants back before the calls; only it can read them."""


def accepted_name(name: str) -> str:
    """Return the name as `ToolSpec` wants it: cut to LONGEST_NAME, with `_` for each character that it may not have."""
    return _NOT_IN_A_NAME.sub("_", name)[:LONGEST_NAME]
