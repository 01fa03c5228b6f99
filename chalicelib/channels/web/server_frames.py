"""Builds the frames that the server sends, as JSON text; `docs/websocket.md` promises their shapes."""

import json
from collections.abc import Sequence
from typing import Any, Final

from chalicelib.access import identity
from chalicelib.access.own_conversations import OwnConversation
from chalicelib.content.persona import Persona
from chalicelib.conversation.order import in_order
from chalicelib.conversation.takeover import is_of_human
from chalicelib.conversation.turn import CANCELLED, STOPPED, Reply, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId

HISTORY_TURNS: Final = 30
"""Turns in one frame with past turns; its list is built of one more, so that it is known whether others are before."""
MAX_TEXT: Final = 4000
"""Characters of text in one frame: even if each of them is escaped, the frame has less than 32 KB."""
_MAX_SNAPSHOT: Final = 28_000
"""Bytes of a snapshot's encoded text."""
_MAX_HISTORY: Final = 26_000
"""Bytes of the encoded `history` of a frame, less those of a `conversationId`; the longest question fits."""
_MAX_LISTED: Final = 8_000
"""Bytes of a question and its answer, encoded; a longer answer is not in `history` but follows in its own frames."""
_STOPPED_CODES: Final = frozenset({STOPPED, CANCELLED})
"""The codes of replies to a turn that its person stopped: after the first delta, and before it."""
_encode: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def frame(kind: str, **values: Any) -> str:
    """Build a frame of the type `kind`; values that are None, "" or [] are left out."""
    return _encode({"type": kind, **{name: value for name, value in values.items() if value not in (None, "", [])}})


def error(code: str, message: str, id: str | None = None) -> str:  # noqa: A002 (the protocol's name)
    """Build an `error` about a client's frame, with the `id` of the message in it if there is one."""
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
    spent: str | None = None,
    visitor: str | None = None,
    conversation_id: str = "",
) -> list[str]:
    """Build `ready` with as much of the latest `turns` (oldest first) as fits, and the frames of long answers.

    `now` is in milliseconds since 1970; `spent` is why no question is answered on another day either, as the code of a
    notice; `visitor` is the name of a new visitor of an API key, `conversation_id` what the client calls the room. An
    answer that is too long for `history` is `open` there, and follows as if it was given at this moment: `question`,
    `snapshot` and `completed`.
    """
    listed = _fitting(turns, conversation_id)
    first = frame(
        "ready",
        you=identity.pseudonym(person),
        visitor=visitor,
        room=identity.named(conversation),
        conversationId=conversation_id,
        persona=persona.public(),
        limit=limit,
        remaining=remaining,
        spent=spent,
        now=now,
        history=_history(listed),
        earlier=_before(turns, listed),
    )
    return [first, *_long_answers(listed)]


def earlier(turns: Sequence[Turn], *, conversation_id: str = "") -> list[str]:
    """Build `history` with as many of `turns` as fit, those with the highest ids, and the frames of long answers.

    The turns come in the order of their ids, so that each request gets further, and are listed in that of the history.
    """
    listed = _fitting(turns, conversation_id)
    shown = in_order(listed)
    first = frame("history", history=_history(shown), earlier=_before(turns, listed))
    return [first, *_long_answers(shown)]


def question(turn: Turn) -> str:
    """Build `question`, which says that the answer to this turn begins."""
    return frame(
        "question",
        turn=turn.id,
        **{"from": identity.pseudonym(turn.person)},
        text=_question_text(turn),
        opening=turn.opens or None,
        at=turn.at,
        replaces=turn.replaces,
    )


def delta(turn: TurnId, seq: int, text: str) -> str:
    """Build `delta` number `seq`, which counts from 1, with the next part of the answer."""
    return frame("delta", turn=turn, seq=seq, text=text)


def snapshot(turn: TurnId, parts: Sequence[str], *, last: int | None = None) -> list[str]:
    """Build a `snapshot` of the whole text, with a `delta` for each part that does not fit into its frame.

    The parts count from 1, or with `last` so that the last one has that number.
    """
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


def split(text: str) -> list[str]:
    """Cut a text of any length into parts that fit into one frame each; no part is empty."""
    return [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]


