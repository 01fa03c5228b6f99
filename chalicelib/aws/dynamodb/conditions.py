"""Every condition that a write can have, each named for what it demands of the stored item."""

from boto3.dynamodb.conditions import Attr, ConditionBase

from chalicelib.access.person import Access
from chalicelib.access.token_bucket import TokenBucket
from chalicelib.aws.dynamodb.day_counts import refunds_on
from chalicelib.aws.dynamodb.followed import followed_values
from chalicelib.conversation.connection import Connection, ConnectionState
from chalicelib.conversation.frame_place import FramePlace
from chalicelib.conversation.late_frames import LATE_MS
from chalicelib.conversation.limits import MAX_OPEN_TURNS, MAX_ROOMS
from chalicelib.conversation.turn import Feedback, Lease, TurnState
from chalicelib.ids import ConnectionId, ConversationId

NOT_EXISTS = Attr("pk").not_exists()
EXISTS = Attr("pk").exists()
HAS_TITLE = Attr("title").exists()
NOT_ERASED = EXISTS & Attr("erased").not_exists()
IS_CLOSED = NOT_ERASED & Attr("state").is_in([TurnState.DONE.value, TurnState.DROPPED.value])
QUEUE_NOT_FULL = Attr("open_turns").not_exists() | Attr("open_turns").lt(MAX_OPEN_TURNS)
QUEUE_JUST_FULL = Attr("open_turns").eq(MAX_OPEN_TURNS)
"""For the one turn beyond the limit, which tells the user that messages were lost."""
NOT_BLOCKED = Attr("access").not_exists() | Attr("access").ne(Access.BLOCKED.value)
KEY_NOT_USED_UP = Attr("max_messages").not_exists() | Attr("used").lt(Attr("max_messages"))
NOT_REVOKED = Attr("revoked_at").not_exists()
NOT_OWNER = Attr("owner").not_exists()
NO_OWNER_DECISION = (
    (Attr("access").not_exists() | Attr("access").eq(Access.DEFAULT.value))
    & Attr("daily_limit").not_exists()
    & NOT_OWNER
)
NEVER_WROTE = Attr("first_seen").not_exists() & Attr("quota").not_exists() & NOT_OWNER
"""The owner's decision is all that is stored about the user."""
NOT_ANNOUNCED = Attr("announced").not_exists()
"""The owner has not been notified of this new person."""
UNAUTHENTICATED = Attr("state").eq(ConnectionState.CONNECTED.value)
IS_READY = Attr("state").eq(ConnectionState.READY.value)
IN_NO_CONVERSATION = Attr("conversation").not_exists() | Attr("state").eq(ConnectionState.REJECTED.value)
"""The connection was never in a conversation, or was taken out of it when it was expelled."""
NOT_REJECTED = EXISTS & Attr("state").ne(ConnectionState.REJECTED.value)
AT_REST = Attr("due_bucket").not_exists()
"""No turn of the conversation is open, and no worker has still to release it."""
IS_DUE = Attr("due_bucket").exists()
"""A turn is open, or a worker died between closing the last turn and releasing the lease: the next only releases."""


def has_attribute(name: str) -> ConditionBase:
    """The item has an attribute of this name."""
    return Attr(name).exists()


def equals(name: str, value: int) -> ConditionBase:
    """The attribute has this value."""
    return Attr(name).eq(value)


def later_than(name: str, now: int) -> ConditionBase:
    """The attribute of this name is a time after `now`."""
    return Attr(name).gt(now)


def due_after(now: int) -> ConditionBase:
    """A turn is open, and its work is due at a later time only."""
    return Attr("due_at").gt(now)


def due_by(now: int) -> ConditionBase:
    """The work of the conversation is due."""
    return Attr("due_at").lte(now)


def not_woken_since(at: int) -> ConditionBase:
    """No worker was woken after `at` because a message of the conversation came again."""
    return Attr("woken_at").not_exists() | Attr("woken_at").lte(at)


def lease_free(now: int) -> ConditionBase:
    """No worker has the conversation's lease, or the lease has expired."""
    return Attr("lease_owner").not_exists() | Attr("lease_until").lt(now)


def lease_held(lease: Lease) -> ConditionBase:
    """The lease is still in force: no other worker has taken the conversation since."""
    return Attr("lease_owner").eq(lease.owner) & Attr("fence").eq(lease.fence)


def no_arrivals_since(lease: Lease) -> ConditionBase:
    """No message has arrived since the lease was read, so no turn is left behind when it is released."""
    return Attr("arrivals").eq(lease.arrivals)


def same_words(lease: Lease) -> ConditionBase:
    """Neither the conversation's words nor its summary have changed since the lease was read."""
    version = Attr("words_version")
    return EXISTS & (version.eq(lease.words_version) if lease.words_version else version.not_exists())


def no_summary_begun(newest: int) -> ConditionBase:
    """No summary was begun when the newest turn was that of `newest`, or a later one."""
    return Attr("summary_tried").not_exists() | Attr("summary_tried").lt(newest)


def no_summary_of(asked_at: int) -> ConditionBase:
    """The conversation exists, and its summary, if it has one, does not contain what was asked then."""
    upto = Attr("summary.upto")
    return EXISTS & (upto.not_exists() | upto.lt(asked_at))


def facts_made(number: int) -> ConditionBase:
    """So many facts were stored for the user, those included that were deleted since."""
    made = Attr("facts_made")
    return made.eq(number) if number else made.not_exists()


def not_forgotten_since(asked_at: int) -> ConditionBase:
    """Nothing that was said then, or later, has been deleted; also true of a user who is not stored."""
    forgotten = Attr("forgotten_at")
    return forgotten.not_exists() | forgotten.lt(asked_at)


