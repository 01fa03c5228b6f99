"""An authenticated connection as a frozen value."""

from dataclasses import dataclass, replace

from chalicelib.access import identity
from chalicelib.channels.web.room_names import Room
from chalicelib.conversation.connection import Connection
from chalicelib.ids import ConversationId, PersonId


@dataclass(frozen=True)
class Member:
    """An authenticated connection: a person in a conversation."""

    connection: Connection
    person: PersonId
    conversation: ConversationId

    def in_room(self, room: Room) -> "Member":
        """Return the member as it is in a room of that name, before the connection is moved."""
        conversation = identity.room(self.person, room.name)
        connection = self.connection.moved(conversation, keeps=True, conversation_id=room.conversation_id)
        return replace(self, connection=connection, conversation=conversation)
