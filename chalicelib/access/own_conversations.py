"""The conversations of one person, of which those who are known may have several, each with a title.

Known are people who signed in, and customers of a site, who come back on every device. Others have one conversation.
"""

from dataclasses import dataclass, field
from typing import Final

from chalicelib.access import identity, signed_visitor
from chalicelib.ids import ConversationId, PersonId

LONGEST_TITLE: Final = 80
"""Characters of a title."""


@dataclass(frozen=True)
class OwnConversation:
    """A stored conversation of one person. Times are milliseconds since 1970."""

    id: ConversationId
    title: str = field(repr=False)
    """Begins as the first question; empty before that."""
    used_at: int
    """When the person last wrote in it."""


def is_known(person: PersonId) -> bool:
    """Whether the person is known, and may have several conversations."""
    if not identity.traits_of(person).has_api_keys:
        return False
    return identity.key_of(person) is None or signed_visitor.is_name(identity.name_of(person))


def has_title(conversation: ConversationId, person: PersonId) -> bool:
    """Whether the conversation, in which the person writes, is one of their own and is listed with a title."""
    return not identity.is_room(conversation) and is_known(person)


def title_of(text: str) -> str:
    """Return the title that a first message gives; empty for a command, which is no question."""
    return "" if text.lstrip().startswith("/") else shortened(text)


def shortened(text: str) -> str:
    """Return a text in one line, as long as a title may be."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1].rstrip()}…"
