"""Handles WebSocket connections and their frames: stores messages and wakes a worker; calls no model.

The order of a question: `receive` parses it, `_accept` stores it and sends `accepted`, then a worker answers it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from chalicelib.access.admission import BLOCKED, Admission
from chalicelib.access.authentication import Authenticator, Credentials
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.facts import Facts
from chalicelib.access.ports import People
from chalicelib.channels.web import client_frames, own_list, questions, server_frames, simple_frames, taking_along
from chalicelib.channels.web.client_frames import (
    AboutRoom,
    AboutTurn,
    Authenticate,
    Cancel,
    Earlier,
    Follow,
    GiveFeedback,
    InvalidFrame,
    Join,
    Leave,
    Ping,
    Regenerate,
    Resume,
    SendMessage,
)
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.channels.web.earlier import send_earlier
from chalicelib.channels.web.entrance import Entrance
from chalicelib.channels.web.forgetting import forget
from chalicelib.channels.web.frame_order import FrameOrder
from chalicelib.channels.web.handshake import Handshake
from chalicelib.channels.web.member import Member
from chalicelib.channels.web.own_frames import AboutOwn, Erase, ListConversations, Rename, TakeAlong
from chalicelib.clock import Clock
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.connection_ports import ConnectionApi, ConnectionStore
from chalicelib.conversation.history import can_be_asked_again, is_answered
from chalicelib.conversation.ingest import Ingest
from chalicelib.conversation.ports import Accepted, Transcript
from chalicelib.conversation.tool_ports import PersonLists
from chalicelib.conversation.turn import Feedback, IncomingMessage, Received, Turn, TurnState, turn_id
from chalicelib.errors import ConfigError, ConnectionGone, DeliveryError, IssuerUnavailable, StoreError
from chalicelib.ids import Channel, ConnectionId, TurnId
from chalicelib.log import Log

_MAX_AGE_MS: Final = 55 * 60 * 1000
_MAX_AHEAD_MS: Final = 60 * 1000
"""How far the time in a message's id may be in the past and in the future."""
_NOT_CURRENT: Final = ("bad_frame", "the time in `id` is not current: see `ready.now`")
_NOT_STORED: Final = {
    Accepted.TOO_MANY_ROOMS: ("too_many_rooms", "you write in too many rooms"),
    Accepted.OVERFLOW: ("too_many_open", "too many messages are waiting for an answer"),
    Accepted.TOO_MANY_CONVERSATIONS: ("too_many_open", "too many messages are waiting for an answer"),
    Accepted.CROWDED: ("crowded", "too many people are waiting for an answer"),
    Accepted.TOO_OLD: _NOT_CURRENT,
    Accepted.TOO_FAST: ("slow_down", "you write too many messages: at most ten a minute"),
}
"""The code and message of the `error` frame for each outcome with which a message is not stored."""


