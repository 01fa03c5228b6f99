"""Every key, prefix and key condition of the table; no other module spells one."""

from typing import Final

from boto3.dynamodb.conditions import ConditionBase
from boto3.dynamodb.conditions import Key as KeyAttribute

from chalicelib.access import identity
from chalicelib.conversation.turn import IncomingMessage, message_digest
from chalicelib.ids import Channel, ConnectionId, ConversationId, InviteId, KeyId, PersonId, TurnId

Key = dict[str, str]

TURN_PREFIX: Final = "TURN#"
ROUND_PREFIX: Final = "ROUND#"
"""Begins the sort key of a round of tool calls, which is not among the turns."""
PERSON_PREFIX: Final = "PERSON#"
OWN_LIST_PREFIX: Final = "LIST#"
"""Begins the sort key of a list that a person keeps, in the person's partition."""
TOOL_LISTS: Final = "TOOLS"
"""The partition of the lists of tools of remote servers."""
DELETION_PREFIX: Final = "DELETION#"
OWNER_LINK_PREFIX: Final = "OWNERLINK#"
"""Begins the partition key of a link to the owner's page."""
OWNER_SESSIONS: Final = "SESSIONS"
"""The partition of the sessions of the owner's page: they are few, and one query lists them."""
SESSION_PREFIX: Final = "SESSION#"
SPEND_PREFIX: Final = "SPEND#"
API_KEYS: Final = "KEYS"
"""The partition of all API keys: they are few, and one query lists them."""
API_KEY_PREFIX: Final = "KEY#"
COUNT: Final = "COUNT"
PERSONAS: Final = "PERSONAS"
"""The partition of the owner's own texts of personas, and of the journal of their changes."""
CHANGE_PREFIX: Final = "CHANGE#"
INVITES: Final = "INVITES"
"""The partition of all invites: they are few, and one query lists them."""
INVITE_PREFIX: Final = "INVITE#"
CONNECTION_PREFIX: Final = "SOCKET#"
"""Begins the partition key of a connection's own item."""
LIST_PREFIX: Final = "SOCKET#OF#"
"""Begins the partition key of the list of an API key's connections.

No connection's own item has such a key, since no connection's id has a `#`.
"""
OWNERS: Final = "OWNERS"
"""The partition of the owners who decide in the chat, and of the code that makes the next."""
OWNER_PREFIX: Final = "OWNER#"
MEMBER_PREFIX: Final = "SOCKET#"
"""Begins the sort key of a connection's item in its conversation."""


def person_key(person: PersonId) -> Key:
    """The key of a person's item."""
    return {"pk": f"{PERSON_PREFIX}{person}", "sk": "PERSON"}


def list_key(person: PersonId, name: str) -> Key:
    """The key of a list that a person keeps, whatever the case of its name."""
    return {**person_key(person), "sk": f"{OWN_LIST_PREFIX}{name.casefold()}"}


def tool_list_key(url: str) -> Key:
    """The key of the list of a remote server's tools."""
    return {"pk": TOOL_LISTS, "sk": url}


def lists_of(person: PersonId) -> ConditionBase:
    """The key condition for the lists of a person, in the order of their names."""
    return _partition(person_key(person)) & KeyAttribute("sk").begins_with(OWN_LIST_PREFIX)


def conversation_key(conversation: ConversationId) -> Key:
    """The key of a conversation's own item, which has the lease."""
    return {"pk": f"CONV#{conversation}", "sk": "CONV"}


def turn_key(conversation: ConversationId, turn: TurnId) -> Key:
    """The key of a turn's item, in the conversation's partition."""
    return {"pk": f"CONV#{conversation}", "sk": f"{TURN_PREFIX}{turn}"}


def round_key(conversation: ConversationId, turn: TurnId, number: int) -> Key:
    """The key of a round of a turn's tool calls, counted from 0, in the conversation's partition."""
    return {**conversation_key(conversation), "sk": f"{ROUND_PREFIX}{turn}#{number:02d}"}


