"""Assembles a turn from its frames as a client does, but strict about their order and size."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from tests.frame_schema import check

Frame = dict[str, Any]
MAX_BYTES: Final = 32 * 1024


@dataclass
class ReceivedTurn:
    """The turn that a client displays."""

    question: str = ""
    text: str = ""
    code: str = ""
    seq: int = 0
    state: str = ""
    """Empty until the turn has ended."""


def read(frame: str) -> Frame:
    """Parse a frame. Raises AssertionError if it is too large for API Gateway or not documented."""
    assert len(frame.encode()) <= MAX_BYTES
    values: Frame = json.loads(frame)
    check(values)
    return values


def assemble(frames: Iterable[Frame]) -> ReceivedTurn:
    """Assemble the frames of one turn. Raises AssertionError if their order breaks the protocol."""
    turn = ReceivedTurn()
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
                raise AssertionError(f"{other} does not belong to a turn")
    return turn
