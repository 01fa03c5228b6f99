"""Lists, renames and deletes the conversations of a known person, which no other person can name."""

from typing import Final

from chalicelib.access import identity
from chalicelib.access.own_conversations import is_known
from chalicelib.channels.web import server_frames
from chalicelib.channels.web.entrance import Entrance
from chalicelib.channels.web.member import Member
from chalicelib.channels.web.own_frames import AboutOwn, Erase, Rename
from chalicelib.errors import ConversationBusy
from chalicelib.ids import ConversationId

_NOT_KNOWN: Final = ("bad_frame", "only people who signed in, and customers of a site, have several conversations")
_BUSY: Final = ("try_again", "a message of this conversation is being answered: try again")


def change(entrance: Entrance, member: Member, frame: AboutOwn) -> None:
    """Do what the frame asks for, and send the list; else the client gets an error. Raises StoreError.

    A deleted conversation is deleted with its turns before it leaves the list, so the frame may be sent again.
    """
    if entrance.standing(member) is None:
        return
    refused = _changed(entrance, member, frame) if is_known(member.person) else _NOT_KNOWN
    if refused:
        entrance.send(member.connection, server_frames.error(*refused))
    else:
        _send_list(entrance, member)


def _changed(entrance: Entrance, member: Member, frame: AboutOwn) -> tuple[str, str] | None:
    """Do what the frame asks for; return the code and message of the error if that is not done."""
    match frame:
        case Rename(title):
            entrance.transcript.rename(_named_in(member, frame), title)
        case Erase():
            try:
                entrance.transcript.erase(_named_in(member, frame), now=entrance.clock())
            except ConversationBusy:
                return _BUSY
    return None


def _named_in(member: Member, frame: Rename | Erase) -> ConversationId:
    first = identity.conversation_of(member.person)
    return identity.room(member.person, frame.room.name) if frame.room else first


def _send_list(entrance: Entrance, member: Member) -> None:
    """Send the list. What it lacks was deleted, or has expired, and is taken off the person's rooms."""
    known = entrance.admission.people.get(member.person)
    own = {each for each in (known.rooms if known else ()) if identity.own_name_of(each)}
    found = entrance.transcript.own(own | {identity.conversation_of(member.person)}, now=entrance.clock())
    if gone := own - {each.id for each in found}:
        entrance.admission.people.leave(member.person, gone)
    entrance.send(member.connection, server_frames.conversations([each for each in found if each.title]))
