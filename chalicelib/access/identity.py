"""How people, conversations and rooms are named, and what a name tells; none is made elsewhere. Pure."""

import hashlib
import re
from typing import Final

from chalicelib.access.person import Person
from chalicelib.ids import Channel, ConversationId, KeyId, PersonId

SIGNED_IN: Final = KeyId("oidc")
"""Stands in the names of people who signed in elsewhere, where those of others have their key's id."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_ROOM: Final = "room"


def is_name(value: str) -> bool:
    """Whether a visitor or a room may be called so."""
    return bool(_NAME.fullmatch(value))


def messenger_person(page: str, psid: str) -> PersonId:
    """Who writes to a page."""
    return PersonId(f"{Channel.MESSENGER}:{page}:{psid}")


def psid_of(person: PersonId) -> str:
    """What Messenger calls a person on the page."""
    return person.split(":", 2)[2]


def visitor(key: KeyId, name: str) -> PersonId:
    """Somebody for whom a key vouches."""
    return PersonId(f"{Channel.WEB}:{key}:{name}")


def signed_in(subject: str) -> PersonId:
    """Somebody who signed in elsewhere; what they are called there does not show."""
    return visitor(SIGNED_IN, hashlib.sha256(subject.encode()).hexdigest()[:32])


def channel_of(person: PersonId) -> Channel:
    """Where the person writes."""
    return Channel(person.partition(":")[0])


def key_of(person: PersonId) -> KeyId | None:
    """The key that vouches for the person; None on Messenger and for those who signed in elsewhere."""
    channel, key, _ = person.split(":", 2)
    return KeyId(key) if channel == Channel.WEB and key != SIGNED_IN else None


def conversation_of(person: PersonId) -> ConversationId:
    """Where the person is alone with the bot."""
    return ConversationId(person)


def room(person: PersonId, name: str) -> ConversationId:
    """Where several write for whom the same key vouches."""
    return ConversationId(f"{_ROOM}:{person.split(':', 2)[1]}:{name}")


def room_of(conversation: ConversationId) -> str | None:
    """The room's name; None where a person is alone with the bot."""
    kind, _, rest = conversation.partition(":")
    return rest.partition(":")[2] if kind == _ROOM else None


def conversations_of(person: Person) -> frozenset[ConversationId]:
    """Wherever something that the person wrote may stand."""
    return person.rooms | {conversation_of(person.id)}


def group_of(person: PersonId) -> str:
    """What all have in common whom the same key vouches for, or who write to the same page."""
    return person.rpartition(":")[0]


def pseudonym(person: PersonId) -> str:
    """By which others in a room tell people apart."""
    return hashlib.sha256(person.encode()).hexdigest()[:8]
