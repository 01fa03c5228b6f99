"""Builds what a client shows of one turn from its frames; stricter about their order and size than a real client."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from tests.frame_schema import check

Frame = dict[str, Any]
MAX_BYTES: Final = 32 * 1024


@dataclass
class TurnView:
    """What a client shows of a turn."""

    question: str = ""
    text: str = ""
    code: str = ""
    seq: int = 0
    state: str = ""
    """Empty until the turn is over."""


def read(frame: str) -> Frame:
    """Decode a frame. Raises AssertionError if it is too large or not as `docs/asyncapi.yaml` promises."""
    assert len(frame.encode()) <= MAX_BYTES
    values: Frame = json.loads(frame)
    check(values)
    return values


def view(frames: Iterable[Frame]) -> TurnView:
    """Apply the frames of a single turn. Raises AssertionError if they are not in the promised order."""
    turn = TurnView()
    begun = False
    for frame in frames:
        assert not turn.state, f"{frame['type']} after the end"
        assert begun or frame["type"] == "question", f"{frame['type']} before the question"
        match frame["type"]:
            case "question":
                begun, turn.question = True, frame.get("text", "")
            case "delta":
                assert frame["seq"] == turn.seq + 1
                turn.text, turn.seq = turn.text + frame["text"], frame["seq"]
            case "snapshot":
                turn.text, turn.seq = frame["text"], frame["seq"]
            case "notice":
                turn.text, turn.seq, turn.code = frame["message"], 0, frame["code"]
            case "completed":
                assert frame["seq"] == turn.seq or frame["state"] == "dropped"
                turn.state = frame["state"]
            case other:
                raise AssertionError(f"{other} is no part of a turn")
    return turn
