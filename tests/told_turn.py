"""One turn as its frames tell it to a socket: strict about their order and size, where a real client would forgive."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from tests.frame_schema import check

Frame = dict[str, Any]
MAX_BYTES: Final = 32 * 1024


@dataclass
class TurnTold:
    """What somebody sees."""

    question: str = ""
    text: str = ""
    code: str = ""
    seq: int = 0
    state: str = ""
    """Empty until the turn is over."""


def read(frame: str) -> Frame:
    """A frame that fits through API Gateway."""
    assert len(frame.encode()) <= MAX_BYTES
    values: Frame = json.loads(frame)
    check(values)
    return values


def told(frames: Iterable[Frame]) -> TurnTold:
    """Of a single turn. Raises AssertionError when the frames are not in the order that is promised."""
    seen = TurnTold()
    begun = False
    for frame in frames:
        assert not seen.state, f"{frame['type']} after the end"
        assert begun or frame["type"] == "question", f"{frame['type']} before the question"
        match frame["type"]:
            case "question":
                begun, seen.question = True, frame.get("text", "")
            case "delta":
                assert frame["seq"] == seen.seq + 1
                seen.text, seen.seq = seen.text + frame["text"], frame["seq"]
            case "snapshot":
                seen.text, seen.seq = frame["text"], frame["seq"]
            case "notice":
                seen.text, seen.seq, seen.code = frame["message"], 0, frame["code"]
            case "completed":
                assert frame["seq"] == seen.seq or frame["state"] == "dropped"
                seen.state = frame["state"]
            case other:
                raise AssertionError(f"{other} is no part of a turn")
    return seen
