"""Validates frames against `docs/asyncapi.yaml`. Tests call `check` for each real frame that the bot sends."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from cfnlint.jsonschema import StandardValidator

DOCUMENT: Final[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[1] / "docs" / "asyncapi.yaml").read_text())
MESSAGES: Final[dict[str, Any]] = DOCUMENT["components"]["messages"]
MAX_BYTES: Final = 32 * 1024


def check(frame: dict[str, Any]) -> None:
    """Raise AssertionError if the frame does not match the schema of its type."""
    wrong = problems(str(frame.get("type")), frame)
    assert wrong == [], f"docs/asyncapi.yaml does not promise {frame}"


def problems(message: str, frame: dict[str, Any]) -> list[str]:
    """List the errors of a frame against the schema of a message; empty if it is valid."""
    if message not in MESSAGES:
        return [f"there is no message {message}"]
    size = len(json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode())
    wrong = [f"{'.'.join(map(str, error.path))}: {error.message}" for error in _validator(message).iter_errors(frame)]
    return wrong + ([f"{size} bytes are too large"] if size > MAX_BYTES else [])


@cache
def _validator(message: str) -> Any:
    return StandardValidator(_inlined(MESSAGES[message]["payload"]))


def _inlined(schema: Any) -> Any:
    """Replace each reference by its schema: cfnlint searches the whole document for each reference of each frame."""
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
