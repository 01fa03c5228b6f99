from dataclasses import replace
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.web.turn_frames import TurnFrames
from chalicelib.conversation.turn import STOPPED, Reply, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId
from tests.fakes.adapters import NOON
from tests.told_turn import TurnTold, read, told

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
"""None: dropped. A text: what was said, without so much. No answer is empty."""


class Listener:
    """Somebody who comes at some time and from then on reads all there is, now and then."""

    def __init__(self, script: TurnFrames) -> None:
        self._script = script
        self._at: int | None = None
        self._frames: list[str] = []

    def listen(self) -> None:
        self._frames += self._script.after(self._at)
        self._at = len(self._script)

    def begin_anew(self) -> None:
        self._at = None

    @property
    def sees(self) -> TurnTold:
        return told(map(read, self._frames))


def some_listen(listeners: list[Listener], chance: Random) -> None:
    for listener in listeners:
        if chance.random() < 0.2:
            listener.begin_anew()
        if chance.random() < 0.7:
            listener.listen()


def ought_to_see(reply: Reply | None, sees: TurnTold) -> TurnTold:
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
def test_whenever_they_come_all_see_the_same_in_the_end(
    said: list[str], ends: Reply | str | None, attempts: int, joins: list[int], chance: Random
):
    script = TurnFrames(replace(TURN, model_calls=attempts))
    listeners = [Listener(script)]
    for moment, part in enumerate(said):
        listeners += [Listener(script) for join in joins if join == moment]
        some_listen(listeners, chance)
        script.say(part)
    some_listen(listeners, chance)
    reply = Reply("".join(said).removesuffix(ends) or "Hm.") if isinstance(ends, str) else ends
    script.end(reply)
    for listener in (*listeners, Listener(script)):
        listener.listen()
        assert listener.sees == ought_to_see(reply, listener.sees)


def test_nothing_said_is_no_frame():
    script = TurnFrames(TURN)
    script.say("")
    assert len(script) == 0


def test_who_was_there_all_the_time_hears_nothing_twice():
    script = TurnFrames(TURN)
    for part in ("Hello", ", you"):
        script.say(part)
    script.end(Reply("Hello, you"))
    assert [read(frame)["type"] for frame in script.after(0)] == ["delta", "delta", "completed"]


def test_what_was_said_before_the_reply_was_trimmed_is_replaced():
    script = TurnFrames(TURN)
    script.say("Hello ")
    script.end(Reply("Hello"))
    assert [read(frame)["type"] for frame in script.after(1)] == ["snapshot", "completed"]


def test_a_second_attempt_clears_what_the_first_one_said():
    script = TurnFrames(replace(TURN, model_calls=2))
    assert [read(frame)["type"] for frame in script.after(None)] == ["question", "snapshot"]
    script.end(Reply("Sorry!", code="apology"))
    assert [read(frame)["type"] for frame in script.after(None)] == ["question", "notice", "completed"]


def test_who_comes_after_a_notice_hears_nothing_of_what_it_replaced():
    script = TurnFrames(TURN)
    script.say("Half an ans")
    script.end(Reply("Sorry!", code="apology"))
    assert [read(frame)["type"] for frame in script.after(None)] == ["question", "notice", "completed"]


def test_what_was_taken_is_never_changed():
    script = TurnFrames(TURN)
    script.say("Hello")
    before = list(script.after(0))
    script.end(Reply("Something else"))
    assert list(script.after(0))[: len(before)] == before
