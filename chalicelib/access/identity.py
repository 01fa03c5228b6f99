"""The formats of person, conversation and room ids: the only module that builds or parses them.

A person's id is `<channel>:<page or API key>:<name>`; `chalicelib.ids` lists the forms.
"""

import base64
import hashlib
import re
from typing import Final

from chalicelib.access.channel_traits import TRAITS, ChannelTraits
from chalicelib.access.person import Person
from chalicelib.ids import Channel, ConversationId, KeyId, PersonId

SIGNED_IN: Final = KeyId("oidc")
"""Takes the place of an API key's id in the ids of users who authenticate with an OpenID Connect token."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_ROOM: Final = "room"
_OWN: Final = "own"
_OWN_SIGN: Final = "~"
"""Begins what clients call another conversation of their own; no name of a room has it."""
_LONGEST_OWN: Final = 40
_HASHED: Final = "id-"
_HASHED_LENGTH: Final = 46
LONGEST_CONVERSATION_ID: Final = 256
"""Characters of a text that `room_name` takes."""


def is_name(value: str) -> bool:
    """Validate the name of a visitor or a room: 1 to 64 of the characters A-Z, a-z, 0-9, `.`, `_` and `-`."""
    return bool(_NAME.fullmatch(value))


def is_person(text: str) -> bool:
    """Whether the text has the form of a person's id. Somebody with that id need not have written."""
    channel, *names = text.split(":")
    return channel in set(Channel) and len(names) == 2 and all(map(is_name, names))  # noqa: PLR2004 (the docstring above)


def messenger_person(page: str, psid: str) -> PersonId:
    """Return the id of a user of a Facebook page; `psid` is Meta's page-scoped id of the user."""
    return PersonId(f"{Channel.MESSENGER}:{page}:{psid}")


def psid_of(person: PersonId) -> str:
    """Return the page-scoped id in the id of a Messenger user."""
    return person.split(":", 2)[2]


def visitor(key: KeyId, name: str) -> PersonId:
    """Return the id of a user who came with an API key, directly or by a ticket; `name` satisfies `is_name`."""
    return PersonId(f"{Channel.WEB}:{key}:{name}")


def name_of(person: PersonId) -> str:
    """Return the name in the id of a user of the web chat."""
    return person.rpartition(":")[2]


def signed_in(subject: str, *, issuer: str | None = None) -> PersonId:
    """Return the id of a user authenticated by an issuer. It holds a hash, so it does not show the `subject`.

    A subject is unique at its issuer only, so `issuer` is part of the id. It is None for the stage's first issuer,
    whose people had ids before there was another one.
    """
    unique = subject if issuer is None else f"{issuer}\n{subject}"  # no issuer's address has a line break
    return visitor(SIGNED_IN, hashlib.sha256(unique.encode()).hexdigest()[:32])


def channel_of(person: PersonId) -> Channel:
    """Return the channel on which the user writes."""
    return Channel(person.partition(":")[0])


def traits_of(person: PersonId) -> ChannelTraits:
    """Return the traits of the user's channel."""
    return TRAITS[channel_of(person)]


def key_of(person: PersonId) -> KeyId | None:
    """Return the API key the user came with; None on channels without keys and for users who signed in."""
    _, key, _ = person.split(":", 2)
    return KeyId(key) if traits_of(person).has_api_keys and key != SIGNED_IN else None


def conversation_of(person: PersonId) -> ConversationId:
    """Return the conversation between this one user and the bot."""
    return ConversationId(person)


def is_own_name(value: str) -> bool:
    """Validate what a client calls another conversation of its own: `~` and 1 to 40 characters of a name."""
    name = value.removeprefix(_OWN_SIGN)
    return value.startswith(_OWN_SIGN) and is_name(name) and len(name) <= _LONGEST_OWN


def room(person: PersonId, name: str) -> ConversationId:
    """Return the room of that name. It is shared by all users of the same API key, and only by them.

    For a name as of `is_own_name` it is another conversation of this user, which no other user can name.
    """
    if is_own_name(name):
        return ConversationId(f"{_OWN}:{person.split(':', 1)[1]}:{name.removeprefix(_OWN_SIGN)}")
    return ConversationId(f"{_ROOM}:{person.split(':', 2)[1]}:{name}")


def room_name(text: str) -> str:
    """Return the name of the room that a client calls by any text: the text if it is a name, else a hash of it."""
    if is_name(text):
        return text
    digest = hashlib.sha256(text.encode()).digest()
    return f"{_HASHED}{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def is_hash(room: str) -> bool:
    """Whether the name of the room is a hash as `room_name` makes it."""
    return room.startswith(_HASHED) and len(room) == _HASHED_LENGTH


def room_of(conversation: ConversationId) -> str | None:
    """Return the room's name; None for a conversation with a single user."""
    kind, _, rest = conversation.partition(":")
    return rest.partition(":")[2] if kind == _ROOM else None


def is_room(conversation: ConversationId) -> bool:
    """Whether others may write and read in the conversation, too."""
    return room_of(conversation) is not None


def own_name_of(conversation: ConversationId) -> str | None:
    """Return what clients call another conversation of one user; None for the first one, and for rooms."""
    return f"{_OWN_SIGN}{conversation.rpartition(':')[2]}" if conversation.startswith(f"{_OWN}:") else None


def named(conversation: ConversationId) -> str | None:
    """Return what clients call a room, or another conversation of their own; None for a user's first conversation."""
    return room_of(conversation) or own_name_of(conversation)


def conversations_of(person: Person) -> frozenset[ConversationId]:
    """Return every conversation that may hold a message of the user."""
    return person.rooms | {conversation_of(person.id)}


def own_conversations_of(person: Person) -> frozenset[ConversationId]:
    """Return every conversation that the user has alone with the bot."""
    return frozenset(each for each in conversations_of(person) if not is_room(each))


def page_of(person: PersonId) -> str:
    """Return the id of the page in the id of a Messenger user."""
    return person.split(":", 2)[1]


def group_of(person: PersonId) -> str:
    """Return the part of the id that all users of the same API key or the same page share."""
    return person.rpartition(":")[0]


def pseudonym(person: PersonId, *, digits: int = 8) -> str:
    """Return some hex digits, at most 64, by which the owner and the members of a room tell users apart."""
    return hashlib.sha256(person.encode()).hexdigest()[:digits]
