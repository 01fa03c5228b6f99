"""Validates frames against `docs/asyncapi.yaml`. Tests call `check` for each real frame that the bot sends."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import fastjsonschema
import yaml

DOCUMENT: Final[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[1] / "docs" / "asyncapi.yaml").read_text())
MESSAGES: Final[dict[str, Any]] = DOCUMENT["components"]["messages"]
MAX_BYTES: Final = 32 * 1024


def check(frame: dict[str, Any]) -> None:
    """Raise AssertionError if the frame does not match the schema of its type."""
    wrong = problems(str(frame.get("type")), frame)
    assert wrong == [], f"docs/asyncapi.yaml does not promise {frame}"


def problems(message: str, frame: dict[str, Any]) -> list[str]:
    """List a frame's first error against the schema of its message, and that it is too large; empty if it is valid."""
    if message not in MESSAGES:
        return [f"there is no message {message}"]
    size = len(json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode())
    wrong = [f"{size} bytes are too large"] if size > MAX_BYTES else []
    try:
        _validator(message)(frame)
    except fastjsonschema.JsonSchemaValueException as exc:
        return [exc.message, *wrong]
    return wrong


@cache
def _validator(message: str) -> Callable[[Any], Any]:
    return fastjsonschema.compile(_inlined(MESSAGES[message]["payload"]), use_default=False)


def _inlined(schema: Any) -> Any:
    """Replace each reference by its schema: the compiler knows the payload alone, not the whole document."""
    match schema:
        case {"$ref": str(target)}:
            found: Any = DOCUMENT
            for step in target.removeprefix("#/").split("/"):
                found = found[step]
            return {**_inlined(found), **{name: _inlined(part) for name, part in schema.items() if name != "$ref"}}
        case dict():
            return {name: _inlined(part) for name, part in schema.items()}
        case list():
            return [_inlined(part) for part in schema]
    return schema
