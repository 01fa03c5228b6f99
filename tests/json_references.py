"""Follows `$ref` in a document of OpenAPI or AsyncAPI, as tests read it."""

from collections.abc import Iterator, Mapping
from typing import Any


def at(document: Mapping[str, Any], reference: str) -> Any:
    """What stands at a reference such as `#/components/schemas/Error`. Raises KeyError if nothing does."""
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def references(part: Any) -> Iterator[str]:
    """All references in a part of a document, each as often as it stands there."""
    match part:
        case {"$ref": str(target)}:
            yield target
        case dict():
            for value in part.values():
                yield from references(value)
        case list():
            for value in part:
                yield from references(value)
