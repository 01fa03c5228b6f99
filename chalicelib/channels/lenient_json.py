"""Reading JSON that strangers may have written: whatever comes, a clean value or None, and no error but one. Pure."""

import json
import re
from typing import Any, Final

_MAX_ID: Final = 128
_MAX_DIGITS = 30
_TIME_DIGITS = 13
_MAX_DEPTH = 20
_MAX_BRACKETS = 400
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]|[^"\[\]{}]+', re.DOTALL)
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")
_SECONDS: Final = range(10**9, 10**10)
_MILLISECONDS: Final = range(10**12, 10**13)


def load(body: bytes) -> Any:
    """The JSON of a body, without what is nested absurdly deep or has absurdly many digits. Raises ValueError."""
    return json.loads(_shallow(body.decode()), parse_int=_int)


def identifier(value: object, *, longest: int = _MAX_ID) -> str | None:
    """An id as a clean string; numbers are taken, everything else is not an id.

    Two that are not `longest` on purpose fit into a key of the table, whatever their characters.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = clean(str(value))
    return text if text.strip() and len(text) <= longest else None


def milliseconds(value: object) -> int | None:
    """A time in milliseconds, whether it came so or in seconds, as number or text; None when it is no time."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _TIME_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if value in _SECONDS:
        return value * 1000
    return value if value in _MILLISECONDS else None


def items(value: object) -> list[Any]:
    """A list as it is; everything else as an empty one."""
    return value if isinstance(value, list) else []


def clean(text: str) -> str:
    """Without lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _shallow(text: str) -> str:
    """The same JSON with null for what is nested absurdly deep: it shall cost neither the stack nor its neighbours."""
    if text.count("{") + text.count("[") < _MAX_BRACKETS:
        return text
    depth, kept = 0, []
    for token in _TOKENS.findall(text):
        depth -= token in _CLOSING
        if depth <= _MAX_DEPTH:
            opens_too_deep = depth == _MAX_DEPTH and token in _OPENING
            closes_too_deep = depth == _MAX_DEPTH and token in _CLOSING
            kept.append("null" if opens_too_deep else "" if closes_too_deep else token)
        depth += token in _OPENING
    return "".join(kept)


def _int(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MAX_DIGITS else None
