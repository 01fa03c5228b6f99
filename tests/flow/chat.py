"""The real WebSocket handler and worker, built over fakes; tests send frames as clients do."""

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from threading import Event
from typing import Any, Final

from chalicelib.access import identity, secret_text, ticket
from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import Price, Usage
from chalicelib.access.person import Person
from chalicelib.access.ports import ApiKeys, IdTokens
from chalicelib.bootstrap import websocket
from chalicelib.channels.router import ChannelRouter
from chalicelib.channels.web.handler import WebSocketHandler
from chalicelib.channels.web.sender import WebSender
from chalicelib.channels.web.writer import Timing
from chalicelib.conversation import summary
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.conversation.worker import Outcome
from chalicelib.errors import StoreError
from chalicelib.ids import Channel, ConnectionId, ConversationId, KeyId, PersonId
from chalicelib.llm.prices import FREE
from tests.client import Client, Frame
from tests.fakes.adapters import unexpected
from tests.fakes.api_keys import FakeApiKeys
from tests.fakes.connections import FakeConnections
from tests.fakes.id_tokens import FakeIdTokens
from tests.flow.bot import Bot, InterruptedModel
from tests.frame_schema import check

KEY: Final = KeyId("shopshopsh")
OTHER_KEY: Final = KeyId("blogblogbl")
TICKET_KEY: Final = "the ticket key, of thirty-two characters"
ENDPOINT: Final = "https://sockets.example/prod"
OWN_PAGE: Final = "https://bot.example"
WAIT_S: Final = 60.0
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def key_text(key: KeyId = KEY) -> str:
    """The whole of a key, as its holder has it."""
    return f"parley_{key}_{key:x<43}"


def person_of(visitor: str, key: KeyId = KEY) -> PersonId:
    return identity.visitor(key, visitor)


def ulid(at: int, number: int = 0) -> str:
    """A client's own id for a message that was written at that time."""
    value, digits = (at << 80) + number, ""
    for _ in range(26):
        value, digit = divmod(value, 32)
        digits = _CROCKFORD[digit] + digits
    return digits


@dataclass
class SpeakingModel:
    """`conversation.ports.Model`: answers with one line and runs the actions between its words."""

    line: Sequence[str | Callable[[], object]]
    asked: list[Prompt] = field(default_factory=list)
    closed: int = 0
    """How often it was cut short."""
    name: str = "gpt-6-luna"
    provider: str = "openai"
    price: Price = FREE
    may_think_unseen: bool = False

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.asked.append(prompt)
        is_question = prompt.instructions != summary.INSTRUCTIONS
        return self._speak(self.line if is_question else ["A summary."])

    def _speak(self, line: Sequence[str | Callable[[], object]]) -> Generator[ModelEvent]:
        try:
            for said in line:
                if said is UNTIL_STOPPED:
                    yield from _silence()
                elif isinstance(said, str):
                    yield TextDelta(said)
                else:
                    said()
        except GeneratorExit:
            self.closed += 1
            raise
        yield Finished(FinishReason.STOP, Usage(input=100, output=20))


def UNTIL_STOPPED() -> None:  # noqa: N802 (a word of its own in a line)
    """The model has more to say, until nobody wants it."""


def _silence() -> Generator[ModelEvent]:
    pause = Event()
    for _ in range(int(WAIT_S * 100)):
        yield TextDelta("")
        pause.wait(0.01)
    raise AssertionError("nobody stopped the model")


class Without:
    """A port of which one method does something else."""

    def __init__(self, port: Any, **methods: Any) -> None:
        self._port, self._methods = port, methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._port, name)


def fail(*_: object, **__: object) -> Any:
    """Whatever was asked of the store."""
    raise StoreError("DynamoDB is out of reach")


