from dataclasses import replace
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.web.turn_frames import TurnFrames
from chalicelib.conversation.turn import STOPPED, Reply, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId
from tests.fakes.adapters import NOON
from tests.turn_view import TurnView, read, view

ANNA: Final = PersonId("web:shop:anna")
TURN: Final = Turn(TurnId(f"{NOON}#{'a' * 64}"), ConversationId(ANNA), ANNA, NOON, TurnState.RUNNING, "Well?")
words = st.text(max_size=12) | st.builds(str.__mul__, st.sampled_from(["word ", "😀", "\x01"]), st.integers(1, 9000))
replies = st.one_of(
    st.none(),
    st.just(""),
    st.just(" trimmed"),
    st.sampled_from(["apology", "cancelled"]).map(lambda code: Reply("Sorry!", code=code)),
    st.builds(Reply, st.text(min_size=1, max_size=20), code=st.sampled_from(["", STOPPED])),
)
"""None: dropped. A string: the streamed text without this end. No answer is empty."""


class Reader:
    """A client that connects at some time and reads all new frames, now and then."""

    def __init__(self, script: TurnFrames) -> None:
        self._script = script
        self._at: int | None = None
        self._frames: list[str] = []

    def read_on(self) -> None:
        script, at = self._script, self._at
        self._frames += script.replay() if at is None else script.frames_after(at)
        self._at = len(self._script)

    def restart(self) -> None:
        self._at = None

    @property
    def sees(self) -> TurnView:
        return view(map(read, self._frames))


def some_read(readers: list[Reader], chance: Random) -> None:
    for reader in readers:
        if chance.random() < 0.2:
            reader.restart()
        if chance.random() < 0.7:
            reader.read_on()


def ought_to_see(reply: Reply | None, sees: TurnView) -> TurnView:
    if reply is None:
        return replace(sees, question="Well?", state="dropped")
    state = "stopped" if reply.code in {STOPPED, "cancelled"} else "done"
    return replace(sees, question="Well?", text=reply.text, code=reply.code.removeprefix(STOPPED), state=state)


@given(
    said=st.lists(words, max_size=8),
    ends=replies,
    attempts=st.integers(1, 2),
    joins=st.lists(st.integers(0, 9), max_size=4),
    chance=st.randoms(use_true_random=False),
)
def test_every_client_has_the_same_answer_in_the_end_whenever_it_comes(
    said: list[str], ends: Reply | str | None, attempts: int, joins: list[int], chance: Random
):
    script = TurnFrames(replace(TURN, model_calls=attempts))
    readers = [Reader(script)]
    for moment, part in enumerate(said):
        readers += [Reader(script) for join in joins if join == moment]
        some_read(readers, chance)
        script.add(part)
    some_read(readers, chance)
    reply = Reply("".join(said).removesuffix(ends) or "Hm.") if isinstance(ends, str) else ends
    script.end(reply)
    for reader in (*readers, Reader(script)):
        reader.read_on()
        assert reader.sees == ought_to_see(reply, reader.sees)


def test_an_empty_text_adds_no_frame():
    script = TurnFrames(TURN)
    script.add("")
    assert len(script) == 0


def test_a_client_that_was_connected_all_the_time_gets_nothing_twice():
    script = TurnFrames(TURN)
    for part in ("Hello", ", you"):
        script.add(part)
    script.end(Reply("Hello, you"))
    assert [read(frame)["type"] for frame in script.frames_after(0)] == ["delta", "delta", "completed"]


def test_a_snapshot_replaces_text_that_the_reply_does_not_have():
    script = TurnFrames(TURN)
    script.add("Hello ")
    script.end(Reply("Hello"))
    assert [read(frame)["type"] for frame in script.frames_after(1)] == ["snapshot", "completed"]


def test_a_second_attempt_clears_the_text_of_the_first():
    script = TurnFrames(replace(TURN, model_calls=2))
    assert [read(frame)["type"] for frame in script.replay()] == ["question", "snapshot"]
    script.end(Reply("Sorry!", code="apology"))
    assert [read(frame)["type"] for frame in script.replay()] == ["question", "notice", "completed"]


def test_a_client_that_comes_after_a_notice_gets_no_text_that_it_replaced():
    script = TurnFrames(TURN)
    script.add("Half an ans")
    script.end(Reply("Sorry!", code="apology"))
    assert [read(frame)["type"] for frame in script.replay()] == ["question", "notice", "completed"]


def test_frames_that_were_returned_never_change():
    script = TurnFrames(TURN)
    script.add("Hello")
    before = list(script.frames_after(0))
    script.end(Reply("Something else"))
    assert list(script.frames_after(0))[: len(before)] == before
