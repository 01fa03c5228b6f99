"""What is particular to `Sender` on the web, with real threads; `test_sender` has the promises of every sender."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from chalicelib.access import identity
from chalicelib.channels.web.sender import WebSender
from chalicelib.channels.web.turn_frames import TurnFrames
from chalicelib.channels.web.writer import ConnectionWriter, Timing
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.ports import OnDelta
from chalicelib.conversation.turn import STOPPED, Choice, Reply, Turn, TurnState
from chalicelib.errors import ModelBusy, StoreError
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId
from tests.fakes.adapters import FakeClock
from tests.fakes.connections import FakeConnections, RememberingConnectionApi
from tests.threads import PATIENCE_S, no_thread_left
from tests.turn_view import Frame, TurnView, read, view

ANNA, BERT = PersonId("web:shop:anna"), PersonId("web:shop:bert")
ROOM, HALL = ConversationId("room:shop:r"), ConversationId("room:shop:hall")
TURN: Final = Turn(TurnId(f"1795176000000#{'a' * 64}"), ROOM, ANNA, 1_795_176_000_000, TurnState.RUNNING, "Well?")
NEXT: Final = replace(TURN, id=TurnId(f"1795176000001#{'b' * 64}"))
NEVER: Final = 3600.0
NO_RECEIPTS: Final[Any] = frozenset
BUSY: Final = Timing(batch_s=0, poll_s=0.01, retry_s=0, end_s=PATIENCE_S)
"""No batching, and a query for connections all the time."""
STILL: Final = Timing(batch_s=0, poll_s=NEVER, retry_s=0, end_s=PATIENCE_S)
"""A query for connections at the beginning and the end only."""


@dataclass
class Chat:
    """A web chat, its connections and their clients."""

    timing: Timing = BUSY
    connections: FakeConnections = field(default_factory=FakeConnections)
    connection_api: RememberingConnectionApi = field(default_factory=RememberingConnectionApi)
    clock: FakeClock = field(default_factory=FakeClock)
    reported: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sender = WebSender(self.connections, self.connection_api, self.clock, self.reported.append, self.timing)

    def comes(self, name: str, person: PersonId = ANNA, where: ConversationId = ROOM) -> Connection:
        connection = Connection(ConnectionId(name), "https://api.example/dev")
        self.connections.open(connection, now=self.clock())
        ready = self.connections.mark_authenticated(connection, person, where, now=self.clock())
        assert ready
        return ready

    def frames(self, name: str) -> list[Frame]:
        return [read(frame) for frame in self.connection_api.sent.get(ConnectionId(name), [])]

    def types(self, name: str) -> list[str]:
        return [frame["type"] for frame in self.frames(name)]

    def deltas(self, name: str) -> list[str]:
        return [frame["text"] for frame in self.frames(name) if frame["type"] == "delta"]

    def sees(self, name: str) -> TurnView:
        return view(self.frames(name))

    def until(self, holds: Callable[[], bool]) -> None:
        assert self.connection_api.wait_for(holds), "it never came to that"

    def until_text(self, name: str, text: str) -> None:
        self.until(lambda: self.sees(name).text == text)

    def until_polled(self) -> None:
        """Wait for a query of the connections that starts after this call: it finds a new one."""
        name = f"witness {len(self.connection_api.sent)}"
        self.comes(name, BERT)
        self.until(lambda: bool(self.frames(name)))

    def deliver(self, text: str = "", turn: Turn = TURN, *, seconds: float = PATIENCE_S, **more: Any) -> None:
        self.sender.deliver(turn, Reply(text, **more), receipts=NO_RECEIPTS, seconds=seconds)

    @contextmanager
    def responding(self, *names: str) -> Iterator[OnDelta]:
        """Begin an answer, and wait until these connections have its `question`."""
        with self.sender.responding(TURN) as on_delta:
            self.until(lambda: all(self.frames(name) for name in names))
            yield on_delta

    @contextmanager
    def says_hello(self, *names: str) -> Iterator[OnDelta]:
        """Begin an answer, and wait until these connections have its first delta, "Hello"."""
        with self.responding(*names) as on_delta:
            on_delta("Hello")
            for name in names:
                self.until_text(name, "Hello")
            yield on_delta

    def fails_after_a_delta(self, error: BaseException) -> None:
        """Begin an answer on the connection "a", and raise the error after its first delta."""
        with self.responding("a") as on_delta:
            on_delta("Half an ans")
            self.until_text("a", "Half an ans")
            raise error

    def blocks(self, name: str) -> threading.Event:
        return self.connection_api.blocked.setdefault(ConnectionId(name), threading.Event())


@dataclass
class CannotClose:
    """A store in which no connection can be closed."""

    inner: FakeConnections

    def close(self, connection: ConnectionId) -> None:
        raise StoreError("DynamoDB is out of reach: ConnectTimeoutError")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class BrokenOnce:
    """A store whose first query fails as no port promises."""

    inner: FakeConnections
    asked: int = 0

    def in_conversation(self, conversation: ConversationId, *, now: int) -> Sequence[Connection]:
        self.asked += 1
        assert 1 / (self.asked - 1)
        return self.inner.in_conversation(conversation, now=now)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.fixture(autouse=True)
def every_thread_ends() -> Iterator[None]:
    with no_thread_left():
        yield


@pytest.fixture
def chat() -> Chat:
    return Chat()


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for something that no frame shows."""
    attempts = threading.Event()
    assert any(holds() or attempts.wait(0.01) for _ in range(2000)), "it never came to that"


