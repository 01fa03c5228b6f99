"""The promises of `ports.Sender` on the web, with real threads and sockets that do as they are told."""

import threading
from collections.abc import Callable, Iterator
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
from chalicelib.errors import ChannelBroken, ModelBusy, StoreError
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId
from tests.fakes.adapters import FakeClock
from tests.fakes.connections import FakeConnections, RememberingConnectionApi
from tests.told_turn import Frame, TurnTold, read, told

ANNA, BERT = PersonId("web:shop:anna"), PersonId("web:shop:bert")
ROOM, HALL = ConversationId("room:shop:r"), ConversationId("room:shop:hall")
TURN: Final = Turn(TurnId(f"1795176000000#{'a' * 64}"), ROOM, ANNA, 1_795_176_000_000, TurnState.RUNNING, "Well?")
NEXT: Final = replace(TURN, id=TurnId(f"1795176000001#{'b' * 64}"))
NEVER: Final = 3600.0
PATIENCE_S: Final = 20.0
NO_RECEIPTS: Final[Any] = frozenset
BUSY: Final = Timing(joined=0, look=0.01, again=0)
"""Frames as they come, and always on the look-out."""
STILL: Final = Timing(joined=0, look=NEVER, again=0)
"""Nobody is looked for but at the beginning and at the end."""


@dataclass
class Chat:
    """A web chat, and who is there."""

    pace: Timing = BUSY
    connections: FakeConnections = field(default_factory=FakeConnections)
    connection_api: RememberingConnectionApi = field(default_factory=RememberingConnectionApi)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.sender = WebSender(self.connections, self.connection_api, self.clock, self.pace)

    def comes(self, name: str, person: PersonId = ANNA, where: ConversationId = ROOM) -> Connection:
        connection = Connection(ConnectionId(name), "https://api.example/dev")
        self.connections.open(connection, now=self.clock())
        ready = self.connections.admit(connection, person, where, now=self.clock())
        assert ready
        return ready

    def frames(self, name: str) -> list[Frame]:
        return [read(frame) for frame in self.connection_api.sent.get(ConnectionId(name), [])]

    def types(self, name: str) -> list[str]:
        return [frame["type"] for frame in self.frames(name)]

    def words(self, name: str) -> list[str]:
        return [frame["text"] for frame in self.frames(name) if frame["type"] == "delta"]

    def sees(self, name: str) -> TurnTold:
        return told(self.frames(name))

    def until(self, holds: Callable[[], bool]) -> None:
        assert self.connection_api.wait_for(holds), "it never came to that"

    def until_heard(self, name: str, text: str) -> None:
        self.until(lambda: self.sees(name).text == text)

    def until_looked(self) -> None:
        """Somebody who comes now is found, and with them whatever was written before."""
        name = f"witness {len(self.connection_api.sent)}"
        self.comes(name, BERT)
        self.until(lambda: bool(self.frames(name)))

    def deliver(self, text: str = "", turn: Turn = TURN, *, seconds: float = PATIENCE_S, **more: Any) -> None:
        self.sender.deliver(turn, Reply(text, **more), receipts=NO_RECEIPTS, seconds=seconds)

    @contextmanager
    def responding(self, *names: str) -> Iterator[OnDelta]:
        """The words begin once these have the question."""
        with self.sender.responding(TURN) as hear:
            self.until(lambda: all(self.frames(name) for name in names))
            yield hear

    def breaks_off(self, error: BaseException) -> None:
        """Somebody is there, hears the first words, and then this happens."""
        with self.responding("a") as hear:
            hear("Half an ans")
            self.until_heard("a", "Half an ans")
            raise error

    def blocks(self, name: str) -> threading.Event:
        return self.connection_api.blocked.setdefault(ConnectionId(name), threading.Event())


@dataclass
class Forgetful:
    """Sockets of which none can be forgotten."""

    inner: FakeConnections

    def close(self, connection: ConnectionId) -> None:
        raise StoreError("DynamoDB is out of reach: ConnectTimeoutError")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(PATIENCE_S)
    assert [thread for thread in left if thread.is_alive()] == []


@pytest.fixture
def chat() -> Chat:
    return Chat()