def ending(turn: TurnId, reply: Reply, *, seq: int) -> list[str]:
    """Build the last frames of a turn whose `delta` frames went up to `seq`: `completed`, after a `notice` if any."""
    notice = [frame("notice", turn=turn, code=reply.code, message=reply.text)] if is_notice(reply) else []
    completed = frame(
        "completed",
        turn=turn,
        seq=0 if notice else seq,
        state=_state(reply),
        footer=reply.footer,
        choices=_choices(reply),
        remaining=reply.left,
    )
    return [*notice, completed]


def finished(turn: TurnId, reply: Reply) -> list[str]:
    """Build the answer and the end of a finished turn, for a client that has nothing of its answer.

    The last `seq` is the length of the text in characters. No streamed frame had a higher one, so a streamed frame
    that arrives late cannot be mistaken for the next.
    """
    if is_notice(reply):
        return ending(turn, reply, seq=0)
    last = len(reply.text)
    return [*snapshot(turn, split(reply.text), last=last), *ending(turn, reply, seq=last)]


def dropped(turn: TurnId) -> str:
    """Build the `completed` of a turn that gets no answer."""
    return frame("completed", turn=turn, seq=0, state="dropped")


def is_notice(reply: Reply) -> bool:
    """Whether the reply is a sentence of the bot itself instead of the model's answer."""
    return reply.code not in ("", STOPPED)


def _choices(reply: Reply) -> list[dict[str, str]]:
    return [{"title": choice.title, "command": choice.command} for choice in reply.choices]


def _question_text(turn: Turn) -> str:
    """Return the question, or the beginning of one that was too long for the model."""
    return turn.text[:MAX_TEXT]


def _history_entry(turn: Turn) -> dict[str, Any]:
    is_open = turn.state in (TurnState.QUEUED, TurnState.RUNNING) or _is_too_long_to_list(turn)
    reply = None if is_open else turn.reply
    values = {
        "turn": turn.id,
        "from": identity.pseudonym(turn.person),
        "question": _question_text(turn),
        "opening": turn.opens or None,
        "at": turn.at,
        "replaces": turn.replaces,
        "answer": reply.text if reply else None,
        "code": reply.code if reply and is_notice(reply) else None,
        "choices": _choices(reply) if reply else None,
        "feedback": turn.feedback,
        "state": "open" if is_open else _state(reply),
    }
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def conversations(own: Sequence[OwnConversation]) -> str:
    """Build `conversations` with the first of them that fit."""
    listed: list[dict[str, Any]] = []
    size = 0
    for each in own:
        name = identity.named(each.id)
        entry = {"title": each.title, "at": each.used_at, **({"room": name} if name else {})}
        size += _size(entry)
        if size > _MAX_HISTORY:
            break
        listed.append(entry)
    return frame("conversations", conversations=listed)


def _history(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    return [_history_entry(turn) for turn in turns if _has_words(turn)]


def _long_answers(turns: Sequence[Turn]) -> list[str]:
    """Build the frames of the answers that are too long for a list, as if they were given at this moment."""
    long = [(turn, turn.reply) for turn in turns if _has_words(turn) and turn.reply and _is_too_long_to_list(turn)]
    return [text for turn, reply in long for text in (question(turn), *finished(turn.id, reply))]


def _has_words(turn: Turn) -> bool:
    return bool(turn.text) or turn.opens or (is_of_human(turn) and not turn.is_open)


def _before(turns: Sequence[Turn], listed: Sequence[Turn]) -> TurnId | None:
    """Return the highest id of the turns that are not listed: all others are reached from there."""
    return max({turn.id for turn in turns} - {turn.id for turn in listed}, default=None)


def _is_too_long_to_list(turn: Turn) -> bool:
    return turn.reply is not None and _size(_question_text(turn)) + _size(turn.reply.text) > _MAX_LISTED


def _size(value: object) -> int:
    """The size of a value in bytes, encoded as JSON."""
    return len(_encode(value).encode())


def _state(reply: Reply | None) -> str:
    """Return the `state` of `completed` for a closed turn."""
    if reply is None:
        return "dropped"
    return "stopped" if reply.code in _STOPPED_CODES else "done"


def _fitting(turns: Sequence[Turn], conversation_id: str) -> Sequence[Turn]:
    """Return the last turns, at most HISTORY_TURNS, that fit into one frame; those without words take no room."""
    size, most = 0, _MAX_HISTORY - _size(conversation_id)
    for count, turn in enumerate(reversed(turns)):
        size += _size(_history_entry(turn)) if _has_words(turn) else 0
        if size > most or count == HISTORY_TURNS:
            return turns[len(turns) - count :]
    return turns