def seen_key(message: IncomingMessage) -> Key:
    """The key of a mark for a message without a signed time, by which a repetition with another time is recognised."""
    return {"pk": f"CONV#{message.conversation}", "sk": f"SEEN#{message_digest(message.id)}"}


def export_link_key(link: str) -> Key:
    """The key of a link with which a person downloads what is stored about them, by its digest."""
    return {"pk": f"EXPORT#{link}", "sk": "EXPORT"}


def alert_key(kind: str) -> Key:
    """The key of the day on which the owner last had an alert of this kind."""
    return {"pk": "OWNER", "sk": f"ALERT#{kind}"}


def news_key() -> Key:
    """The key of the list of new people of whom the owners have still to hear."""
    return {"pk": "OWNER", "sk": "NEWS"}


def checkup_key() -> Key:
    """The key of the last weekly health check."""
    return {"pk": "OWNER", "sk": "CHECKUP"}


def deletion_key(code: str) -> Key:
    """The key of a deletion request."""
    return {"pk": f"{DELETION_PREFIX}{code}", "sk": "DELETION"}


def owner_link_key(digest: str) -> Key:
    """The key of a link to the owner's page."""
    return {"pk": f"{OWNER_LINK_PREFIX}{digest}", "sk": "LINK"}


def owner_session_key(session: str) -> Key:
    """The key of a session of the owner's page."""
    return {"pk": OWNER_SESSIONS, "sk": f"{SESSION_PREFIX}{session}"}


def owner_sessions() -> ConditionBase:
    """The key condition for all sessions of the owner's page."""
    return KeyAttribute("pk").eq(OWNER_SESSIONS)


def spend_key(day: str) -> Key:
    """The key of the day's model costs."""
    return {"pk": f"{SPEND_PREFIX}{day}", "sk": "SPEND"}


def spend_shard_key(day: str, shard: str) -> Key:
    """The key of a part of the day's model costs, in a partition of its own."""
    return {"pk": f"{SPEND_PREFIX}{day}#{shard}", "sk": "SPEND"}


def api_key_key(key: KeyId) -> Key:
    """The key of an API key's item."""
    return {"pk": API_KEYS, "sk": f"{API_KEY_PREFIX}{key}"}


def api_key_count_key(key: KeyId, number: int) -> Key:
    """The key of one of the items that count the questions of an API key without a maximum."""
    return {"pk": f"{API_KEY_PREFIX}{key}#{number}", "sk": COUNT}


def invite_key(invite: InviteId) -> Key:
    """The key of an invite's item."""
    return {"pk": INVITES, "sk": f"{INVITE_PREFIX}{invite}"}


def invite_of(sk: str) -> InviteId:
    """The invite of a sort key."""
    return InviteId(sk.removeprefix(INVITE_PREFIX))


def invites() -> ConditionBase:
    """The key condition for all invites, in the order of their ids."""
    return KeyAttribute("pk").eq(INVITES)


def personas_key() -> Key:
    """The key of the item with the owner's own texts of personas."""
    return {"pk": PERSONAS, "sk": "TEXTS"}


def owner_key(person: PersonId) -> Key:
    """The key of an owner's item."""
    return {"pk": OWNERS, "sk": f"{OWNER_PREFIX}{person}"}


def pairing_key() -> Key:
    """The key of what belongs to the code that makes the next owner."""
    return {"pk": OWNERS, "sk": "PAIRING"}


def persona_change_key(name: str, *, at: int) -> Key:
    """The key of a change to a persona's text; changes sort by time."""
    return {"pk": PERSONAS, "sk": f"{CHANGE_PREFIX}{at:013d}#{name}"}


def places_key(person: PersonId) -> Key:
    """The key of the number of open conversations of all people of the person's API key, or of all who signed in."""
    return {"pk": f"PLACES#{identity.group_of(person)}", "sk": "PLACES"}


def connection_key(connection: ConnectionId) -> Key:
    """The key of a connection's own item."""
    return {"pk": f"{CONNECTION_PREFIX}{connection}", "sk": "SOCKET"}


