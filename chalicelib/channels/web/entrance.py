"""Authenticates connections, moves them to rooms, and closes those of people who may not use the bot any more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from chalicelib.access import identity, quota, rooms, signed_visitor
from chalicelib.access.admission import BLOCKED, Admission, Standing
from chalicelib.access.authentication import Authenticated, Authenticator, Credentials, Rejected
from chalicelib.access.facts import Facts
from chalicelib.access.own_conversations import is_known
from chalicelib.channels.web import server_frames
from chalicelib.channels.web.client_frames import AboutRoom, Follow, Join, Leave
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.channels.web.member import Member
from chalicelib.channels.web.room_fields import conversation_id_of
from chalicelib.channels.web.room_names import Room
from chalicelib.clock import Clock
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.connection_ports import ConnectionStore
from chalicelib.conversation.ingest import Ingest
from chalicelib.conversation.limits import CONNECTIONS_OF_A_PERSON, MAX_CONNECTIONS
from chalicelib.conversation.ports import Transcript
from chalicelib.conversation.tool_ports import PersonLists
from chalicelib.conversation.turn import IncomingMessage, Turn
from chalicelib.errors import ConversationFull, TooManyConnections
from chalicelib.ids import Channel, ConversationId, PersonId

_AGAIN: Final = ("already_authenticated", "this connection is already authenticated")
_WRONG_ROOM: Final = Rejected("wrong_room", "this is not the full name of a room: ask for it where you got the link")
_NOT_FOLLOWED: Final = ("unknown_turn", "this connection does not follow that room")
_FULL: Final = ("room_full", f"the room is full: it has {MAX_CONNECTIONS} connections")

_ROTATED: Final = Rejected("auth_failed", "the site's secret that signed your token is refused: get a new token")
_TOO_MANY: Final = Rejected(
    "too_many_connections", f"you have {CONNECTIONS_OF_A_PERSON} newer connections, so this one is closed"
)
_ATTEMPTS: Final = 5
"""How often a new connection tries to replace an older one, in case others of the same person are faster."""


class Send(Protocol):
    """Sends frames to a connection, in order."""

    def __call__(self, connection: Connection, /, *frames: str) -> None: ...


@dataclass(frozen=True)
class Entrance:
    """Handles `authenticate`, and the rooms that frames name.

    All methods raise StoreError; `authenticate` also what Authenticator does.
    """

    connections: ConnectionStore
    closer: ConnectionCloser
    authenticator: Authenticator
    admission: Admission
    transcript: Transcript
    lists: PersonLists
    facts: Facts
    ingest: Ingest
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
            self.reject(connection, known)
            return None
        connection = replace(
            connection,
            holds_key=credentials.kind == "apiKey",
            whole_answers=known.whole_answers,
            generation=known.generation,
        )
        is_told = credentials.is_of_new_visitor
        return self._let_in(connection, known.person, is_told=is_told, is_asked=credentials.kind != "openKey")

    def admit(self, connection: Connection, person: PersonId) -> Member | None:
        """Let the person in whom the address of the connection proved; None if its client is told why not.

        A visitor of a key is told their name, which may be new.
        """
        return self._let_in(connection, person, is_told=identity.key_of(person) is not None, is_asked=False)

    def _let_in(self, connection: Connection, person: PersonId, *, is_told: bool, is_asked: bool) -> Member | None:
        """Let the person in, and send `ready`; `is_told` if it has the visitor's name, `is_asked` if a frame asked."""
        conversation = identity.conversation_of(person)
        try:
            ready = self._mark_authenticated(connection, person, conversation)
        except TooManyConnections:
            self.reject(connection, _TOO_MANY)
            return None
        if ready is None:
            return self._let_in_meanwhile(connection, is_asked=is_asked)
        member = Member(ready, person, conversation)
        standing = self.standing(member)  # again, for a revocation that listed connections before this one was stored
        if standing is None:
            return None
        self.send_ready(member, standing, identity.name_of(person) if is_told else None, may_open=is_asked)
        return member

    def _known(self, credentials: Credentials, connection: Connection) -> Authenticated | Rejected:
        known = self.authenticator.authenticate(credentials, origin=connection.origin)
        return BLOCKED if isinstance(known, Authenticated) and self.admission.is_blocked(known.person) else known

    def _let_in_meanwhile(self, connection: Connection, *, is_asked: bool) -> Member | None:
        """Return the member that the connection became by another frame at the same time, if frames needed not say so.

        None, and the client gets an error, if this frame asked for it.
        """
        known = None if is_asked else self.connections.get(connection.id, now=self.clock())
        if known and known.person and known.conversation:
            return Member(known, known.person, known.conversation)
        self._refuse(connection, *_AGAIN)
        return None

    def _mark_authenticated(
        self, connection: Connection, person: PersonId, conversation: ConversationId
    ) -> Connection | None:
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

    def join(self, member: Member, room: Room, *, keeps: bool = False, asks: bool = False) -> Member | None:
        """Move the connection to a room; None if it is not moved. Its client gets an error unless it is closed by now.

        With `keeps` it goes on following the others; with `asks` a question follows, so the model opens nothing. The
        person's standing is read again once the connection is moved, as in `authenticate`: a connection that is closed
        meanwhile, or whose person may not read on, gets no history.
        """
        there, standing = member.in_room(room), self.standing(member)
        if standing is None:
            return None
        if not self._may_join(member, room.name, standing):
            self.dismiss(there.connection, _WRONG_ROOM)  # closed, so that each guess needs a new connection
            return None
        connection = self._move(member, room, keeps=keeps)
        moved = replace(there, connection=connection) if connection else None
        standing = self.standing(moved) if moved else None
        if moved is None or standing is None:
            return None
        self.send_ready(moved, standing, may_open=not asks)
        return moved

    def ask_in(self, member: Member, room: Room | None) -> Member | None:
        """Return the member in a room, which the connection follows from now on beside the others; None as in `join`.

        The client gets `ready` only if the connection did not follow the room. Without a room nothing changes.
        """
        if room is None:
            return member
        there = member.in_room(room)
        if not member.connection.follows(there.conversation):
            return self.join(member, room, keeps=True, asks=True)
        if there.connection.followed[-1] == member.connection.followed[-1]:
            return there
        connection = self._move(member, room, keeps=True)
        return replace(there, connection=connection) if connection else None

    def change(self, member: Member, frame: AboutRoom) -> Connection | None:
        """Change which rooms the connection follows, and return it; None as in `join`."""
        match frame:
            case Leave(room):
                return self._leave(member, room)
            case Join(room) | Follow(room):
                moved = self.join(member, room, keeps=isinstance(frame, Follow))
                return moved.connection if moved else None

    def in_followed(self, member: Member, room: Room | None, message_id: str | None) -> Member | None:
        """Return the member as in a room that the connection follows; None, with an error to its client, if not.

        Without a room it is the conversation that the connection is in.
        """
        there = member.in_room(room) if room else member
        if member.connection.follows(there.conversation):
            return there
        if self.standing(member):
            self.send(there.connection, server_frames.error(*_NOT_FOLLOWED, message_id))
        return None

    def _leave(self, member: Member, room: Room) -> Connection | None:
        """Let the connection follow a room no more, and tell its client, also if it did not follow it."""
        if self.standing(member) is None:
            return None
        there = member.in_room(room)
        connection = self.connections.leave(member.connection, there.conversation, now=self.clock())
        if connection:
            self.send(there.connection, server_frames.frame("left"))
        return connection

    def _move(self, member: Member, room: Room, *, keeps: bool) -> Connection | None:
        """Return the connection in the room; None if it is closed, or the room is full, as an error frame then says."""
        there = member.in_room(room)
        try:
            return self.connections.move(
                member.connection,
                there.conversation,
                now=self.clock(),
                conversation_id=room.conversation_id,
                keeps=keeps,
            )
        except ConversationFull:
            self._refuse(there.connection, *_FULL)
            return None

    def _may_join(self, member: Member, name: str, standing: Standing) -> bool:
        """Whether the client has the API key, the key's rooms are open, or this is a room's full name.

        Another conversation of the person is for those who are known.
        """
        if identity.is_own_name(name):
            return is_known(member.person)
        key = standing.entitlements.key
        return (key is not None and key.open_rooms) or self._is_given(member, name, standing)

    def _is_given(self, member: Member, name: str, standing: Standing) -> bool:
        """Whether the client has the API key, or this is a room's full name: visitors cannot create such rooms."""
        key = standing.entitlements.key
        if key is None:
            secrets = self.authenticator.ticket_keys()
            return any(rooms.is_full_name(name, secret=secret) for secret in secrets)
        return member.connection.holds_key or rooms.is_full_name(name, secret=key.digest)

    def standing(self, member: Member) -> Standing | None:
        """Return the person's standing; None, and the connection is closed, if they may not use the bot any more."""
        standing = self._standing(member)
        if isinstance(standing, Rejected):
            self.dismiss(member.connection, standing)
            return None
        return standing

    def _standing(self, member: Member) -> Standing | Rejected:
        standing = self.admission.standing(member.person)
        if isinstance(standing, Rejected):
            return standing
        key = standing.entitlements.key
        is_accepted = key is None or signed_visitor.is_accepted(key, member.connection.generation)
        return standing if is_accepted else _ROTATED

    def dismiss(self, connection: Connection, rejected: Rejected, message_id: str | None = None) -> None:
        """Delete an authenticated connection, tell its client why, and close it."""
        self.closer.dismiss(connection, server_frames.error(rejected.code, rejected.message, message_id))

    def reject(self, connection: Connection, rejected: Rejected) -> None:
        """Close a connection that is not authenticated; after a failure the heartbeat does so in a minute or two."""
        self.connections.reject(connection)
        self._refuse(connection, rejected.code, rejected.message)
        self.closer.hang_up(connection)

    def _refuse(self, connection: Connection, code: str, message: str) -> None:
        self.send(connection, server_frames.error(code, message))

    def send_ready(self, member: Member, standing: Standing, visitor: str | None = None, *, may_open: bool) -> None:
        """Send `ready` with the history, after the connection was put into its conversation.

        In this order no answer is missed: a turn that is open in the history reaches the connection from its worker.
        """
        person, entitlements, now = standing.person, standing.entitlements, self.clock()
        services = self.admission.entitlements
        persona = services.personas.named(services.persona_of(person, entitlements, member.conversation))
        room = identity.room_of(member.conversation)
        given = room is None or self._is_given(member, room, standing)
        opens = may_open and persona.model_opens and given and identity.own_name_of(member.conversation) is None
        day = quota.date_at(now, zone=self.zone)
        self.send(
            member.connection,
            *server_frames.ready(
                member.person,
                member.conversation,
                persona,
                limit=quota.limit_of(person, default_limit=entitlements.daily_limit),
                remaining=quota.left(person, entitlements, day=day),
                spent=Charged.KEY_SPENT.value if entitlements.key and entitlements.key.left == 0 else None,
                now=now,
                turns=self._latest(member, opens=opens),
                visitor=visitor,
                conversation_id=conversation_id_of(member.connection),
            ),
        )

    def _latest(self, member: Member, *, opens: bool) -> Sequence[Turn]:
        """Return the latest turns. With `opens`, the model opens an empty conversation: the opening is the only one.

        It is stored once a conversation, however often the person comes. Without a place for it the list is empty, and
        clients show the fixed opening.
        """
        count = server_frames.HISTORY_TURNS + 1
        turns = self.transcript.latest(member.conversation, count=count, now=self.clock())
        if turns or not opens:
            return turns
        message = IncomingMessage(
            id=f"{member.conversation}/opening",
            channel=Channel.WEB,
            conversation=member.conversation,
            person=member.person,
            at=self.clock(),
            text="",
            time_is_signed=False,
            opens=True,
        )
        self.ingest.wake_worker(member.conversation, [self.ingest.accept(message)])
        return self.transcript.latest(member.conversation, count=count, now=self.clock())
