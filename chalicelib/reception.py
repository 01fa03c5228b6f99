"""The door's story for WebSockets: who is there, what do they want, keep it, wake a worker; no model is waited for."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from chalicelib import access, doorstep, identity, personas, quota
from chalicelib.admission import Admission, TurnedAway
from chalicelib.channels.web import asked, told
from chalicelib.channels.web.asked import Authenticate, Cancel, Join, Ping, Resume, SendMessage, Unreadable
from chalicelib.errors import ConfigError, DeliveryError, SocketGone, StoreError, TokensOutOfReach
from chalicelib.messages import Channel, ConversationId, IncomingMessage, Person, PersonId, TurnId, TurnState
from chalicelib.messages_web import Socket, SocketId, SocketState
from chalicelib.observability import Log
from chalicelib.ports import Accepted, Clock, Inbox, People, Transcript, Wake
from chalicelib.ports_web import Connections, Sockets
from chalicelib.store.schema import turn_id
from chalicelib.terms import TermsOfUse

MAX_SOCKETS: Final = 50
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
class Seat:
    """A socket that has said who it is."""

    socket: Socket
    person: PersonId
    conversation: ConversationId


@dataclass(frozen=True)
class Reception:
    """Takes in what WebSockets bring. Nothing but authentication is done for a socket that has not proved who it is."""

    sockets: Sockets
    connections: Connections
    admission: Admission
    terms: TermsOfUse
    people: People
    inbox: Inbox
    transcript: Transcript
    wake: Wake
    clock: Clock
    new_id: Callable[[], str]
    log: Log

    def warm(self) -> None:
        """Make ready what the next frame will need. Raises ConfigError."""
        self.admission.ticket_key()

    def connect(self, socket: SocketId, *, endpoint: str, origin: str) -> None:
        """Somebody has come. Raises StoreError, and the handshake fails."""
        with self.log.call("connect", self.clock):
            self.sockets.open(Socket(socket, endpoint, origin), now=self.clock())

    def disconnect(self, socket: SocketId) -> None:
        """They have gone. Raises StoreError; forgotten all the same when the time comes."""
        with self.log.call("disconnect", self.clock):
            self.sockets.close(socket)

    def receive(self, socket: SocketId, body: str) -> None:
        """One frame. What goes wrong is told to the client and logged; nothing is raised."""
        frame = asked.parse(body)
        known: Socket | None = None
        try:
            with self.log.call("frame", self.clock, action=type(frame).__name__) as found:
                known = self.sockets.get(socket, now=self.clock())
                found["state"] = known.state.value if known else "unknown"
                if known and known.state is not SocketState.REJECTED:
                    self._serve(known, frame)
        except (StoreError, ConfigError, TokensOutOfReach):
            if known:
                self._refuse(known, "try_again", "something failed here: try again", _id_of(frame))

    def _serve(self, socket: Socket, frame: asked.Asked | Unreadable) -> None:
        match frame:
            case Unreadable(code, message, own):
                self._refuse(socket, code, message, own)
            case Ping():
                self._tell(socket, told.frame("pong"))
            case Authenticate():
                self._authenticate(socket, frame)
            case _ if socket.person is None or socket.conversation is None:
                self._refuse(socket, "not_authenticated", "authenticate first", _id_of(frame))
            case _:
                self._serve_known(Seat(socket, socket.person, socket.conversation), frame)

    def _serve_known(self, seat: Seat, frame: SendMessage | Cancel | Resume | Join) -> None:
        match frame:
            case SendMessage():
                self._send(seat, frame)
            case Cancel(turn):
                self.sockets.cancel(seat.socket, turn)
            case Resume(turn):
                self._resume(seat, turn)
            case Join(room):
                self._join(seat, room)

    def _authenticate(self, socket: Socket, proof: Authenticate) -> None:
        if socket.state is not SocketState.CONNECTED:
            return self._refuse(socket, "already_authenticated", "this socket has proved who it is")
        person = self.admission.admit(proof, origin=socket.origin)
        if isinstance(person, TurnedAway):
            return self._turn_away(socket, person)
        conversation = identity.conversation_of(person)
        if self._is_full(socket, conversation):
            return None
        admitted = self.sockets.admit(socket, person, conversation, now=self.clock())
        if admitted is None:
            return self._refuse(socket, "already_authenticated", "this socket has proved who it is")
        return self._welcome(Seat(admitted, person, conversation))

    def _turn_away(self, socket: Socket, why: TurnedAway) -> None:
        self.sockets.reject(socket)
        self._refuse(socket, why.code, why.message)
        try:
            self.connections.close(socket)
        except DeliveryError as exc:
            self.log.failure("hang_up", exc)  # the heartbeat closes it within a minute or two

    def _join(self, seat: Seat, name: str) -> Seat | None:
        """The seat in the room; None when it is full."""
        room = identity.room(seat.person, name)
        if room != seat.conversation and self._is_full(seat.socket, room):
            return None
        moved = replace(seat, socket=self.sockets.move(seat.socket, room, now=self.clock()), conversation=room)
        self._welcome(moved)
        return moved

    def _is_full(self, socket: Socket, conversation: ConversationId) -> bool:
        full = len(self.sockets.of(conversation, now=self.clock())) >= MAX_SOCKETS
        if full:
            self._refuse(socket, "room_full", f"{MAX_SOCKETS} are here already")
        return full

    def _welcome(self, seat: Seat) -> None:
        """The seat is taken before the past is read: what is still open then reaches it from the worker."""
        terms, now = self.terms.of(seat.person), self.clock()
        person = self.people.get(seat.person) or Person(seat.person)
        day = quota.day_of(now, now=now, zone=self.terms.settings.zone)
        self._tell(
            seat.socket,
            *told.ready(
                seat.person,
                seat.conversation,
                personas.load(terms.persona),
                limit=access.limit_of(person, default_limit=terms.daily_limit),
                remaining=access.left(person, terms, day=day),
                now=now,
                turns=self.transcript.latest(seat.conversation, count=_PAST, now=now),
            ),
        )

    def _send(self, seat: Seat, frame: SendMessage) -> None:
        if frame.room and identity.room(seat.person, frame.room) != seat.conversation:
            moved = self._join(seat, frame.room)
            if moved is None:
                return
            seat = moved
        now = self.clock()
        at = now if frame.at is None else frame.at
        if not now - _OLDEST_MS <= at <= now + _AHEAD_MS:
            self._refuse(seat.socket, "bad_frame", "`id` has not the time of now: see `ready.now`", frame.id)
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

    def _keep(self, seat: Seat, message: IncomingMessage, own: str | None) -> None:
        accepted = doorstep.keep(message, inbox=self.inbox, clock=self.clock, log=self.log)
        if accepted in _NOT_KEPT:
            return self._refuse(seat.socket, *_NOT_KEPT[accepted], own)
        turn = turn_id(message)
        duplicate = True if accepted is not Accepted.QUEUED else None
        self._tell(seat.socket, told.frame("accepted", turn=turn, id=own, duplicate=duplicate))
        if accepted is Accepted.DUPLICATE_DONE:
            return self._resume(seat, turn)
        return doorstep.call_worker(seat.conversation, wake=self.wake, log=self.log)

    def _resume(self, seat: Seat, turn: TurnId) -> None:
        """Noted before the turn is read: if its answer does not stand yet, whoever gives it will see the note."""
        self.sockets.resume(seat.socket)
        found = self.transcript.find(seat.conversation, turn, now=self.clock())
        if found is None:
            return self._refuse(seat.socket, "unknown_turn", "there is no such turn here")
        if found.state in (TurnState.QUEUED, TurnState.RUNNING):
            return None
        frames = told.whole(turn, found.reply) if found.reply else [told.dropped(turn)]
        return self._tell(seat.socket, told.question(found), *frames)

    def _refuse(self, socket: Socket, code: str, message: str, own: str | None = None) -> None:
        self._tell(socket, told.error(code, message, own))

    def _tell(self, socket: Socket, *frames: str) -> None:
        """A client that cannot be told asks again."""
        try:
            for frame in frames:
                self.connections.send(socket, frame)
        except SocketGone:
            with suppress(StoreError):  # whoever answers it meets the same
                self.sockets.close(socket.id)
        except DeliveryError as exc:
            self.log.failure("tell", exc)


def _id_of(frame: asked.Asked | Unreadable) -> str | None:
    return frame.id if isinstance(frame, SendMessage | Unreadable) else None
