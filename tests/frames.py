"""Whether frames are as `docs/asyncapi.yaml` promises. `check` is for every real frame that the bot sends in a test."""

import json
from pathlib import Path
from typing import Any, Final

import yaml
from cfnlint.jsonschema import StandardValidator

DOCUMENT: Final[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[1] / "docs" / "asyncapi.yaml").read_text())
MESSAGES: Final[dict[str, Any]] = DOCUMENT["components"]["messages"]
MAX_BYTES: Final = 32 * 1024


def check(frame: dict[str, Any]) -> None:
    """Raises AssertionError when the bot promises no such frame."""
    wrong = problems(str(frame.get("type")), frame)
    assert wrong == [], f"docs/asyncapi.yaml does not promise {frame}"


def problems(message: str, frame: dict[str, Any]) -> list[str]:
    """What keeps a frame from being the message of that name."""
    if message not in MESSAGES:
        return [f"there is no message {message}"]
    size = len(json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode())
    schema = {"$ref": f"#/components/messages/{message}/payload", "components": DOCUMENT["components"]}
    wrong = [
        f"{'.'.join(map(str, error.path))}: {error.message}" for error in StandardValidator(schema).iter_errors(frame)
    ]
    return wrong + ([f"{size} bytes are too many"] if size > MAX_BYTES else [])
