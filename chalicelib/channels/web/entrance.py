"""Authenticates connections, moves them to rooms, and closes those of people who may not use the bot any more."""

from dataclasses import dataclass, replace
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from chalicelib.access import identity, quota, rooms
from chalicelib.access.admission import BLOCKED, Admission, Standing
from chalicelib.access.authentication import Authenticated, Authenticator, Credentials, Rejected
from chalicelib.channels.web import server_frames
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.clock import Clock
from chalicelib.content import persona
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.limits import CONNECTIONS_OF_A_PERSON, MAX_CONNECTIONS
from chalicelib.conversation.ports import Transcript
from chalicelib.errors import ConversationFull, TooManyConnections
from chalicelib.ids import ConversationId, PersonId

_HISTORY_TURNS: Final = 30
"""Turns that are read for the `history` of `ready`."""
_AGAIN: Final = ("already_authenticated", "this connection is already authenticated")
_WRONG_ROOM: Final = Rejected("wrong_room", "this is not the full name of a room: ask for it where you got the link")
_FULL: Final = ("room_full", f"the room is full: it has {MAX_CONNECTIONS} connections")

_TOO_MANY: Final = Rejected(
    "too_many_connections", f"you have {CONNECTIONS_OF_A_PERSON} newer connections, so this one is closed"
)
_ATTEMPTS: Final = 5
"""How often a new connection tries to replace an older one, in case others of the same person are faster."""


@dataclass(frozen=True)
class Member:
    """An authenticated connection: a person in a conversation."""

    connection: Connection
    person: PersonId
    conversation: ConversationId


class Send(Protocol):
    """Sends frames to a connection, in order."""

    def __call__(self, connection: Connection, /, *frames: str) -> None: ...


@dataclass(frozen=True)
class Entrance:
    """Handles `authenticate` and `join`. All methods raise StoreError; `authenticate` also what Authenticator does."""

    connections: ConnectionStore
    closer: ConnectionCloser
    authenticator: Authenticator
    admission: Admission
    transcript: Transcript
    clock: Clock
    zone: ZoneInfo
    send: Send

    def authenticate(self, connection: Connection, credentials: Credentials) -> Member | None:
        """Let the connection into its person's conversation; None if its client is told why not."""
        if connection.state is not ConnectionState.CONNECTED:
            self._refuse(connection, *_AGAIN)
            return None
        known = self._known(credentials, connection)
        if isinstance(known, Rejected):
            self._reject(connection, known)
            return None
        person, conversation = known.person, identity.conversation_of(known.person)
        whole = known.key is not None and known.key.whole_answers
        connection = replace(connection, holds_key=credentials.kind == "apiKey", whole_answers=whole)
        try:
            ready = self._admit(connection, person, conversation)
        except TooManyConnections:
            self._reject(connection, _TOO_MANY)
            return None
        if ready is None:
            return self._let_in_meanwhile(connection, credentials)
        member = Member(ready, person, conversation)
        standing = self.standing(member)  # again, for a revocation that listed connections before this one was stored
        if standing is None:
            return None
        self._send_ready(member, standing, identity.name_of(person) if credentials.is_of_new_visitor else None)
        return member

    def _known(self, credentials: Credentials, connection: Connection) -> Authenticated | Rejected:
        known = self.authenticator.authenticate(credentials, origin=connection.origin)
        return BLOCKED if isinstance(known, Authenticated) and self.admission.is_blocked(known.person) else known

    def _let_in_meanwhile(self, connection: Connection, credentials: Credentials) -> Member | None:
        """Return the member that the connection became by another frame at the same time, if frames needed not say so.

        None, and the client gets an error, if this frame asked for it.
        """
        known = self.connections.get(connection.id, now=self.clock()) if credentials.kind == "openKey" else None
        if known and known.person and known.conversation:
            now_in = replace(known, received_at=connection.received_at)
            return Member(now_in, known.person, known.conversation)
        self._refuse(connection, *_AGAIN)
        return None

    def _admit(self, connection: Connection, person: PersonId, conversation: ConversationId) -> Connection | None:
        """Call `mark_authenticated`; while the person has too many connections, close their oldest one.

        Whoever has lost connections without noticing, such as by going out of reach, is thus not locked out.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return self.connections.mark_authenticated(connection, person, conversation, now=self.clock())
            except TooManyConnections:
                for oldest in self.connections.of_person(person, now=self.clock())[:1]:
                    self.dismiss(oldest, _TOO_MANY)
        return self.connections.mark_authenticated(connection, person, conversation, now=self.clock())

    def join(self, member: Member, name: str) -> Member | None:
        """Move the connection to a room; None if it is not moved. Its client gets an error unless it is closed by now.

        The person's standing is read again once the connection is moved, as in `authenticate`: a connection that is
        closed meanwhile, or whose person may not read on, gets no history.
        """
        room = identity.room(member.person, name)
        standing = self.standing(member)
        if standing is None:
            return None
        if not self._may_join(member, name, standing):
            self.dismiss(member.connection, _WRONG_ROOM)  # closed, so that each guess needs a new connection
            return None
        try:
            connection = self.connections.move(member.connection, room, now=self.clock())
        except ConversationFull:
            self._refuse(member.connection, *_FULL)
            return None
        moved = replace(member, connection=connection, conversation=room) if connection else None
        standing = self.standing(moved) if moved else None
        if moved is None or standing is None:
            return None
        self._send_ready(moved, standing)
        return moved

    def _may_join(self, member: Member, name: str, standing: Standing) -> bool:
        """Whether the client has the API key, the key's rooms are open, or this is a room's full name."""
        key = standing.entitlements.key
        if key is None:
            secrets = self.authenticator.ticket_keys()
            return any(rooms.is_full_name(name, secret=secret) for secret in secrets)
        return member.connection.holds_key or key.open_rooms or rooms.is_full_name(name, secret=key.digest)

    def standing(self, member: Member) -> Standing | None:
        """Return the person's standing; None, and the connection is closed, if they may not use the bot any more."""
        standing = self.admission.standing(member.person)
        if isinstance(standing, Rejected):
            self.dismiss(member.connection, standing)
            return None
        return standing

    def dismiss(self, connection: Connection, rejected: Rejected, message_id: str | None = None) -> None:
        """Delete an authenticated connection, tell its client why, and close it."""
        self.closer.dismiss(connection, server_frames.error(rejected.code, rejected.message, message_id))

    def _reject(self, connection: Connection, rejected: Rejected) -> None:
        """Close a connection that is not authenticated; after a failure the heartbeat does so in a minute or two."""
        self.connections.reject(connection)
        self._refuse(connection, rejected.code, rejected.message)
        self.closer.hang_up(connection)

    def _refuse(self, connection: Connection, code: str, message: str) -> None:
        self.send(connection, server_frames.error(code, message))

    def _send_ready(self, member: Member, standing: Standing, visitor: str | None = None) -> None:
        """Send `ready` with the history, after the connection was put into its conversation.

        In this order no answer is missed: a turn that is open in the history reaches the connection from its worker.
        """
        person, entitlements, now = standing.person, standing.entitlements, self.clock()
        day = quota.day_of(now, now=now, zone=self.zone)
        self.send(
            member.connection,
            *server_frames.ready(
                member.person,
                member.conversation,
                persona.load(entitlements.persona),
                limit=quota.limit_of(person, default_limit=entitlements.daily_limit),
                remaining=quota.left(person, entitlements, day=day),
                now=now,
                turns=self.transcript.latest(member.conversation, count=_HISTORY_TURNS, now=now),
                visitor=visitor,
            ),
        )
