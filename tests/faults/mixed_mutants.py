"""Stores of the web chat and of memory that each lack one safeguard and are otherwise correct."""

from collections.abc import Sequence
from typing import Any

from chalicelib.conversation.connection import Connection
from chalicelib.conversation.inbox_steps import Forgotten
from chalicelib.ids import ConversationId, PersonId, TurnId
from tests.fakes.connections import FakeConnections
from tests.fakes.inbox import FakeInbox


class ForgetsClosedTurnsOnly(FakeInbox):
    """Leaves the turns that are being answered elsewhere when everything is deleted."""

    def forget(
        self, conversation: ConversationId, person: PersonId, *, asked_at: int, here: bool, now: int
    ) -> Forgotten:
        return super().forget(conversation, person, asked_at=asked_at, here=True, now=now)


class SeatsNobodyWhoMoves(FakeConnections):
    """Moves a connection to a room, but does not list it there."""

    def move(self, connection: Connection, conversation: ConversationId, **more: Any) -> Connection | None:
        moved = super().move(connection, conversation, **more)
        self.memory.members.pop((conversation, connection.id), None)
        return moved


class SeesOneMember(FakeConnections):
    """Lists only the first connection of a conversation."""

    def in_conversation(self, conversation: ConversationId, *, now: int) -> Sequence[Connection]:
        return super().in_conversation(conversation, now=now)[:1]


class LosesFollowedRooms(FakeConnections):
    """Leaves the conversations that a connection follows when it follows another one."""

    def move(self, connection: Connection, conversation: ConversationId, **more: Any) -> Connection | None:
        moved = super().move(connection, conversation, **more)
        for place in list(self.memory.members):
            if place[1] == connection.id and place[0] != conversation:
                del self.memory.members[place]
        return moved


class NeverCancels(FakeConnections):
    """Stores no wish to stop."""

    def cancel(self, connection: Connection, turn: TurnId) -> None:
        return
