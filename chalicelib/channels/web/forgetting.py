"""Deletes what is stored about a person who need not be let in for it, such as one whom the owner has blocked."""

from typing import Final

from chalicelib.access import identity
from chalicelib.access.authentication import Credentials, Rejected
from chalicelib.channels.web import server_frames
from chalicelib.channels.web.entrance import Entrance
from chalicelib.conversation.commands import Command
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import IncomingMessage, Received, turn_id
from chalicelib.ids import Channel

_IS_IN: Final = ("already_authenticated", "this connection is already authenticated: send /forget as a message")
_NOBODY: Final = Rejected("auth_failed", "nothing is stored about a new visitor")
_LATER: Final = ("try_again", "too many messages are waiting: send the frame again in a minute")
_STORED: Final = frozenset({Accepted.QUEUED, Accepted.DUPLICATE_OPEN, Accepted.DUPLICATE_DONE})


def forget(entrance: Entrance, connection: Connection, credentials: Credentials) -> None:
    """Accept `/forget yes` of the person, and send `accepted`; the connection is not let in and gets nothing else.

    Once the frame is accepted, a worker deletes, also after a crash. Raises what `Entrance.authenticate` does.
    """
    if connection.state is not ConnectionState.CONNECTED:
        return entrance.send(connection, server_frames.error(*_IS_IN))
    known = entrance.authenticator.authenticate(credentials, origin=connection.origin)
    if isinstance(known, Rejected) or credentials.is_of_new_visitor:
        return entrance.reject(connection, known if isinstance(known, Rejected) else _NOBODY)
    now, conversation = entrance.clock(), identity.conversation_of(known.person)
    message = IncomingMessage(
        id=f"{known.person}/forget/{connection.id}",
        channel=Channel.WEB,
        conversation=conversation,
        person=known.person,
        at=now,
        text=Command.FORGET_CONFIRMED.value,
        received=Received(now, connection.id),
    )
    accepted = entrance.ingest.accept(message)
    if accepted not in _STORED:
        return entrance.send(connection, server_frames.error(*_LATER))
    entrance.ingest.wake_worker(conversation, [accepted])
    return entrance.send(connection, server_frames.frame("accepted", turn=turn_id(message)))
