"""What the bot says over a WebSocket, as JSON text; `docs/websocket.md` promises the shapes. Pure."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.content.persona import Persona
from chalicelib.conversation.turn import CANCELLED, STOPPED, Reply, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId

MAX_TEXT: Final = 4000
"""Characters in a frame: even if each of them has to be escaped, it has less than 32 KB."""
_MAX_SNAPSHOT: Final = 28_000
"""Bytes of one snapshot's text, escaped."""
_MAX_HISTORY: Final = 26_000
"""Bytes of the past in a `ready`; the longest question fits."""
_LONG: Final = 8_000
"""Bytes of a question and its answer that are too many for a list."""
_CUT_SHORT: Final = frozenset({STOPPED, CANCELLED})
"""The codes of replies to a turn that its person stopped, after its first words and before."""
_encode: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def frame(kind: str, **values: Any) -> str:
    """A frame; what has nothing to say is left out."""
    return _encode({"type": kind, **{name: value for name, value in values.items() if value not in (None, "", [])}})


def error(code: str, message: str, id: str | None = None) -> str:  # noqa: A002 (the protocol's name)
    """About a frame of the client's."""
    return frame("error", code=code, message=message, id=id)


def ready(
    person: PersonId,
    conversation: ConversationId,
    persona: Persona,
    *,
    limit: int | None,
    remaining: int | None,
    now: int,
    turns: Sequence[Turn],
) -> list[str]:
    """The client may write; with what was said before, as far as it fits.

    Answers that are long for a list follow by themselves, as if they were given just now.
    """
    past = list(_fitting(turn for turn in reversed(turns) if turn.text))[::-1]
    listed = {entry["turn"] for entry in past}
    late = [(turn, turn.reply) for turn in turns if turn.reply and turn.id in listed and _is_late(turn)]
    first = frame(
        "ready",
        you=identity.pseudonym(person),
        room=identity.room_of(conversation),
        persona=persona_values(persona),
        limit=limit,
        remaining=remaining,
        now=now,
        history=past,
    )
    return [first, *(text for turn, reply in late for text in (question(turn), *whole(turn.id, reply)))]


def persona_values(persona: Persona) -> dict[str, str]:
    """Whom people talk to, as they may know it."""
    return {"name": persona.name, **({"opening": persona.opening} if persona.opening else {})}


def question(turn: Turn) -> str:
    """Now this is being answered."""
    return frame("question", turn=turn.id, **{"from": identity.pseudonym(turn.person)}, text=_asked(turn), at=turn.at)


def delta(turn: TurnId, seq: int, text: str) -> str:
    """The next words."""
    return frame("delta", turn=turn, seq=seq, text=text)


def snapshot(turn: TurnId, parts: Sequence[str], *, last: int | None = None) -> list[str]:
    """All that has been said: one frame, and deltas for what it has no room for. Parts count from 1, or to `last`."""
    size = count = 0
    for part in parts:
        size += _size(part)
        if count and size > _MAX_SNAPSHOT:
            break
        count += 1
    before = 0 if last is None else last - len(parts)
    first = _encode({"type": "snapshot", "turn": turn, "seq": before + count, "text": "".join(parts[:count])})
    rest = enumerate(parts[count:], before + count + 1)
    return [first, *(delta(turn, number, part) for number, part in rest)]


def parts_of(text: str) -> list[str]:
    """A text in parts that fit into frames."""
    return [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]


def ending(turn: TurnId, reply: Reply, *, seq: int) -> list[str]:
    """The last frames of a turn whose words, if they are the model's, have been said up to `seq`."""
    notice = [frame("notice", turn=turn, code=reply.code, message=reply.text)] if is_notice(reply) else []
    choices = [{"title": choice.title, "command": choice.command} for choice in reply.choices]
    over = frame(
        "completed",
        turn=turn,
        seq=0 if notice else seq,
        state=_state(reply),
        footer=reply.footer,
        choices=choices,
        remaining=reply.left,
    )
    return [*notice, over]


def whole(turn: TurnId, reply: Reply) -> list[str]:
    """A finished turn for somebody who has seen nothing of its answer.

    It ends at its length in characters: no frame that was streamed has a higher number, so that none which is still on
    its way can be taken for the next one.
    """
    if is_notice(reply):
        return ending(turn, reply, seq=0)
    last = len(reply.text)
    return [*snapshot(turn, parts_of(reply.text), last=last), *ending(turn, reply, seq=last)]


def dropped(turn: TurnId) -> str:
    """It will not be answered."""
    return frame("completed", turn=turn, seq=0, state="dropped")


def is_notice(reply: Reply) -> bool:
    """Whether the bot itself speaks in place of the model."""
    return reply.code not in ("", STOPPED)


def _asked(turn: Turn) -> str:
    """The question, or the beginning of one that was too long to be answered."""
    return turn.text[:MAX_TEXT]


def _past(turn: Turn) -> dict[str, Any]:
    is_open = turn.state in (TurnState.QUEUED, TurnState.RUNNING) or _is_late(turn)
    reply = None if is_open else turn.reply
    values = {
        "turn": turn.id,
        "from": identity.pseudonym(turn.person),
        "question": _asked(turn),
        "answer": reply.text if reply else None,
        "code": reply.code if reply and is_notice(reply) else None,
        "state": "open" if is_open else _state(reply),
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def _is_late(turn: Turn) -> bool:
    """Whether it is told after the list, for its length."""
    return turn.reply is not None and _size(_asked(turn)) + _size(turn.reply.text) > _LONG


def _size(value: object) -> int:
    return len(_encode(value).encode())


def _state(reply: Reply | None) -> str:
    """How a turn is over."""
    if reply is None:
        return "dropped"
    return "stopped" if reply.code in _CUT_SHORT else "done"


def _fitting(turns: Iterable[Turn]) -> Iterator[dict[str, Any]]:
    size = 0
    for value in map(_past, turns):
        size += _size(value)
        if size > _MAX_HISTORY:
            return
        yield value
