"""Takes the conversation of an anonymous visitor along into that of the person who has signed in since."""

from typing import Final

from chalicelib.access import identity
from chalicelib.access.authentication import Rejected
from chalicelib.channels.web import server_frames
from chalicelib.channels.web.client_frames import TakeAlong
from chalicelib.channels.web.entrance import Entrance
from chalicelib.channels.web.member import Member
from chalicelib.conversation.history import to_take_along
from chalicelib.ids import PersonId

_NOT_TAKEN: Final = ("not_taken_along", "the ticket is of no conversation that you can take along")


def take_along(entrance: Entrance, member: Member, frame: TakeAlong) -> None:
    """Move as many turns of the ticket's visitor as a history shows, and send `ready`; else the client gets an error.

    No turn of a room is moved. Raises StoreError and ConfigError; the frame may then be sent again.
    """
    if entrance.standing(member) is None:
        return
    visitor = _visitor(entrance, member, frame)
    if visitor is None:
        entrance.send(member.connection, server_frames.error(*_NOT_TAKEN))
        return
    now, there = entrance.clock(), identity.conversation_of(visitor)
    theirs = entrance.transcript.latest(there, count=server_frames.HISTORY_TURNS, now=now)
    entrance.transcript.take_along(to_take_along(theirs), member.person, now=now)
    if standing := entrance.standing(member):
        entrance.send_ready(member, standing, may_open=False)


def _visitor(entrance: Entrance, member: Member, frame: TakeAlong) -> PersonId | None:
    """Return the visitor whose ticket it is; None unless the person signed in, and the visitor may still read."""
    if identity.key_of(member.person) is not None:
        return None
    visitor = entrance.authenticator.anonymous(frame.ticket, origin=member.connection.origin)
    may_read = visitor and not isinstance(entrance.admission.standing(visitor), Rejected)
    return visitor if may_read else None
