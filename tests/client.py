"""A web chat client written from `docs/websocket.md` alone: computes what a user sees from the frames received.

`receive` gets each frame, and returns the frames that the client then wants to send. It opens no socket itself.
"""

import json
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]


@dataclass
class Shown:
    """A turn as the user sees it."""

    turn: str
    by: str = ""
    question: str = ""
    text: str = ""
    """Of the model, or what the bot itself says: then there is a code."""
    code: str = ""
    seq: int = 0
    state: str = "open"
    footer: str = ""
    choices: list[dict[str, str]] = field(default_factory=list)
    begun: bool = False
    """Its question has come on this socket."""
    room: str | None = None
    """Of its frames."""
    asked: bool = False
    """The client has noticed that something is missing, and said so."""

    @property
    def is_over(self) -> bool:
        return self.state != "open"


@dataclass
class Client:
    """What somebody sees of one conversation. It outlives its sockets: after `lost` it goes on with a new `ready`."""

    turns: dict[str, Shown] = field(default_factory=dict)
    """By id, in the order in which they are shown."""
    accepted: dict[str, str] = field(default_factory=dict)
    """The turns of one's own messages, by their ids."""
    errors: list[Frame] = field(default_factory=list)
    you: str = ""
    room: str | None = None
    persona: dict[str, str] = field(default_factory=dict)
    limit: int | None = None
    remaining: int | None = None
    now: int = 0
    is_ready: bool = False

    def receive(self, frame: Frame | str) -> list[Frame]:
        """One frame has come."""
        frame = json.loads(frame) if isinstance(frame, str) else frame
        reader = {
            "ready": self._ready,
            "accepted": self._accepted,
            "error": self._error,
            "question": self._question,
            "delta": self._delta,
            "snapshot": self._snapshot,
            "notice": self._notice,
            "completed": self._completed,
        }.get(frame["type"])
        return reader(frame) if reader else []

    def lost(self) -> None:
        """The socket is gone."""
        self.is_ready = False

    def shown(self, turn: str) -> str:
        return self.turns[turn].text

    @property
    def screen(self) -> list[tuple[str, str]]:
        """Questions and answers, from top to bottom."""
        return [(shown.question, shown.text) for shown in self.turns.values()]

    def _accepted(self, frame: Frame) -> list[Frame]:
        if "id" in frame:
            self.accepted[frame["id"]] = frame["turn"]
        return []

    def _error(self, frame: Frame) -> list[Frame]:
        self.errors.append(frame)
        return []

    def _ready(self, frame: Frame) -> list[Frame]:
        if (frame["you"], frame.get("room")) != (self.you, self.room):
            self.turns.clear()
        self.you, self.room, self.persona = frame["you"], frame.get("room"), frame["persona"]
        self.limit, self.remaining, self.now = frame.get("limit"), frame.get("remaining"), frame["now"]
        self.is_ready = True
        listed = {entry["turn"]: self._listed(entry | room_field(self.room)) for entry in frame.get("history", [])}
        older = {turn: shown for turn, shown in self.turns.items() if turn not in listed}
        self.turns = {**older, **listed}
        for shown in self.turns.values():
            shown.begun = shown.asked = False
        return [request for shown in older.values() if not shown.is_over for request in _resume(shown)]

    def _listed(self, entry: Frame) -> Shown:
        """What is over stands there whole: no words that are still on their way belong to it."""
        shown = self._shown(entry)
        shown.by, shown.question = entry["from"], entry.get("question", "")
        if entry["state"] != "open":
            shown.text, shown.code, shown.state = entry.get("answer", ""), entry.get("code", ""), entry["state"]
            shown.seq, shown.choices = len(shown.text), entry.get("choices", [])
        return shown

    def _question(self, frame: Frame) -> list[Frame]:
        """Turns of a conversation never overlap: what has begun and not ended before it was cut off."""
        asks = [
            request
            for other in self.turns.values()
            if other.begun and not other.is_over and not other.asked and other.turn != frame["turn"]
            if other.room == frame.get("room")
            for request in _resume(other)
        ]
        shown = self._shown(frame)
        shown.by, shown.question, shown.begun = frame["from"], frame.get("text", ""), True
        return asks

    def _delta(self, frame: Frame) -> list[Frame]:
        shown = self._shown(frame)
        if shown.code or shown.state == "dropped" or frame["seq"] <= shown.seq:
            return []
        if frame["seq"] > shown.seq + 1:
            return [] if shown.asked else _resume(shown)
        shown.text, shown.seq = shown.text + frame["text"], frame["seq"]
        return []

    def _snapshot(self, frame: Frame) -> list[Frame]:
        shown = self._shown(frame)
        if shown.state != "dropped":
            shown.text, shown.seq, shown.code = frame["text"], frame["seq"], ""
        return []

    def _notice(self, frame: Frame) -> list[Frame]:
        shown = self._shown(frame)
        if shown.state != "dropped":
            shown.text, shown.code = frame["message"], frame["code"]
        return []

    def _completed(self, frame: Frame) -> list[Frame]:
        shown = self._shown(frame)
        self.remaining = frame.get("remaining", self.remaining)
        if frame["state"] == "dropped":
            shown.text, shown.code, shown.seq = "", "", 0
        elif not shown.code and frame["seq"] > shown.seq:
            return _resume(shown)
        shown.state, shown.asked = frame["state"], False
        shown.footer, shown.choices = frame.get("footer", ""), frame.get("choices", [])
        return []

    def _shown(self, frame: Frame) -> Shown:
        shown = self.turns.setdefault(frame["turn"], Shown(frame["turn"]))
        shown.room = frame.get("room")
        return shown


def _resume(shown: Shown) -> list[Frame]:
    shown.asked = True
    return [{"action": "resume", "turn": shown.turn, "seq": shown.seq} | room_field(shown.room)]


def room_field(room: str | None) -> Frame:
    """The field that says in which room a frame is meant; none in one's own conversation."""
    return {"room": room} if room else {}