@dataclass(eq=False, repr=False)
class Tab:
    """One WebSocket, and somebody who looks at it."""

    chat: "Chat"
    id: ConnectionId
    client: Client = field(default_factory=Client)
    status: int = 200
    """Of its handshake."""
    _read: int = 0

    @property
    def frames(self) -> list[Frame]:
        """All that came, in order."""
        return [_promised(frame) for frame in self.chat.connection_api.sent[self.id]]

    def got(self, *kinds: str) -> list[Frame]:
        """The frames of these types."""
        return [frame for frame in self.frames if frame["type"] in kinds]

    @property
    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    @property
    def codes(self) -> list[str]:
        """Of the errors that it was told."""
        return [frame["code"] for frame in self.got("error")]

    def sends(self, action: str, **fields: Any) -> list[Frame]:
        """What comes at once."""
        return self.sends_text(json.dumps({"action": action, **fields}))

    def sends_text(self, text: str, *, at: int | None = None) -> list[Frame]:
        """What comes at once; `at` is when API Gateway received the text, if its handler started late."""
        before = len(self.frames)
        self.chat.handler.receive(self.id, text, at=at)
        return self.frames[before:]

    def asks(self, text: str, **more: Any) -> list[Frame]:
        """Somebody writes; the worker has not come yet."""
        self.chat.bot.heard.append(text)
        self.chat.clock.tick(seconds=1)
        return self.sends("send_message", message=text, **more)

    def says(self, text: str, **more: Any) -> list[Frame]:
        """Somebody writes, and the worker runs at once; all frames that came."""
        before = len(self.frames)
        self.asks(text, **more)
        self.chat.works()
        return self.frames[before:]

    def joins(self, room: str) -> list[Frame]:
        self.chat.bot.heard.append(room)
        return self.sends("join", room=room)

    def closes(self) -> None:
        self.chat.connection_api.gone.add(self.id)
        self.chat.handler.disconnect(self.id)

    def reads(self) -> Client:
        """The client takes in what came, and asks for what it lacks."""
        while self._read < len(self.frames):
            frame = self.frames[self._read]
            self._read += 1
            for request in self.client.receive(frame):
                self.sends_text(json.dumps(request))
        return self.client

    def waits_for(self, kind: str) -> Frame:
        """The first frame of this type, as soon as it is there."""
        assert self.chat.connection_api.wait_for(lambda: bool(self.got(kind))), f"no {kind} came"
        return self.got(kind)[0]

    def has_begun(self, turn: str) -> bool:
        """Whether its question was heard here."""
        return any(frame["turn"] == turn for frame in self.got("question"))

    @property
    def turn(self) -> str:
        """The last one that was accepted."""
        turn: str = self.got("accepted")[-1]["turn"]
        return turn

    @property
    def is_closed(self) -> bool:
        return self.id in self.chat.connection_api.closed


