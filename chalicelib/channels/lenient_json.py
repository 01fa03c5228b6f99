"""Reads JSON from untrusted clients: a wrong type is None or empty, and only `load` raises an error.

Meta sends ids as numbers or strings and times in seconds or milliseconds, so a strict schema would lose messages.
"""

import json
import re
from typing import Any, Final

from chalicelib.conversation.surrogates import clean

_MAX_ID: Final = 128
_MAX_DIGITS: Final = 30
_TIME_DIGITS: Final = 13
_MAX_DEPTH: Final = 20
_FEW_BRACKETS: Final = 400
"""Below this number of opening brackets no nesting can exhaust the stack, so the body is parsed unchanged."""
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]|[^"\[\]{}]+', re.DOTALL)
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")
_SECONDS: Final = range(10**9, 10**10)
_MILLISECONDS: Final = range(10**12, 10**13)


def load(body: bytes) -> Any:
    """Decode a UTF-8 body of JSON. Raises ValueError.

    Integers of more than 30 digits become null. So do values nested deeper than 20 levels, in a body with so many
    brackets that they could exhaust the stack.
    """
    return json.loads(_prune(body.decode()), parse_int=_int)


def identifier(value: object, *, longest: int = _MAX_ID) -> str | None:
    """Return an id, which may be a string or an integer, as a non-blank string; None for everything else.

    An id may have `longest` characters. Two ids of the default length fit into a DynamoDB key in any script.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = clean(str(value))
    return text if text.strip() and len(text) <= longest else None


def milliseconds(value: object) -> int | None:
    """Return a time in milliseconds since 1970, given in seconds or milliseconds as a number or digits; else None."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _TIME_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if value in _SECONDS:
        return value * 1000
    return value if value in _MILLISECONDS else None


def items(value: object) -> list[Any]:
    """Return a list unchanged, and an empty list for everything else."""
    return value if isinstance(value, list) else []


def _prune(text: str) -> str:
    """Replace each value that is nested too deep by null, so that the rest of the body can still be parsed."""
    if text.count("{") + text.count("[") < _FEW_BRACKETS:
        return text
    depth, pruned = 0, []
    for token in _TOKENS.findall(text):
        depth -= token in _CLOSING
        if depth <= _MAX_DEPTH:
            opens_too_deep = depth == _MAX_DEPTH and token in _OPENING
            closes_too_deep = depth == _MAX_DEPTH and token in _CLOSING
            pruned.append("null" if opens_too_deep else "" if closes_too_deep else token)
        depth += token in _OPENING
    return "".join(pruned)


def _int(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MAX_DIGITS else None