def forgotten_at(at: int) -> ConditionBase:
    """What the user said was last deleted then, as when the user was read; 0 for never."""
    forgotten = Attr("forgotten_at")
    return forgotten.eq(at) if at else forgotten.not_exists()


def last_seen_at(at: int) -> ConditionBase:
    """No message of the user was accepted since the user was read."""
    seen = Attr("last_seen")
    return seen.eq(at) if at else seen.not_exists() | seen.eq(0)


def of_rounds(number: int) -> ConditionBase:
    """So many rounds of tools of the turn are journalled."""
    rounds = Attr("rounds")
    return rounds.eq(number) if number else rounds.not_exists()


def in_state(*states: TurnState) -> ConditionBase:
    """The turn is in one of these states."""
    return Attr("state").is_in([state.value for state in states])


def not_notified_since(at: int, *, day: str) -> ConditionBase:
    """The user has not had that day's notice of the limit after `at`."""
    other_day = Attr("told_day").not_exists() | Attr("told_day").ne(day)
    return other_day | Attr("told_at").not_exists() | Attr("told_at").lte(at)


def alert_not_sent_on(day: str) -> ConditionBase:
    """The owner has not had this alert on that day."""
    return Attr("day").not_exists() | Attr("day").ne(day)


def fewer_people_than(most: int, *, day: str) -> ConditionBase:
    """The fault has met fewer than `most` users on that day, and at least one."""
    return Attr("day").eq(day) & Attr("people").size().lt(most)


def deletion_open(now: int) -> ConditionBase:
    """The deletion request exists and is not done."""
    return Attr("expires_at").gt(now // 1000) & Attr("done_at").not_exists()


def no_later_edit(edit: int) -> ConditionBase:
    """The turn has neither this edit nor a later one."""
    return Attr("edit").not_exists() | Attr("edit").lt(edit)


def other_feedback(feedback: Feedback) -> ConditionBase:
    """The turn has no feedback, or another one, so that each press of a button is counted once."""
    return Attr("feedback").not_exists() | Attr("feedback").ne(feedback.value)


def bucket_full(now: int, *, of: str = "full_at") -> ConditionBase:
    """No token is missing from the item's bucket, whose state is in the attribute `of`."""
    return Attr(of).not_exists() | Attr(of).lte(now)


def has_token(bucket: TokenBucket, *, now: int, of: str = "full_at") -> ConditionBase:
    """The item's bucket, whose state is in the attribute `of`, has a token left."""
    return Attr(of).lte(now + bucket.latest_ms)


def is_next(place: FramePlace, *, now: int) -> ConditionBase:
    """The frame is the next one, as `Progress.arrival_of` says."""
    moving, number = Attr("moving"), Attr("n")
    when = moving.not_exists() | moving.gt(place.received_at) | moving.lte(now - LATE_MS)
    if place.number is None:
        return when
    return when & (number.not_exists() if place.number == 1 else number.eq(place.number - 1))


def not_past(number: int | None) -> ConditionBase:
    """No frame with this number, or a later one, has begun."""
    stored = Attr("n")
    return EXISTS if number is None else stored.not_exists() | stored.lt(number)


def fewer_open_than(most: int) -> ConditionBase:
    """Fewer than `most` open conversations are counted for the user, or for all users of the API key."""
    return Attr("open_conversations").not_exists() | Attr("open_conversations").lt(most)


def opened_as(lease: Lease) -> ConditionBase:
    """The conversation is open on the same account as when the lease was read, or still at rest."""
    opened_by = Attr("opened_by")
    return opened_by.eq(lease.opened_by) if lease.opened_by else opened_by.not_exists()


def above_zero(count: str) -> ConditionBase:
    """The count exists and is above zero, so one can be taken back."""
    return Attr(count).gt(0)


def fewer_refunds_than(most: int, *, day: str) -> ConditionBase:
    """The person has had fewer than `most` counted refunds of that day's questions."""
    had = Attr(refunds_on(day))
    return had.not_exists() | had.lt(most) if most > 0 else had.lt(most)


def below_limit(limit: int, *, day: str) -> ConditionBase:
    """The person has asked fewer than `limit` questions on that day."""
    used = Attr(f"quota.{day}")
    return used.not_exists() | used.lt(limit) if limit > 0 else used.lt(limit)


def may_join(room: ConversationId) -> ConditionBase:
    """The person is in the room, or in fewer than MAX_ROOMS."""
    rooms = Attr("rooms")
    return rooms.not_exists() | rooms.contains(room) | rooms.size().lt(MAX_ROOMS)


def key_valid(now: int) -> ConditionBase:
    """The API key, or the part of its count, exists and is neither revoked nor expired."""
    not_expired = Attr("expires_at_ms").not_exists() | Attr("expires_at_ms").gt(now)
    return EXISTS & NOT_REVOKED & not_expired


def fewer_tickets_than(limit: int) -> ConditionBase:
    """Fewer than `limit` tickets were issued."""
    return Attr("tickets").not_exists() | Attr("tickets").lt(limit)


def has_seat_for(connection: ConnectionId, *, most: int) -> ConditionBase:
    """The conversation or person counts the connection already, or fewer than `most`."""
    seats = Attr("taken")
    return seats.not_exists() | seats.contains(connection) | seats.size().lt(most)


def counts_exactly(taken: set[str]) -> ConditionBase:
    """The conversation or person counts these connections, as it did when it was read."""
    return Attr("taken").eq(taken)


def still_in(connection: Connection) -> ConditionBase:
    """The connection follows the conversations that it followed when it was read, so its items there are known."""
    conversation, others = Attr("conversation"), Attr("others")
    here = conversation.eq(connection.conversation) if connection.conversation else conversation.not_exists()
    return here & (others.eq(followed_values(connection)["others"]) if connection.others else others.not_exists())