# Streaming.


def test_an_answer_is_streamed_in_deltas_and_ends_with_footer_and_choices(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as on_delta:
        for words in ("Hello", ", you"):
            assert on_delta(words)
            chat.until(lambda words=words: words in chat.deltas("a"))  # type: ignore[misc]
    chat.deliver("Hello, you", footer="(2 left)", choices=(Choice("Yes", "/yes"),), left=2)
    told = chat.frames("a")
    assert [frame.pop("room") for frame in told] == ["r"] * 4
    assert told == [
        {"type": "question", "turn": TURN.id, "from": identity.pseudonym(ANNA), "text": "Well?", "at": TURN.at},
        {"type": "delta", "turn": TURN.id, "seq": 1, "text": "Hello"},
        {"type": "delta", "turn": TURN.id, "seq": 2, "text": ", you"},
        {
            "type": "completed",
            "turn": TURN.id,
            "seq": 2,
            "state": "done",
            "footer": "(2 left)",
            "choices": [{"title": "Yes", "command": "/yes"}],
            "remaining": 2,
        },
    ]


def test_the_first_delta_is_sent_at_once_and_later_ones_share_frames():
    chat = Chat(replace(BUSY, batch_s=NEVER))
    chat.comes("a")
    with chat.responding("a") as on_delta:
        on_delta("First.")
        chat.until_text("a", "First.")
        for _ in range(1000):
            on_delta(" more")
        chat.until_polled()
        assert chat.deltas("a") == ["First."]
    chat.deliver("First." + " more" * 1000)
    assert [len(words) for words in chat.deltas("a")] == [6, 4000, 1000]


def test_all_connections_get_the_same_frames_in_the_same_order(chat: Chat):
    names = [f"socket {number}" for number in range(20)]
    for number, name in enumerate(names):
        chat.comes(name, PersonId(f"web:shop:visitor-{number}"))
    with chat.responding(*names) as on_delta:
        for number in range(50):
            on_delta(f"{number} ")
    chat.deliver("".join(f"{number} " for number in range(50)))
    assert chat.sees(names[0]).state == "done"
    assert all(chat.frames(name) == chat.frames(names[0]) for name in names)


def test_the_reply_replaces_the_streamed_text(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as on_delta:
        on_delta("  Hello ")
    chat.deliver("Hello", code=STOPPED)
    assert (chat.sees("a").text, chat.sees("a").state) == ("Hello", "stopped")


def test_a_turn_that_was_cancelled_before_its_first_delta_ends_as_stopped(chat: Chat):
    chat.comes("a")
    with chat.responding("a"):
        pass
    chat.deliver("Stopped.", code="cancelled")
    assert chat.sees("a") == TurnView("Well?", "Stopped.", "cancelled", 0, "stopped")


def test_a_notice_replaces_the_streamed_text(chat: Chat):
    chat.comes("a")
    with pytest.raises(ModelBusy):
        chat.fails_after_a_delta(ModelBusy("the stream broke"))
    chat.deliver("Sorry!", code="apology")
    assert chat.types("a") == ["question", "delta", "notice", "completed"]
    assert chat.sees("a") == TurnView("Well?", "Sorry!", "apology", 0, "done")


def test_an_answer_is_delivered_although_no_client_is_connected(chat: Chat):
    with chat.sender.responding(TURN) as on_delta:
        on_delta("Hello")
    chat.deliver("Hello")
    assert chat.connection_api.sent == {}


def test_a_turn_without_an_answer_ends_as_dropped(chat: Chat):
    chat.comes("a")
    with chat.responding("a"):
        pass
    chat.sender.end_silently(TURN)
    assert chat.types("a") == ["question", "completed"]
    assert chat.sees("a").state == "dropped"


def test_a_turn_that_was_never_begun_ends_as_dropped(chat: Chat):
    chat.comes("a")
    chat.sender.end_silently(TURN)
    assert chat.sees("a").state == "dropped"


def test_a_second_attempt_that_only_ends_a_turn_sends_no_empty_text_before_the_end(chat: Chat):
    chat.comes("a")
    chat.sender.end_silently(replace(TURN, model_calls=2))
    assert chat.types("a") == ["question", "completed"]


def test_an_end_that_failed_at_first_is_sent_once(chat: Chat):
    chat.comes("a")
    chat.connections.fails = True
    with pytest.raises(StoreError):
        chat.deliver("Hello")
    chat.connections.fails = False
    chat.deliver("Hello")
    assert chat.types("a") == ["question", "snapshot", "completed"]


def test_a_second_attempt_begins_with_an_empty_snapshot(chat: Chat):
    chat.comes("a")
    with chat.sender.responding(replace(TURN, model_calls=2)) as on_delta:
        chat.until(lambda: len(chat.frames("a")) == 2)
        on_delta("Again")
        chat.until_text("a", "Again")
    chat.deliver("Again")
    assert chat.frames("a")[1] == {"type": "snapshot", "turn": TURN.id, "seq": 0, "text": "", "room": "r"}
    assert chat.sees("a").state == "done"


def test_frames_of_successive_turns_do_not_overlap(chat: Chat):
    chat.comes("a")
    for turn in (TURN, NEXT):
        with chat.sender.responding(turn) as on_delta:
            on_delta("Hello")
        chat.deliver("Hello", turn)
    frames = chat.frames("a")
    middle = len(frames) // 2
    assert {frame["turn"] for frame in frames[:middle]} == {TURN.id}
    assert view(frames[:middle]) == view(frames[middle:])


# Connections that come, resume, move and go.


def test_a_client_that_connects_during_an_answer_gets_the_text_so_far_and_the_rest(chat: Chat):
    chat.comes("a")
    with chat.says_hello("a") as on_delta:
        chat.comes("b", BERT)
        chat.until_text("b", "Hello")
        on_delta(", you")
        chat.until_text("b", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("b") == ["question", "snapshot", "delta", "completed"]
    assert chat.sees("b") == chat.sees("a")


def test_a_client_that_connects_after_the_last_delta_gets_the_whole_answer():
    chat = Chat(STILL)
    chat.comes("a")
    with chat.says_hello("a"):
        chat.comes("b", BERT)
    chat.deliver("Hello")
    assert chat.sees("b") == chat.sees("a")


def test_a_client_that_resumes_gets_the_text_so_far_again_and_the_rest(chat: Chat):
    anna = chat.comes("a")
    with chat.says_hello("a") as on_delta:
        chat.connections.resume(anna)
        chat.until(lambda: chat.types("a")[2:] == ["question", "snapshot"])
        on_delta(", you")
        chat.until_text("a", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("a") == ["question", "delta", "question", "snapshot", "delta", "completed"]
    assert chat.sees("a").text == "Hello, you"


def test_a_resume_repeats_nothing_on_other_connections(chat: Chat):
    anna = chat.comes("a")
    chat.comes("b", BERT)
    with chat.says_hello("a", "b"):
        chat.connections.resume(anna)
        chat.until(lambda: chat.types("a").count("question") == 2)
    chat.deliver("Hello")
    assert chat.types("b") == ["question", "delta", "completed"]


def test_a_connection_that_is_gone_is_closed_without_an_effect_on_others(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    chat.connection_api.gone.add(ConnectionId("b"))
    with chat.says_hello("a"):
        pass
    chat.deliver("Hello")
    assert chat.sees("a").state == "done"
    assert [connection.id for connection in chat.connections.in_conversation(ROOM, now=chat.clock())] == ["a"]
    assert chat.connections.get(ConnectionId("b"), now=chat.clock()) is None


def test_a_connection_that_goes_during_an_answer_is_closed_without_an_effect_on_others(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    with chat.says_hello("a", "b") as on_delta:
        chat.connection_api.gone.add(ConnectionId("b"))
        on_delta(", you")
        chat.until_text("a", "Hello, you")
    chat.deliver("Hello, you")
    assert [connection.id for connection in chat.connections.in_conversation(ROOM, now=chat.clock())] == ["a"]
    assert chat.types("b") == ["question", "delta"]


def test_a_client_that_joins_another_room_gets_no_more_frames_of_this_one(chat: Chat):
    chat.comes("a")
    bert = chat.comes("b", BERT)
    with chat.says_hello("a", "b") as on_delta:
        chat.connections.move(bert, HALL, now=chat.clock())
        chat.until_polled()
        on_delta(", you")
        chat.until_text("a", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("b") == ["question", "delta"]


def test_a_client_that_leaves_and_comes_back_gets_the_text_so_far(chat: Chat):
    bert = chat.comes("b", BERT)
    with chat.says_hello("b") as on_delta:
        away = chat.connections.move(bert, HALL, now=chat.clock())
        chat.until_polled()
        on_delta(", you")
        assert away
        chat.connections.move(away, ROOM, now=chat.clock())
        chat.until_text("b", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("b")[:3] == ["question", "delta", "question"]
    assert chat.sees("b").state == "done"


def test_only_connections_of_the_conversation_get_the_answer(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT, HALL)
    with chat.responding("a") as on_delta:
        on_delta("Hello")
        chat.until_polled()
    chat.deliver("Hello")
    assert chat.frames("b") == []


# Connections that are slow, or fail.


def test_a_blocked_connection_delays_neither_the_others_nor_the_model(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    blocked = chat.blocks("b")
    with chat.says_hello("a") as on_delta:
        on_delta(", you")
        chat.until_text("a", "Hello, you")
    with ThreadPoolExecutor(1) as pool:
        delivering = pool.submit(chat.deliver, "Hello, you")
        chat.until(lambda: chat.sees("a").state == "done")
        assert (chat.frames("b"), blocked.is_set()) == ([], False)
        blocked.set()
        delivering.result()


def test_a_connection_that_was_given_up_as_too_slow_gets_no_more_frames_of_the_turn(chat: Chat):
    chat.comes("a")
    blocked = chat.blocks("b")
    with chat.says_hello("a"):
        chat.comes("b", BERT)
        chat.until(lambda: chat.connection_api.waiting == ["b"])
    chat.deliver("Hello", seconds=0)
    blocked.set()
    chat.until(lambda: bool(chat.frames("b")))
    chat.deliver("Hello", NEXT)
    assert [frame["turn"] for frame in chat.frames("b")].count(TURN.id) == 1
    assert view(frame for frame in chat.frames("b") if frame["turn"] == NEXT.id).state == "done"


def test_a_writer_whose_thread_starts_late_still_sends_every_delta(chat: Chat):
    frames, changed = TurnFrames(TURN), threading.Condition()
    with changed:
        writer = ConnectionWriter(
            *(chat.comes("a"), frames, chat.connection_api),
            changed=changed,
            on_closed=lambda _: None,
            report=chat.reported.append,
            timing=chat.sender.timing,
            threads=chat.sender.threads,
        )
        frames.add("Hello")
        changed.notify_all()
    chat.until(lambda: len(chat.frames("a")) == 2)
    with changed:
        writer.close()
        changed.notify_all()
    assert chat.types("a") == ["question", "delta"]


def test_a_slow_connection_that_catches_up_in_time_misses_nothing(chat: Chat):
    chat.comes("b", BERT)
    blocked = chat.blocks("b")
    with chat.sender.responding(TURN) as on_delta:
        for number in range(10):
            on_delta(f"{number} ")
    threading.Timer(0, blocked.set).start()
    chat.deliver("".join(f"{number} " for number in range(10)))
    assert chat.sees("b").text == "0 1 2 3 4 5 6 7 8 9 "
    assert chat.sees("b").state == "done"


def test_a_failed_send_is_followed_by_the_question_and_the_text_so_far(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    with chat.says_hello("a", "b") as on_delta:
        chat.connection_api.fails[ConnectionId("b")] = 2
        on_delta(", you")
        chat.until_text("b", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("b") == ["question", "delta", "question", "snapshot", "completed"]
    assert chat.types("a") == ["question", "delta", "delta", "completed"]
    assert chat.sees("b") == chat.sees("a")


def test_a_connection_with_an_error_now_and_then_is_never_given_up(chat: Chat):
    chat.comes("b", BERT)
    with chat.responding("b") as on_delta:
        for number in range(1, 11):
            chat.connection_api.fails[ConnectionId("b")] = 1
            on_delta("x")
            chat.until_text("b", "x" * number)
    chat.deliver("x" * 10)
    assert chat.sees("b").state == "done"


def test_a_connection_that_always_fails_is_given_up_and_the_answer_counts_as_delivered(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    chat.connection_api.fails[ConnectionId("b")] = 1000
    with chat.responding("a") as on_delta:
        on_delta("Hello")
    chat.deliver("Hello")
    assert chat.sees("a").state == "done"
    assert chat.frames("b") == []
    assert chat.connection_api.fails[ConnectionId("b")] == 995
    assert len(chat.connections.in_conversation(ROOM, now=chat.clock())) == 2


def test_a_connection_that_was_given_up_is_used_again_when_its_client_resumes(chat: Chat):
    bert = chat.comes("b", BERT)
    chat.connection_api.fails[ConnectionId("b")] = 5
    with chat.sender.responding(TURN) as on_delta:
        on_delta("Hello")
        chat.until(lambda: chat.connection_api.fails[ConnectionId("b")] == 0)
        chat.connections.resume(bert)
        chat.until_text("b", "Hello")
    chat.deliver("Hello")
    assert chat.sees("b").state == "done"


# Cancelling.


@pytest.mark.parametrize("name", ["a", "her other tab"])
def test_the_person_who_asked_can_cancel_from_each_of_their_connections(chat: Chat, name: str):
    tabs = {tab: chat.comes(tab) for tab in ("a", "her other tab")}
    with chat.sender.responding(TURN) as on_delta:
        assert on_delta("Hello")
        chat.connections.cancel(tabs[name], TURN.id)
        eventually(lambda: not on_delta(""))
        assert not on_delta("")
    chat.deliver("Hello", code=STOPPED)
    assert chat.sees("a") == TurnView("Well?", "Hello", "", 1, "stopped")


def test_another_person_in_the_room_cannot_cancel(chat: Chat):
    chat.comes("a")
    bert = chat.comes("b", BERT)
    with chat.responding("a", "b") as on_delta:
        chat.connections.cancel(bert, TURN.id)
        chat.until_polled()
        assert on_delta("Hello")
    chat.deliver("Hello")


def test_cancelling_one_turn_cancels_no_other(chat: Chat):
    anna = chat.comes("a")
    with chat.responding("a") as on_delta:
        chat.connections.cancel(anna, NEXT.id)
        chat.until_polled()
        assert on_delta("Hello")
    chat.deliver("Hello")


def test_a_turn_that_was_cancelled_before_the_model_began_stops_at_the_first_delta():
    chat = Chat(STILL)
    chat.connections.cancel(chat.comes("a"), TURN.id)
    with chat.responding("a") as on_delta:
        assert not on_delta("Hello")
    chat.deliver("Stopped.", code="cancelled")


# Errors.


def test_ending_silently_raises_nothing_although_the_store_fails(chat: Chat):
    chat.comes("a")
    chat.connections.fails = True
    chat.sender.end_silently(TURN)
    assert chat.frames("a") == []


def test_an_error_of_the_store_during_an_answer_loses_no_frame(chat: Chat):
    chat.comes("a")
    with chat.says_hello("a") as on_delta:
        chat.connections.fails = True
        assert on_delta(", you")
        chat.until_text("a", "Hello, you")
        eventually(lambda: chat.connections.failed > 1)
        chat.connections.fails = False
        chat.until_polled()
    chat.deliver("Hello, you")
    assert chat.types("a") == ["question", "delta", "delta", "completed"]


def test_a_store_that_fails_at_the_start_is_queried_again(chat: Chat):
    chat.comes("a")
    chat.connections.fails = True
    with chat.sender.responding(TURN) as on_delta:
        assert on_delta("Hello")
        chat.connections.fails = False
        chat.until_text("a", "Hello")
    chat.deliver("Hello")
    assert chat.sees("a").state == "done"


def test_a_store_that_fails_at_the_end_raises_and_the_retry_repeats_no_frame(chat: Chat):
    chat.comes("a")
    with chat.says_hello("a"):
        pass
    chat.connections.fails = True
    with pytest.raises(StoreError):
        chat.deliver("Hello")
    chat.connections.fails = False
    chat.deliver("Hello")
    assert chat.types("a") == ["question", "delta", "completed"]


def test_an_answer_is_delivered_although_a_connection_cannot_be_closed(chat: Chat):
    """The next sender finds the connection gone again."""
    chat.comes("a")
    chat.comes("b", BERT)
    chat.connection_api.gone.add(ConnectionId("b"))
    chat.sender.connections = CannotClose(chat.connections)
    chat.deliver("Hello")
    assert chat.sees("a").state == "done"


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_after_an_aborted_turn_no_frame_is_sent(chat: Chat, error: BaseException):
    chat.comes("a")
    with pytest.raises(type(error)):
        chat.fails_after_a_delta(error)
    assert chat.types("a") == ["question", "delta"]


def test_a_turn_without_an_end_is_abandoned_when_the_next_one_begins(chat: Chat):
    chat.comes("a")

    with chat.says_hello("a"):
        pass
    with chat.sender.responding(NEXT):
        pass
    chat.deliver("Hi", NEXT)
    assert [frame["type"] for frame in chat.frames("a") if frame["turn"] == TURN.id] == ["question", "delta"]
    assert view(frame for frame in chat.frames("a") if frame["turn"] == NEXT.id).state == "done"


@pytest.mark.parametrize(
    "error", [UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed"), OSError("no"), RuntimeError("no")]
)
def test_an_error_that_no_port_promises_is_reported_and_the_client_still_gets_its_answer(chat: Chat, error: Exception):
    chat.connection_api.surprises[chat.comes("a").id] = [error]
    with chat.says_hello("a"):
        pass
    chat.deliver("Hello")
    assert chat.types("a")[-1] == "completed"
    assert chat.sees("a").text == "Hello"
    assert chat.reported == [error]


def test_an_error_while_connections_are_queried_does_not_end_the_queries(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as on_delta:
        chat.sender.connections = BrokenOnce(chat.connections)
        chat.comes("b")
        chat.until(lambda: bool(chat.frames("b")))
        assert on_delta("Hello")
    chat.deliver("Hello")
    assert [type(error) for error in chat.reported] == [ZeroDivisionError]


def test_words_that_were_thoughts_are_replaced(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as on_delta:
        on_delta("She asks who Mimi is.")
        chat.until_text("a", "She asks who Mimi is.")
        on_delta("Your", instead=True)
        chat.until_text("a", "Your")
        chat.comes("b")
        on_delta(" cat.")
        chat.until_text("b", "Your cat.")
    chat.deliver("Your cat.")
    assert [chat.sees(name).text for name in "ab"] == ["Your cat."] * 2
    assert chat.types("a") == ["question", "delta", "snapshot", "delta", "delta", "completed"]
    assert [frame["seq"] for frame in chat.frames("a")[1:]] == [1, 1, 2, 3, 3]


def test_thoughts_that_are_replaced_before_they_were_sent_are_not_sent():
    chat = Chat(Timing(batch_s=NEVER, poll_s=NEVER, retry_s=0, end_s=PATIENCE_S))
    chat.comes("a")
    with chat.responding("a") as on_delta:
        on_delta("Well.")
        chat.until_text("a", "Well.")
        on_delta(" She asks who Mimi is.")
        on_delta("Your cat.", instead=True)
    chat.deliver("Your cat.")
    assert chat.deltas("a") == ["Well.", "Your cat."]
    assert chat.sees("a").text == "Your cat."