@dataclass(frozen=True)
class WebSocketHandler:
    """Handles what API Gateway passes on. A connection that is not authenticated can only authenticate and ping."""

    connections: ConnectionStore
    connection_api: ConnectionApi
    authenticator: Authenticator
    entitlements: EntitlementService
    people: People
    ingest: Ingest
    transcript: Transcript
    lists: PersonLists
    facts: Facts
    clock: Clock
    sleep: Callable[[float], None]
    """Waits for so many seconds."""
    new_id: Callable[[], str]
    log: Log
    handshake: Handshake

    @property
    def closer(self) -> ConnectionCloser:
        """What closes connections."""
        return ConnectionCloser(self.connections, self.connection_api, self.clock, partial(self.log.failure, "hang_up"))

    @property
    def order(self) -> FrameOrder:
        """What lets frames wait for earlier ones."""
        return FrameOrder(self.connections, self.clock, self.sleep)

    @property
    def entrance(self) -> Entrance:
        """What handles `authenticate`, and the rooms that frames name."""
        return Entrance(
            connections=self.connections,
            closer=self.closer,
            authenticator=self.authenticator,
            admission=Admission(self.people, self.entitlements, self.clock),
            transcript=self.transcript,
            lists=self.lists,
            facts=self.facts,
            ingest=self.ingest,
            clock=self.clock,
            zone=self.entitlements.limits.zone,
            send=self._send,
        )

    def warm(self) -> None:
        """Load what the next frame will need. Raises ConfigError."""
        next(iter(self.authenticator.ticket_keys()))

    def connect(self, connection_id: ConnectionId, *, endpoint: str, origin: str, query: Mapping[str, str]) -> int:
        """Store a new connection, unless it is refused, and return the HTTP status of its handshake.

        `endpoint` is the URL of the `@connections` API; `origin` is the page's, or empty for programs; `query` has the
        parameters of the handshake's address. Raises StoreError and ConfigError, for which API Gateway refuses too.
        """
        with self.log.call("connect", self.clock) as fields:
            answer = self.handshake.answer(Connection(connection_id, endpoint, origin), query)
            fields["handshake"] = answer.code
            if answer.connection:
                self.connections.open(answer.connection, now=self.clock())
            return answer.status

    def disconnect(self, connection_id: ConnectionId) -> None:
        """Remove a connection. Raises StoreError; the store's expiry then removes it later."""
        with self.log.call("disconnect", self.clock):
            self.connections.close(connection_id)

    def receive(self, connection_id: ConnectionId, body: str, *, at: int | None) -> None:
        """Handle the text of one frame. Errors are logged and sent to the client as `error` frames; raises nothing.

        `at` is when API Gateway received it, in milliseconds since 1970; None stands for now.
        """
        frame, received_at = client_frames.parse(body), at or self.clock()
        connection: Connection | None = None
        try:
            with self.log.call("frame", self.clock, action=type(frame).__name__) as fields:
                connection = self.order.arrive(connection_id, frame, received_at=received_at)
                fields["state"] = connection.state.value if connection else "unknown"
                if connection:
                    self._admit(connection, questions.received(frame, connection, received_at))
        except (StoreError, ConfigError, IssuerUnavailable):
            if connection:
                self._send_error(connection, "try_again", "the server failed: try again", questions.id_of(frame))

    def _admit(self, connection: Connection, frame: client_frames.ClientFrame | InvalidFrame) -> None:
        """Handle a frame, unless its connection is rejected or too fast; it is then closed."""
        is_rejected = connection.state is ConnectionState.REJECTED
        if not is_rejected and not connection.too_fast:
            return self._handle(connection, frame)
        if not is_rejected and self.connections.expel(connection, now=self.clock()):
            self._send_error(connection, "too_fast", "send at most one frame a second", questions.id_of(frame))
        return self.closer.hang_up(connection)

    def _handle(self, connection: Connection, frame: client_frames.ClientFrame | InvalidFrame) -> None:
        match frame:
            case InvalidFrame(code, message, message_id):
                self._send_error(connection, code, message, message_id)
            case Ping():
                self._send(connection, server_frames.frame("pong"))
            case Authenticate(credentials, forgets=True):
                forget(self.entrance, connection, credentials)
                self.order.done(connection, frame, None)
            case Authenticate(credentials):
                entered = self.entrance.authenticate(connection, credentials)
                self.order.done(connection, frame, entered.connection if entered else None)
            case _ if member := self._member(connection, frame):
                self._handle_member(member, frame)
            case Join() | Follow() | Leave():
                self.order.done(connection, frame, None)

    def _member(self, connection: Connection, frame: client_frames.ClientFrame) -> Member | None:
        """Return the person that the connection is of; None if its client has to authenticate, and gets an error.

        Its first frame lets in the user that its address proved, or authenticates it as a new visitor of an open key.
        """
        if connection.person and connection.conversation:
            return Member(connection, connection.person, connection.conversation)
        if connection.proven:
            return self.entrance.admit(connection, connection.proven)
        if connection.config:
            return self.entrance.authenticate(connection, Credentials("openKey", connection.config, None))
        self._send_error(connection, "not_authenticated", "authenticate first", questions.id_of(frame))
        return None

    def _handle_member(self, member: Member, frame: SendMessage | AboutTurn | AboutRoom | AboutOwn | TakeAlong) -> None:
        """Handle a frame of a person. Each kind looks whether they may still use the bot, before it reads or changes.

        For a question in the same conversation `Inbox.accept` looks for a block, and the worker at the API key.
        """
        match frame:
            case SendMessage():
                if there := self.entrance.ask_in(member, frame.room):
                    self._ask(there, frame, frame.text)
            case Join() | Follow() | Leave():
                changed = self.entrance.change(member, frame)
                self.order.done(member.connection, frame, changed)
            case ListConversations() | Rename() | Erase():
                own_list.change(self.entrance, member, frame)
            case TakeAlong():
                taking_along.take_along(self.entrance, member, frame)
            case _ if there := self.entrance.in_followed(member, frame.room, questions.id_of(frame)):
                self._handle_about_turn(there, frame)

    def _handle_about_turn(self, member: Member, frame: AboutTurn) -> None:
        match frame:
            case Regenerate():
                self._regenerate(member, frame)
            case Cancel(turn) if self.entrance.standing(member):
                self.connections.cancel(member.connection, turn)
            case Resume(turn):
                self._resume(member, turn)
            case Earlier(turn):
                send_earlier(self.entrance, member, turn)
            case GiveFeedback():
                self._give_feedback(member, frame)

    def _regenerate(self, member: Member, frame: Regenerate) -> None:
        """Ask the question of one of the person's turns again, or another one in its place, as a new turn."""
        if replaced := self._own(member, frame, can_be_asked_again):
            self._ask(member, frame, frame.text or replaced.text, replaces=replaced.id)

    def _give_feedback(self, member: Member, frame: GiveFeedback) -> None:
        """Store feedback, and log it as numbers to be summed: a change of mind takes the old one back."""
        turn = self._own(member, frame, is_answered)
        if turn and self.transcript.give_feedback(turn, frame.value):
            counts = {each.value: (each is frame.value) - (each is turn.feedback) for each in Feedback}
            self.log.about(turn.id, turn.person)("feedback", **counts)

    def _own(self, member: Member, frame: Regenerate | GiveFeedback, suits: Callable[[Turn], bool]) -> Turn | None:
        """Return the frame's turn; None, and an error to the client, unless it is this person's and `suits`.

        A person who may not use the bot any more is not told whether there is such a turn.
        """
        if self.entrance.standing(member) is None:
            return None
        turn = self.transcript.find(member.conversation, frame.turn, now=self.clock())
        if turn and turn.person == member.person and suits(turn):
            return turn
        self._send_error(member.connection, "unknown_turn", "you have no such turn for this", questions.id_of(frame))
        return None

    def _ask(
        self, member: Member, frame: SendMessage | Regenerate, text: str, *, replaces: TurnId | None = None
    ) -> None:
        """Accept the frame's question, unless the time in its `id` is not current."""
        now, connection = self.clock(), member.connection
        received = frame.received or Received(now, connection.id)
        at = received.at if frame.at is None else frame.at
        if not now - _MAX_AGE_MS <= at <= now + _MAX_AHEAD_MS:
            self._send_error(connection, *_NOT_CURRENT, frame.id)
            return
        message = IncomingMessage(
            id=f"{member.person}/{frame.id or self.new_id()}",
            channel=Channel.WEB,
            conversation=member.conversation,
            person=member.person,
            at=at,
            text=text,
            place=frame.place,
            replaces=replaces,
            received=received,
            language=frame.language,
        )
        self._accept(member, message, frame.id)

    def _accept(self, member: Member, message: IncomingMessage, message_id: str | None) -> None:
        accepted = self.ingest.accept(message)
        if accepted is Accepted.BLOCKED:
            return self.entrance.dismiss(member.connection, BLOCKED, message_id)
        if accepted in _NOT_STORED:
            return self._send_error(member.connection, *_NOT_STORED[accepted], message_id)
        turn = turn_id(message)
        duplicate = True if accepted is not Accepted.QUEUED else None
        self._send(member.connection, server_frames.frame("accepted", turn=turn, id=message_id, duplicate=duplicate))
        if accepted is Accepted.DUPLICATE_DONE:
            return self._resume(member, turn)
        return self.ingest.wake_worker(member.conversation, [accepted])

    def _resume(self, member: Member, turn: TurnId) -> None:
        """Send a finished turn's frames; those of an open turn are sent again by its worker.

        The request is stored before the turn is read: if the turn is still open then, its worker will see the request.
        The person's standing is read last before the turn, for one who is blocked meanwhile.
        """
        self.connections.resume(member.connection)
        if self.entrance.standing(member) is None:
            return None
        stored = self.transcript.find(member.conversation, turn, now=self.clock())
        if stored is None:
            return self._send_error(member.connection, "unknown_turn", "there is no such turn in this conversation")
        if stored.state in (TurnState.QUEUED, TurnState.RUNNING):
            return None
        if stored.reply and member.connection.whole_answers:
            return self._send(member.connection, *simple_frames.answer(stored.reply))
        frames = server_frames.finished(turn, stored.reply) if stored.reply else [server_frames.dropped(turn)]
        return self._send(member.connection, server_frames.question(stored), *frames)

    def _send_error(self, connection: Connection, code: str, message: str, message_id: str | None = None) -> None:
        self._send(connection, server_frames.error(code, message, message_id))

    def _send(self, connection: Connection, *frames: str) -> None:
        """Send frames in order, without a retry: a client that misses one sends its own frame again."""
        try:
            for frame in simple_frames.for_client(connection, *frames):
                self.connection_api.send(connection, frame)
        except ConnectionGone:
            with suppress(StoreError):  # the next worker finds the connection gone, and closes it
                self.connections.close(connection.id)
        except DeliveryError as exc:
            self.log.failure("tell", exc)
