"""What the frames that ask a question have in common."""

from dataclasses import replace

from chalicelib.channels.web.client_frames import ClientFrame, InvalidFrame, Regenerate, SendMessage
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.turn import Received


def id_of(frame: ClientFrame | InvalidFrame) -> str | None:
    """Return the client's id of the message in a frame, if there is one."""
    return frame.id if isinstance(frame, SendMessage | Regenerate | InvalidFrame) else None


def received(frame: ClientFrame | InvalidFrame, connection: Connection, at: int) -> ClientFrame | InvalidFrame:
    """Return the frame, a question with when and where it was received."""
    if isinstance(frame, SendMessage | Regenerate):
        return replace(frame, received=Received(at, connection.id, frame.n, connection.after_question))
    return frame