def eventually(holds: Callable[[], bool]) -> None:
    """For what no frame tells of."""
    attempts = threading.Event()
    assert any(holds() or attempts.wait(0.01) for _ in range(2000)), "it never came to that"


# The words as they come.


def test_an_answer_comes_word_by_word_and_ends_with_what_belongs_to_it(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as hear:
        for words in ("Hello", ", you"):
            assert hear(words)
            chat.until(lambda words=words: words in chat.words("a"))  # type: ignore[misc]
    chat.deliver("Hello, you", footer="(2 left)", choices=(Choice("Yes", "/yes"),), left=2)
    assert chat.frames("a") == [
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


def test_the_first_words_come_at_once_and_those_that_follow_closely_share_a_frame():
    chat = Chat(replace(BUSY, joined=NEVER))
    chat.comes("a")
    with chat.responding("a") as hear:
        hear("First.")
        chat.until_heard("a", "First.")
        for _ in range(1000):
            hear(" more")
        chat.until_looked()
        assert chat.words("a") == ["First."]
    chat.deliver("First." + " more" * 1000)
    assert [len(words) for words in chat.words("a")] == [6, 4000, 1000]


def test_everybody_gets_the_same_frames_in_the_same_order(chat: Chat):
    names = [f"socket {number}" for number in range(20)]
    for name in names:
        chat.comes(name, BERT)
    with chat.responding(*names) as hear:
        for number in range(50):
            hear(f"{number} ")
    chat.deliver("".join(f"{number} " for number in range(50)))
    assert chat.sees(names[0]).state == "done"
    assert all(chat.frames(name) == chat.frames(names[0]) for name in names)


def test_what_counts_in_the_end_is_the_reply(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as hear:
        hear("  Hello ")
    chat.deliver("Hello", code=STOPPED)
    assert (chat.sees("a").text, chat.sees("a").state) == ("Hello", "stopped")


def test_what_was_stopped_before_it_began_is_stopped_too(chat: Chat):
    chat.comes("a")
    with chat.responding("a"):
        pass
    chat.deliver("Stopped.", code="cancelled")
    assert chat.sees("a") == TurnTold("Well?", "Stopped.", "cancelled", 0, "stopped")


def test_a_notice_takes_the_place_of_what_was_said(chat: Chat):
    chat.comes("a")
    with pytest.raises(ModelBusy):
        chat.breaks_off(ModelBusy("the stream broke"))
    chat.deliver("Sorry!", code="apology")
    assert chat.types("a") == ["question", "delta", "notice", "completed"]
    assert chat.sees("a") == TurnTold("Well?", "Sorry!", "apology", 0, "done")


def test_a_long_answer_that_stands_already_is_told_whole(chat: Chat):
    chat.comes("a")
    text = "".join(f"{number}\x01😀" for number in range(20_000))
    chat.deliver(text)
    assert (chat.sees("a").text, chat.sees("a").state) == (text, "done")


def test_where_nobody_is_an_answer_is_delivered_all_the_same(chat: Chat):
    with chat.sender.responding(TURN) as hear:
        hear("Hello")
    chat.deliver("Hello")
    assert chat.connection_api.sent == {}


def test_a_turn_that_is_not_answered_says_so(chat: Chat):
    chat.comes("a")
    with chat.responding("a"):
        pass
    chat.sender.end_silently(TURN)
    assert chat.types("a") == ["question", "completed"]
    assert chat.sees("a").state == "dropped"


def test_a_turn_that_was_dropped_at_once_says_so(chat: Chat):
    chat.comes("a")
    chat.sender.end_silently(TURN)
    assert chat.sees("a").state == "dropped"


def test_a_second_attempt_begins_with_nothing(chat: Chat):
    chat.comes("a")
    with chat.sender.responding(replace(TURN, model_calls=2)) as hear:
        chat.until(lambda: len(chat.frames("a")) == 2)
        hear("Again")
        chat.until_heard("a", "Again")
    chat.deliver("Again")
    assert chat.frames("a")[1] == {"type": "snapshot", "turn": TURN.id, "seq": 0, "text": ""}
    assert chat.sees("a").state == "done"


def test_turns_that_follow_each_other_do_not_overlap(chat: Chat):
    chat.comes("a")
    for turn in (TURN, NEXT):
        with chat.sender.responding(turn) as hear:
            hear("Hello")
        chat.deliver("Hello", turn)
    frames = chat.frames("a")
    middle = len(frames) // 2
    assert {frame["turn"] for frame in frames[:middle]} == {TURN.id}
    assert told(frames[:middle]) == told(frames[middle:])


# Sockets that come, ask, move and go.


def test_who_comes_in_mid_answer_gets_what_was_said_and_goes_on(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
        chat.comes("b", BERT)
        chat.until_heard("b", "Hello")
        hear(", you")
        chat.until_heard("b", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("b") == ["question", "snapshot", "delta", "completed"]
    assert chat.sees("b") == chat.sees("a")


def test_who_comes_when_all_is_said_gets_it_whole():
    chat = Chat(STILL)
    chat.comes("a")
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
        chat.comes("b", BERT)
    chat.deliver("Hello")
    assert chat.sees("b") == chat.sees("a")


def test_who_asks_to_be_brought_up_to_date_gets_everything_again_and_goes_on(chat: Chat):
    anna = chat.comes("a")
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
        chat.connections.resume(anna)
        chat.until(lambda: chat.types("a")[2:] == ["question", "snapshot"])
        hear(", you")
        chat.until_heard("a", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("a") == ["question", "delta", "question", "snapshot", "delta", "completed"]
    assert chat.sees("a").text == "Hello, you"


def test_nobody_else_hears_it_again_when_one_asks(chat: Chat):
    anna = chat.comes("a")
    chat.comes("b", BERT)
    with chat.responding("a", "b") as hear:
        hear("Hello")
        chat.until_heard("b", "Hello")
        chat.connections.resume(anna)
        chat.until(lambda: chat.types("a").count("question") == 2)
    chat.deliver("Hello")
    assert chat.types("b") == ["question", "delta", "completed"]


def test_a_socket_that_is_gone_is_forgotten_and_nobody_else_notices(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    chat.connection_api.gone.add(ConnectionId("b"))
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
    chat.deliver("Hello")
    assert chat.sees("a").state == "done"
    assert [connection.id for connection in chat.connections.in_conversation(ROOM, now=chat.clock())] == ["a"]
    assert chat.connections.get(ConnectionId("b"), now=chat.clock()) is None


def test_who_goes_in_mid_answer_is_forgotten_and_the_rest_goes_on(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    with chat.responding("a", "b") as hear:
        hear("Hello")
        chat.until_heard("b", "Hello")
        chat.connection_api.gone.add(ConnectionId("b"))
        hear(", you")
        chat.until_heard("a", "Hello, you")
    chat.deliver("Hello, you")
    assert [connection.id for connection in chat.connections.in_conversation(ROOM, now=chat.clock())] == ["a"]
    assert chat.types("b") == ["question", "delta"]


def test_who_moves_to_another_room_hears_nothing_more_of_this_one(chat: Chat):
    chat.comes("a")
    bert = chat.comes("b", BERT)
    with chat.responding("a", "b") as hear:
        hear("Hello")
        chat.until_heard("b", "Hello")
        chat.connections.move(bert, HALL, now=chat.clock())
        chat.until_looked()
        hear(", you")
        chat.until_heard("a", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("b") == ["question", "delta"]


def test_who_moves_away_and_back_gets_what_was_said(chat: Chat):
    bert = chat.comes("b", BERT)
    with chat.responding("b") as hear:
        hear("Hello")
        chat.until_heard("b", "Hello")
        away = chat.connections.move(bert, HALL, now=chat.clock())
        chat.until_looked()
        hear(", you")
        chat.connections.move(away, ROOM, now=chat.clock())
        chat.until_heard("b", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("b")[:3] == ["question", "delta", "question"]
    assert chat.sees("b").state == "done"


def test_only_the_conversations_own_sockets_hear_it(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT, HALL)
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_looked()
    chat.deliver("Hello")
    assert chat.frames("b") == []


# Sockets that are slow, or fail.


def test_a_blocked_socket_delays_neither_the_others_nor_the_model(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    blocked = chat.blocks("b")
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
        hear(", you")
        chat.until_heard("a", "Hello, you")
    chat.deliver("Hello, you", seconds=0.05)
    assert (chat.sees("a").state, chat.frames("b"), blocked.is_set()) == ("done", [], False)
    blocked.set()


def test_a_socket_that_was_cut_off_for_being_slow_gets_nothing_more(chat: Chat):
    chat.comes("a")
    blocked = chat.blocks("b")
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
        chat.comes("b", BERT)
        chat.until(lambda: chat.connection_api.waiting == ["b"])
    chat.deliver("Hello", seconds=0)
    blocked.set()
    chat.until(lambda: bool(chat.frames("b")))
    chat.deliver("Hello", NEXT)
    assert [frame["turn"] for frame in chat.frames("b")].count(TURN.id) == 1
    assert told(frame for frame in chat.frames("b") if frame["turn"] == NEXT.id).state == "done"


def test_whoever_is_there_from_the_start_is_told_all_in_the_same_frames_however_late_their_thread_is(chat: Chat):
    script, changed = TurnFrames(TURN), threading.Condition()
    with changed:
        line = ConnectionWriter(
            *(chat.comes("a"), script, chat.connection_api), changed=changed, gone=lambda _: None, pace=chat.sender.pace
        )
        script.say("Hello")
        changed.notify_all()
    chat.until(lambda: len(chat.frames("a")) == 2)
    with changed:
        line.close()
        changed.notify_all()
    assert chat.types("a") == ["question", "delta"]


def test_a_socket_that_was_slow_and_is_waited_for_misses_nothing(chat: Chat):
    chat.comes("b", BERT)
    blocked = chat.blocks("b")
    with chat.sender.responding(TURN) as hear:
        for number in range(10):
            hear(f"{number} ")
    threading.Timer(0, blocked.set).start()
    chat.deliver("".join(f"{number} " for number in range(10)))
    assert chat.sees("b").text == "0 1 2 3 4 5 6 7 8 9 "
    assert chat.sees("b").state == "done"


def test_a_socket_that_fails_begins_anew_with_what_was_said(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    with chat.responding("a", "b") as hear:
        hear("Hello")
        chat.until_heard("b", "Hello")
        chat.connection_api.fails[ConnectionId("b")] = 2
        hear(", you")
        chat.until_heard("b", "Hello, you")
    chat.deliver("Hello, you")
    assert chat.types("b") == ["question", "delta", "question", "snapshot", "completed"]
    assert chat.types("a") == ["question", "delta", "delta", "completed"]
    assert chat.sees("b") == chat.sees("a")


def test_a_socket_that_fails_once_in_a_while_is_never_given_up(chat: Chat):
    chat.comes("b", BERT)
    with chat.responding("b") as hear:
        for number in range(1, 11):
            chat.connection_api.fails[ConnectionId("b")] = 1
            hear("x")
            chat.until_heard("b", "x" * number)
    chat.deliver("x" * 10)
    assert chat.sees("b").state == "done"


def test_a_socket_that_always_fails_is_given_up_and_the_answer_is_delivered(chat: Chat):
    chat.comes("a")
    chat.comes("b", BERT)
    chat.connection_api.fails[ConnectionId("b")] = 1000
    with chat.responding("a") as hear:
        hear("Hello")
    chat.deliver("Hello")
    assert chat.sees("a").state == "done"
    assert chat.frames("b") == []
    assert chat.connection_api.fails[ConnectionId("b")] == 995
    assert len(chat.connections.in_conversation(ROOM, now=chat.clock())) == 2


def test_a_socket_that_was_given_up_is_taken_up_again_when_its_client_asks(chat: Chat):
    bert = chat.comes("b", BERT)
    chat.connection_api.fails[ConnectionId("b")] = 5
    with chat.sender.responding(TURN) as hear:
        hear("Hello")
        chat.until(lambda: chat.connection_api.fails[ConnectionId("b")] == 0)
        chat.connections.resume(bert)
        chat.until_heard("b", "Hello")
    chat.deliver("Hello")
    assert chat.sees("b").state == "done"


# What stops it.


@pytest.mark.parametrize("name", ["a", "her other tab"])
def test_who_asked_can_stop_the_answer(chat: Chat, name: str):
    tabs = {tab: chat.comes(tab) for tab in ("a", "her other tab")}
    with chat.sender.responding(TURN) as hear:
        assert hear("Hello")
        chat.connections.cancel(tabs[name], TURN.id)
        eventually(lambda: not hear(""))
        assert not hear("")
    chat.deliver("Hello", code=STOPPED)
    assert chat.sees("a") == TurnTold("Well?", "Hello", "", 1, "stopped")


def test_nobody_else_in_the_room_can_stop_the_answer(chat: Chat):
    chat.comes("a")
    bert = chat.comes("b", BERT)
    with chat.responding("a", "b") as hear:
        chat.connections.cancel(bert, TURN.id)
        chat.until_looked()
        assert hear("Hello")
    chat.deliver("Hello")


def test_to_stop_one_turn_stops_no_other(chat: Chat):
    anna = chat.comes("a")
    with chat.responding("a") as hear:
        chat.connections.cancel(anna, NEXT.id)
        chat.until_looked()
        assert hear("Hello")
    chat.deliver("Hello")


def test_what_was_stopped_before_the_model_spoke_is_stopped_with_its_first_word():
    chat = Chat(STILL)
    chat.connections.cancel(chat.comes("a"), TURN.id)
    with chat.responding("a") as hear:
        assert not hear("Hello")
    chat.deliver("Stopped.", code="cancelled")


# What goes wrong.


def test_when_nobody_can_be_written_to_the_owner_gets_to_know(chat: Chat):
    chat.comes("a")
    chat.connection_api.broken = True
    with chat.sender.responding(TURN) as hear:
        assert hear("Hello")
    with pytest.raises(ChannelBroken):
        chat.deliver("Hello")


def test_a_turn_without_an_answer_ends_quietly_whatever_goes_wrong(chat: Chat):
    chat.comes("a")
    chat.connection_api.broken = True
    chat.sender.end_silently(TURN)
    chat.connections.fails = True
    chat.sender.end_silently(TURN)
    assert chat.frames("a") == []


def test_a_store_that_fails_while_the_model_speaks_costs_nothing(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
        chat.connections.fails = True
        assert hear(", you")
        chat.until_heard("a", "Hello, you")
        eventually(lambda: chat.connections.failed > 1)
        chat.connections.fails = False
        chat.until_looked()
    chat.deliver("Hello, you")
    assert chat.types("a") == ["question", "delta", "delta", "completed"]


def test_a_store_that_fails_at_the_beginning_is_asked_again(chat: Chat):
    chat.comes("a")
    chat.connections.fails = True
    with chat.sender.responding(TURN) as hear:
        assert hear("Hello")
        chat.connections.fails = False
        chat.until_heard("a", "Hello")
    chat.deliver("Hello")
    assert chat.sees("a").state == "done"


def test_a_store_that_fails_at_the_end_is_said_so_and_the_next_try_says_nothing_twice(chat: Chat):
    chat.comes("a")
    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
    chat.connections.fails = True
    with pytest.raises(StoreError):
        chat.deliver("Hello")
    chat.connections.fails = False
    chat.deliver("Hello")
    assert chat.types("a") == ["question", "delta", "completed"]


def test_a_socket_that_cannot_be_forgotten_costs_nothing(chat: Chat):
    """The store fails just then: whoever answers next meets it again."""
    chat.comes("a")
    chat.comes("b", BERT)
    chat.connection_api.gone.add(ConnectionId("b"))
    chat.sender.connections = Forgetful(chat.connections)
    chat.deliver("Hello")
    assert chat.sees("a").state == "done"


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_an_aborted_turn_leaves_no_thread_behind_and_says_nothing_more(chat: Chat, error: BaseException):
    chat.comes("a")
    with pytest.raises(type(error)):
        chat.breaks_off(error)
    assert chat.types("a") == ["question", "delta"]


def test_a_turn_that_somebody_else_ends_is_left_with_the_next_one(chat: Chat):
    chat.comes("a")

    with chat.responding("a") as hear:
        hear("Hello")
        chat.until_heard("a", "Hello")
    with chat.sender.responding(NEXT):
        pass
    chat.deliver("Hi", NEXT)
    assert [frame["type"] for frame in chat.frames("a") if frame["turn"] == TURN.id] == ["question", "delta"]
    assert told(frame for frame in chat.frames("a") if frame["turn"] == NEXT.id).state == "done"
