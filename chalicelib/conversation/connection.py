"""A WebSocket connection as a frozen value."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from chalicelib.access import identity
from chalicelib.conversation.limits import CONVERSATIONS_OF_A_CONNECTION
from chalicelib.ids import ConnectionId, ConversationId, PersonId, TurnId


class ConnectionState(StrEnum):
    """The state of a connection; REJECTED is final."""

    CONNECTED = "connected"
    """Not authenticated; only `authenticate` and `ping` are handled."""
    READY = "ready"
    """Authenticated, and in a conversation."""
    REJECTED = "rejected"
    """Failed to authenticate or was too fast; it will be closed."""


@dataclass(frozen=True)
class Followed:
    """A conversation whose frames a connection gets."""

    conversation: ConversationId
    by_id: bool = False
    """Whether its client names the room in `conversationId`."""


@dataclass(frozen=True)
class Connection:
    """A WebSocket connection of one client."""

    id: ConnectionId
    endpoint: str
    """URL of the API through which it is sent to."""
    origin: str = ""
    """The `Origin` header of its handshake; empty for programs."""
    state: ConnectionState = ConnectionState.CONNECTED
    person: PersonId | None = None
    """The authenticated user."""
    holds_key: bool = False
    """Whether its client authenticated with the API key itself, and not with a ticket or a token."""
    whole_answers: bool = False
    """Whether its client gets each answer when it is finished, in the simple shape, as its API key says."""
    generation: int | None = None
    """Of a signed visitor, which secret of the site signed the token, as in `access.ticket.Ticket`."""
    conversation: ConversationId | None = None
    """The conversation that it is in: that of its client's frames that name none."""
    by_id: bool = False
    """As in `Followed`, for that conversation."""
    conversation_id: str = field(default="", compare=False)
    """What the client calls the room in `conversationId`, if the frame does or `in_conversation` returned it."""
    others: tuple[Followed, ...] = ()
    """The other conversations that it follows; the one that it was in before comes last."""
    resumed: int = 0
    """Number of requests of its client for what it has missed."""
    cancels: TurnId | None = None
    """The turn whose answer the user has cancelled."""
    config: str = ""
    """The id of a key that lets its client in with the first frame, if the key is open and allows the origin."""
    proven: PersonId | None = None
    """The user that the address of its handshake proved; the client's first frame lets them in."""
    too_fast: bool = False
    """Whether this frame is more than FRAMES_OF_A_CONNECTION allows; only `count_frame` sets it."""
    waits: bool = False
    """Whether an earlier frame has not been handled, for which this one waits; only `count_frame` sets it."""
    after_question: bool = False
    """Whether this numbered frame is a question right after another one, as `FramePlace.is_right_after` says.

    Only `count_frame` and `begin_frame` set it.
    """

    @property
    def enters_with_its_first_frame(self) -> bool:
        """Whether the first frame lets its client in, whatever it asks for."""
        return bool(self.config or self.proven)

    @property
    def room(self) -> str:
        """What clients call the room, or another conversation of its person, that it is in; empty for the first one."""
        return (identity.named(self.conversation) or "") if self.conversation else ""

    @property
    def followed(self) -> tuple[Followed, ...]:
        """All conversations that it follows; the one that it is in comes last."""
        here = [Followed(self.conversation, self.by_id)] if self.conversation else []
        return (*self.others, *here)

    def follows(self, conversation: ConversationId) -> bool:
        """Whether it gets the frames of the conversation."""
        return any(one.conversation == conversation for one in self.followed)

    def moved(self, conversation: ConversationId, *, keeps: bool, conversation_id: str = "") -> "Connection":
        """Return the connection in a conversation; with `keeps` it still follows those that it followed before.

        Of more than CONVERSATIONS_OF_A_CONNECTION it leaves the one that it was in longest ago. A client that has named
        a room in `conversationId` is taken to do so as long as the connection follows it.
        """
        by_id = bool(conversation_id) or Followed(conversation, by_id=True) in self.followed
        before = self.followed if keeps else self.others
        others = [one for one in before if one.conversation != conversation]
        moved = self._following(*others[1 - CONVERSATIONS_OF_A_CONNECTION :], Followed(conversation, by_id))
        return replace(moved, conversation_id=conversation_id)

    def without(self, conversation: ConversationId, *, otherwise: ConversationId) -> "Connection":
        """Return the connection without a conversation: it is in the one before, or in `otherwise` if there is none."""
        rest = [one for one in self.followed if one.conversation != conversation]
        return self._following(*(rest or [Followed(otherwise)]))

    def _following(self, *followed: Followed) -> "Connection":
        *others, here = followed
        fresh = replace(self, others=tuple(others), conversation_id="", resumed=0, cancels=None)
        return replace(fresh, conversation=here.conversation, by_id=here.by_id)