def member_key(conversation: ConversationId, connection: ConnectionId) -> Key:
    """The key of a connection's item in its conversation."""
    return {**conversation_key(conversation), "sk": f"{MEMBER_PREFIX}{connection}"}


def listed_key(person: PersonId, connection: ConnectionId) -> Key:
    """The key of a connection's item in the list of its API key, where it is sorted by person."""
    return {"pk": _list_of(identity.group_of(person)), "sk": f"{_listed_prefix(person)}{connection}"}


def seats_key(conversation: ConversationId) -> Key:
    """The key of the set of connections that a conversation counts."""
    return {**conversation_key(conversation), "sk": "SEATS"}


def person_seats_key(person: PersonId) -> Key:
    """The key of the set of connections that are counted for a person, wherever they are."""
    return {**conversation_key(identity.conversation_of(person)), "sk": "CONNECTIONS"}


def tickets_key(key: KeyId, whose: str, *, hour: str) -> Key:
    """The key of the number that `Tickets.count` counts."""
    return {"pk": f"TICKETS#{hour}", "sk": f"{key}#{whose}"}


def handover_key(slot: str) -> Key:
    """The key of an authorization code that a window hands over to the iframe that opened it."""
    return {"pk": f"HANDOVER#{slot}", "sk": "HANDOVER"}


def conversation_of(pk: str) -> ConversationId:
    """The conversation of a partition key."""
    return ConversationId(pk.removeprefix("CONV#"))


def turns_of(conversation: ConversationId) -> ConditionBase:
    """The key condition for a conversation's turns, oldest first."""
    return _partition(conversation_key(conversation)) & KeyAttribute("sk").begins_with(TURN_PREFIX)


def turns_up_to(conversation: ConversationId, turn: TurnId) -> ConditionBase:
    """The key condition for the turns of a conversation whose ids are not after `turn`."""
    within = KeyAttribute("sk").between(TURN_PREFIX, f"{TURN_PREFIX}{turn}")
    return _partition(conversation_key(conversation)) & within


def rounds_of(conversation: ConversationId, turn: TurnId) -> ConditionBase:
    """The key condition for the rounds of a turn's tool calls, oldest first."""
    return _partition(conversation_key(conversation)) & KeyAttribute("sk").begins_with(f"{ROUND_PREFIX}{turn}#")


def members_of(conversation: ConversationId) -> ConditionBase:
    """The key condition for the connections in a conversation."""
    return _partition(conversation_key(conversation)) & KeyAttribute("sk").begins_with(MEMBER_PREFIX)


def listed_of_key(key: KeyId) -> ConditionBase:
    """The key condition for the connections of an API key."""
    return KeyAttribute("pk").eq(_list_of(f"{Channel.WEB}:{key}"))


def listed_of_person(person: PersonId) -> ConditionBase:
    """The key condition for the connections of a person."""
    group = KeyAttribute("pk").eq(_list_of(identity.group_of(person)))
    return group & KeyAttribute("sk").begins_with(_listed_prefix(person))


def api_keys() -> ConditionBase:
    """The key condition for all API keys, in the order of their ids."""
    return KeyAttribute("pk").eq(API_KEYS)


def owners() -> ConditionBase:
    """The key condition for all owners."""
    return KeyAttribute("pk").eq(OWNERS) & KeyAttribute("sk").begins_with(OWNER_PREFIX)


def persona_changes() -> ConditionBase:
    """The key condition for the changes to the texts of personas, oldest first."""
    return KeyAttribute("pk").eq(PERSONAS) & KeyAttribute("sk").begins_with(CHANGE_PREFIX)


def _list_of(group: str) -> str:
    return f"{LIST_PREFIX}{group}"


def _listed_prefix(person: PersonId) -> str:
    return f"{person.rpartition(':')[2]}#"


def _partition(key: Key) -> ConditionBase:
    return KeyAttribute("pk").eq(key["pk"])