@dataclass(repr=False)
class Chat:
    """Open tabs with `opens`, have them say something, look at their frames."""

    bot: Bot = field(default_factory=Bot)
    tokens: IdTokens | None = None
    first_issuer: str | None = None
    _ids: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.clock, self.memory, self.connection_api = self.bot.clock, self.bot.memory, self.bot.connection_api
        self.keys: ApiKeys = FakeApiKeys(self.memory)
        self.bot.connections = self.connections = FakeConnections(self.memory)
        timing = Timing(end_s=WAIT_S)
        self.web = WebSender(self.connections, self.connection_api, self.clock, unexpected, timing)
        self.bot.model = InterruptedModel(meanwhile=lambda _: self.sees_the_question())
        self.bot.sender = ChannelRouter({Channel.MESSENGER: self.bot.outbox, Channel.WEB: self.web})
        for key in (KEY, OTHER_KEY):
            text = key_text(key)
            self.keys.create(
                ApiKey(key, key, secret_text.digest(text.rpartition("_")[2]), "web", self.clock(), daily_messages=5)
            )
            self.bot.heard.append(text)

    @property
    def handler(self) -> WebSocketHandler:
        """Built anew for each frame, as each may find another container."""
        ports = replace(
            self.bot.ports,
            connections=self.connections,
            api_keys=self.keys,
            new_id=lambda: f"message-{next(self._ids)}",
        )
        return websocket.assemble(
            ports,
            ticket_keys=lambda: [TICKET_KEY],
            own_origin=lambda: OWN_PAGE,
            first_issuer=lambda: self.first_issuer,
            id_token_verifier=lambda: self.tokens,
        )

    # What happens to it.

    def connects(self, *, origin: str = "", **query: str) -> Tab:
        """Somebody is there, and has not said who, unless the address does: `query` has its parameters."""
        tab = Tab(self, ConnectionId(f"socket-{next(self._ids)}"))
        tab.status = self.handler.connect(tab.id, endpoint=ENDPOINT, origin=origin, query=query)
        return tab

    def opens(self, visitor: str = "anna", *, key: KeyId = KEY, room: str = "", client: Client | None = None) -> Tab:
        """Somebody opens the chat, and is let in."""
        tab = self.connects()
        tab.client = client or tab.client
        self.bot.heard.append(visitor)
        tab.sends("authenticate", apiKey=key_text(key), visitor=visitor)
        if room:
            tab.joins(room)
        return tab

    def ticket_of(self, visitor: str, key: KeyId = KEY) -> str:
        made = ticket.mint(key, visitor, secret=TICKET_KEY, now=self.clock())
        self.bot.heard += [visitor, made]
        return made

    def signs_in(self, token: str, subject: str) -> None:
        """Somebody signs people in elsewhere, and this one was."""
        self.tokens = FakeIdTokens({token: subject})
        self.bot.heard += [token, subject]

    def works(self) -> list[Outcome]:
        return self.bot.works()

    def changes_key(self, **values: Any) -> None:
        self.memory.keys[KEY] = replace(self.memory.keys[KEY], **values)

    def ends_key(self, how: str) -> None:
        """The key is not valid any more, and nobody has closed a connection."""
        match how:
            case "revoked":
                self.keys.revoke(KEY, now=self.clock())
            case "expired":
                self.changes_key(expires_at=self.clock())
            case "gone":
                del self.memory.keys[KEY]

    def model_says(self, *line: str | Callable[[], object]) -> SpeakingModel:
        """To the next questions."""
        model = SpeakingModel([self.sees_the_question, *line])
        self.bot.model = model  # type: ignore[assignment]
        return model

    def sees_the_question(self) -> None:
        """Nobody is so slow that the model begins before they see what was asked."""
        [turn] = [kept.turn for kept in self.memory.turns.values() if kept.turn.state is TurnState.RUNNING]
        here = (
            self.connections.in_conversation(turn.conversation, now=self.clock()) if not self.connections.fails else []
        )
        tabs = [Tab(self, connection.id) for connection in here if connection.id not in self.connection_api.gone]
        assert self.connection_api.wait_for(lambda: all(tab.has_begun(turn.id) for tab in tabs))

    # What became of it.

    @property
    def asked(self) -> list[str]:
        """What the model was asked."""
        return [prompt.question for prompt in self.bot.model.asked]

    @property
    def key(self) -> ApiKey:
        return self.memory.keys[KEY]

    def turns(self, visitor: str = "anna", *, room: str = "") -> list[Turn]:
        person = person_of(visitor)
        place = identity.room(person, room) if room else ConversationId(person)
        return list(self.bot.transcript.turns(place, now=self.clock()))

    def known(self, visitor: str = "anna") -> Person:
        return self.memory.people[person_of(visitor)].person

    def used(self, visitor: str = "anna") -> int:
        """Questions that were charged, on all days."""
        known = self.memory.people.get(person_of(visitor))
        return sum(known.person.quota.values()) if known else 0


def words(frames: list[Frame]) -> str:
    """What the model was heard to say."""
    return "".join(frame["text"] for frame in frames if frame["type"] == "delta")


@cache
def _promised(text: str) -> Frame:
    """A frame that came, which the bot's document promises."""
    frame: Frame = json.loads(text)
    check(frame)
    return frame
