"""The attributes of a conversation's item that hold its summary."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.conversation.turn import Summary

ATTRIBUTES: Final = ("summary", "summary_tried")


def summary(item: Mapping[str, Any]) -> Summary | None:
    """The summary of a conversation's item."""
    found = item.get("summary")
    return Summary(found["text"], upto=int(found["upto"]), at=int(found["at"])) if found else None


def of_lease(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a lease that are about the summary."""
    numbers = {name: int(item.get(name, 0)) for name in ("summary_tried", "words_version")}
    return {"summary": summary(item), **numbers}


def values(made: Summary) -> dict[str, Any]:
    """The attributes that store a summary."""
    return {"summary": {"text": made.text, "upto": made.upto, "at": made.at}}
