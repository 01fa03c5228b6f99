"""The door's story for WebSockets: who is there, what do they want, keep it, wake a worker; no model is waited for."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access import identity, quota
from chalicelib.access.authentication import Authenticator, Rejected
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.channels.web import client_frames, server_frames
from chalicelib.channels.web.client_frames import Authenticate, Cancel, InvalidFrame, Join, Ping, Resume, SendMessage
from chalicelib.clock import Clock
from chalicelib.content import persona
from chalicelib.conversation import ingest
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.ports import Accepted, ConnectionApi, ConnectionStore, Inbox, Transcript, Wake
from chalicelib.conversation.turn import IncomingMessage, TurnState, turn_id
from chalicelib.errors import ConfigError, ConnectionGone, DeliveryError, IssuerUnavailable, StoreError
from chalicelib.ids import Channel, ConnectionId, ConversationId, PersonId, TurnId
from chalicelib.log import Log

MAX_CONNECTIONS: Final = 50
"""In one conversation."""
_PAST: Final = 30
"""Turns that whoever comes is shown."""
_OLDEST_MS: Final = 55 * 60 * 1000
_AHEAD_MS: Final = 60 * 1000
_NOT_KEPT: Final = {
    Accepted.BLOCKED: ("blocked", "the owner does not want to hear from you"),
    Accepted.TOO_MANY_ROOMS: ("too_many_rooms", "you write in too many rooms"),
    Accepted.OVERFLOW: ("too_many_open", "too many messages wait already"),
}
"""The code, and what the client is told."""


@dataclass(frozen=True)
class Member:
    """A socket that has said who it is."""

    connection: Connection
    person: PersonId
    conversation: ConversationId


@dataclass(frozen=True)
class WebSocketHandler:
    """Takes in what WebSockets bring. Nothing but authentication is done for a socket that has not proved who it is."""

    connections: ConnectionStore
    connection_api: ConnectionApi
    authenticator: Authenticator
    terms: EntitlementService
    people: People
    inbox: Inbox
    transcript: Transcript
    wake: Wake
    clock: Clock
    new_id: Callable[[], str]
    log: Log

    def warm(self) -> None:
        """Make ready what the next frame will need. Raises ConfigError."""
        self.authenticator.ticket_key()

    def connect(self, connection: ConnectionId, *, endpoint: str, origin: str) -> None:
        """Somebody has come. Raises StoreError, and the handshake fails."""
        with self.log.call("connect", self.clock):
            self.connections.open(Connection(connection, endpoint, origin), now=self.clock())

    def disconnect(self, connection: ConnectionId) -> None:
        """They have gone. Raises StoreError; forgotten all the same when the time comes."""
        with self.log.call("disconnect", self.clock):
            self.connections.close(connection)

    def receive(self, connection: ConnectionId, body: str) -> None:
        """One frame. What goes wrong is told to the client and logged; nothing is raised."""
        frame = client_frames.parse(body)
        known: Connection | None = None
        try:
            with self.log.call("frame", self.clock, action=type(frame).__name__) as found:
                known = self.connections.get(connection, now=self.clock())
                found["state"] = known.state.value if known else "unknown"
                if known and known.state is not ConnectionState.REJECTED:
                    self._serve(known, frame)
        except (StoreError, ConfigError, IssuerUnavailable):
            if known:
                self._refuse(known, "try_again", "something failed here: try again", _id_of(frame))

    def _serve(self, connection: Connection, frame: client_frames.ClientFrame | InvalidFrame) -> None:
        match frame:
            case InvalidFrame(code, message, own):
                self._refuse(connection, code, message, own)
            case Ping():
                self._tell(connection, server_frames.frame("pong"))
            case Authenticate():
                self._authenticate(connection, frame)
            case _ if connection.person is None or connection.conversation is None:
                self._refuse(connection, "not_authenticated", "authenticate first", _id_of(frame))
            case _:
                self._serve_known(Member(connection, connection.person, connection.conversation), frame)

    def _serve_known(self, seat: Member, frame: SendMessage | Cancel | Resume | Join) -> None:
        match frame:
            case SendMessage():
                self._send(seat, frame)
            case Cancel(turn):
                self.connections.cancel(seat.connection, turn)
            case Resume(turn):
                self._resume(seat, turn)
            case Join(room):
                self._join(seat, room)

    def _authenticate(self, connection: Connection, frame: Authenticate) -> None:
        if connection.state is not ConnectionState.CONNECTED:
            return self._refuse(connection, "already_authenticated", "this socket has proved who it is")
        person = self.authenticator.authenticate(frame.credentials, origin=connection.origin)
        if isinstance(person, Rejected):
            return self._turn_away(connection, person)
        conversation = identity.conversation_of(person)
        if self._is_full(connection, conversation):
            return None
        admitted = self.connections.admit(connection, person, conversation, now=self.clock())
        if admitted is None:
            return self._refuse(connection, "already_authenticated", "this socket has proved who it is")
        return self._welcome(Member(admitted, person, conversation))

    def _turn_away(self, connection: Connection, why: Rejected) -> None:
        self.connections.reject(connection)
        self._refuse(connection, why.code, why.message)
        try:
            self.connection_api.close(connection)
        except DeliveryError as exc:
            self.log.failure("hang_up", exc)  # the heartbeat closes it within a minute or two

    def _join(self, seat: Member, name: str) -> Member | None:
        """The seat in the room; None when it is full."""
        room = identity.room(seat.person, name)
        if room != seat.conversation and self._is_full(seat.connection, room):
            return None
        connection = self.connections.move(seat.connection, room, now=self.clock())
        moved = replace(seat, connection=connection, conversation=room)
        self._welcome(moved)
        return moved

    def _is_full(self, connection: Connection, conversation: ConversationId) -> bool:
        full = len(self.connections.in_conversation(conversation, now=self.clock())) >= MAX_CONNECTIONS
        if full:
            self._refuse(connection, "room_full", f"{MAX_CONNECTIONS} are here already")
        return full

    def _welcome(self, seat: Member) -> None:
        """The seat is taken before the past is read: what is still open then reaches it from the worker."""
        terms, now = self.terms.for_person(seat.person), self.clock()
        person = self.people.get(seat.person) or Person(seat.person)
        day = quota.day_of(now, now=now, zone=self.terms.limits.zone)
        self._tell(
            seat.connection,
            *server_frames.ready(
                seat.person,
                seat.conversation,
                persona.load(terms.persona),
                limit=quota.limit_of(person, default_limit=terms.daily_limit),
                remaining=quota.left(person, terms, day=day),
                now=now,
                turns=self.transcript.latest(seat.conversation, count=_PAST, now=now),
            ),
        )

    def _send(self, seat: Member, frame: SendMessage) -> None:
        if frame.room and identity.room(seat.person, frame.room) != seat.conversation:
            moved = self._join(seat, frame.room)
            if moved is None:
                return
            seat = moved
        now = self.clock()
        at = now if frame.at is None else frame.at
        if not now - _OLDEST_MS <= at <= now + _AHEAD_MS:
            self._refuse(seat.connection, "bad_frame", "`id` has not the time of now: see `ready.now`", frame.id)
            return
        message = IncomingMessage(
            id=f"{seat.person}/{frame.id or self.new_id()}",
            channel=Channel.WEB,
            conversation=seat.conversation,
            person=seat.person,
            at=at,
            text=frame.text,
            told_at_once=True,
        )
        self._keep(seat, message, frame.id)

    def _keep(self, seat: Member, message: IncomingMessage, own: str | None) -> None:
        accepted = ingest.keep(message, inbox=self.inbox, clock=self.clock, log=self.log)
        if accepted in _NOT_KEPT:
            return self._refuse(seat.connection, *_NOT_KEPT[accepted], own)
        turn = turn_id(message)
        duplicate = True if accepted is not Accepted.QUEUED else None
        self._tell(seat.connection, server_frames.frame("accepted", turn=turn, id=own, duplicate=duplicate))
        if accepted is Accepted.DUPLICATE_DONE:
            return self._resume(seat, turn)
        return ingest.call_worker(seat.conversation, wake=self.wake, log=self.log)

    def _resume(self, seat: Member, turn: TurnId) -> None:
        """Noted before the turn is read: if its answer does not stand yet, whoever gives it will see the note."""
        self.connections.resume(seat.connection)
        found = self.transcript.find(seat.conversation, turn, now=self.clock())
        if found is None:
            return self._refuse(seat.connection, "unknown_turn", "there is no such turn here")
        if found.state in (TurnState.QUEUED, TurnState.RUNNING):
            return None
        frames = server_frames.whole(turn, found.reply) if found.reply else [server_frames.dropped(turn)]
        return self._tell(seat.connection, server_frames.question(found), *frames)

    def _refuse(self, connection: Connection, code: str, message: str, own: str | None = None) -> None:
        self._tell(connection, server_frames.error(code, message, own))

    def _tell(self, connection: Connection, *frames: str) -> None:
        """A client that cannot be told asks again."""
        try:
            for frame in frames:
                self.connection_api.send(connection, frame)
        except ConnectionGone:
            with suppress(StoreError):  # whoever answers it meets the same
                self.connections.close(connection.id)
        except DeliveryError as exc:
            self.log.failure("tell", exc)


def _id_of(frame: client_frames.ClientFrame | InvalidFrame) -> str | None:
    return frame.id if isinstance(frame, SendMessage | InvalidFrame) else None
