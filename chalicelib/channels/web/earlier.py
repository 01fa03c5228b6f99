"""Sends the turns of a conversation that were too many for the `history` of `ready`."""

from chalicelib.channels.web import server_frames
from chalicelib.channels.web.entrance import Entrance
from chalicelib.channels.web.member import Member
from chalicelib.channels.web.room_fields import conversation_id_of
from chalicelib.ids import TurnId


def send_earlier(entrance: Entrance, member: Member, up_to: TurnId) -> None:
    """Send the turns of the member's conversation whose ids are not after `up_to`, as many as fit into one frame.

    The id need not be that of a turn. Raises StoreError; the frame may then be sent again.
    """
    if entrance.standing(member) is None:
        return
    count = server_frames.HISTORY_TURNS + 1
    turns = entrance.transcript.up_to(member.conversation, up_to, count=count, now=entrance.clock())
    frames = server_frames.earlier(turns, conversation_id=conversation_id_of(member.connection))
    entrance.send(member.connection, *frames)
