"""Reads JSON that a model or a server wrote, of which only an object has a meaning. Pure."""

import json
from typing import Any


def parsed(written: str) -> dict[str, Any] | None:
    """Return the object that JSON text stands for; None for everything else, also for text that is no JSON."""
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
