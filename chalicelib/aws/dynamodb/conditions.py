"""What must hold for a write, in words; every condition of the table stands here."""

from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.access.budget import Reservation
from chalicelib.access.person import Access
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.turn import Lease, TurnState
from chalicelib.ids import ConversationId

MAX_OPEN_TURNS: Final = 5
MAX_ROOMS: Final = 100
"""In which one person is known to have written: they are erased there too, and their item must not grow for ever."""

NOT_EXISTS = Attr("pk").not_exists()
EXISTS = Attr("pk").exists()
NOT_ERASED = EXISTS & Attr("erased").not_exists()
ROOM_LEFT = Attr("open_turns").not_exists() | Attr("open_turns").lt(MAX_OPEN_TURNS)
JUST_FULL = Attr("open_turns").eq(MAX_OPEN_TURNS)
NOT_BLOCKED = Attr("access").not_exists() | Attr("access").ne(Access.BLOCKED.value)
KEY_NOT_SPENT = Attr("max_messages").not_exists() | Attr("used").lt(Attr("max_messages"))
UNDECIDED = (Attr("access").not_exists() | Attr("access").eq(Access.DEFAULT.value)) & Attr("daily_limit").not_exists()
UNAUTHENTICATED = Attr("state").eq(ConnectionState.CONNECTED.value)
STILL_DUE = Attr("due_bucket").exists()
"""Something is open, or a worker died between closing the last turn and the release: the next one only releases."""


def nobody_works(now: int) -> ConditionBase:
    """The conversation is free, or its holder is dead."""
    return Attr("lease_owner").not_exists() | Attr("lease_until").lt(now)


def is_mine(lease: Lease) -> ConditionBase:
    """The lease is still in force."""
    return Attr("lease_owner").eq(lease.owner) & Attr("fence").eq(lease.fence)


def nothing_arrived(lease: Lease) -> ConditionBase:
    """No message has come since the lease was read: releasing it leaves nobody waiting."""
    return Attr("arrivals").eq(lease.arrivals)


def in_state(*states: TurnState) -> ConditionBase:
    """The turn is where this step starts."""
    return Attr("state").is_in([state.value for state in states])


def not_told(day: str) -> ConditionBase:
    """Nobody has said it on that day."""
    return Attr("told_day").not_exists() | Attr("told_day").ne(day)


def still_asked(now: int) -> ConditionBase:
    """A request for deletion is there and not done."""
    return Attr("expires_at").gt(now // 1000) & Attr("done_at").not_exists()


def older_edit(edit: int) -> ConditionBase:
    """No later edit has come before this one."""
    return Attr("edit").not_exists() | Attr("edit").lt(edit)


def something_counted(used: str) -> ConditionBase:
    """There is a charge to give back."""
    return Attr(used).gt(0)


def below(limit: int, *, day: str) -> ConditionBase:
    """The person may ask once more on that day."""
    used = Attr(f"quota.{day}")
    return used.not_exists() | used.lt(limit) if limit > 0 else used.lt(limit)


def knows_room(room: ConversationId) -> ConditionBase:
    """The person writes there already, or in few others."""
    rooms = Attr("rooms")
    return rooms.not_exists() | rooms.contains(room) | rooms.size().lt(MAX_ROOMS)


def key_valid(now: int) -> ConditionBase:
    """The key is there, and neither revoked nor expired."""
    not_expired = Attr("expires_at_ms").not_exists() | Attr("expires_at_ms").gt(now)
    return EXISTS & Attr("revoked_at").not_exists() & not_expired


def fewer_tickets_than(most: int) -> ConditionBase:
    """One more may be handed out."""
    return Attr("tickets").not_exists() | Attr("tickets").lt(most)


def still_in(connection: Connection) -> ConditionBase:
    """The socket is still where it was when it was read: otherwise its place there would be left behind."""
    where = Attr("conversation")
    return where.eq(connection.conversation) if connection.conversation else where.not_exists()


def room_for(reserved: Reservation) -> ConditionBase | None:
    """The day's budget can bear the call; one that costs nothing needs no room."""
    most = reserved.cap - reserved.amount
    committed = Attr("committed")
    if not reserved.amount:
        return None
    return committed.not_exists() | committed.lte(most) if most >= 0 else committed.lte(most)
