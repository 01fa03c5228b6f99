"""Tells the owners what people want of a human. People's words go to the owners' chats only, and into no e-mail."""

from dataclasses import dataclass
from typing import Final, Protocol

from chalicelib.access import identity
from chalicelib.access.handles import handle_of
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.turn import Choice, Turn
from chalicelib.ids import PersonId
from chalicelib.operations.owner_notices import Notice, OwnerNotices

_LONGEST: Final = 1000
"""Characters of a message that a notice has."""
_INBOX: Final = "https://business.facebook.com/latest/inbox/all?asset_id={page}"
"""The inbox of a page, where the address of a thread is not known: it cannot be made of a user's id."""


class ThreadLinks(Protocol):
    """Knows where humans answer in the inbox of a page."""

    def link_of(self, person: PersonId) -> str | None:
        """Return the address of the user's thread; None if it cannot be found now. Raises nothing."""


class NoThreadLinks:
    """`ThreadLinks` of a function that may not ask Meta."""

    def link_of(self, person: PersonId) -> None:
        """Know none."""


@dataclass(frozen=True)
class TakeoverNotices:
    """`conversation.takeover_ports.Humans` over the notices to owners."""

    notices: OwnerNotices
    texts: Texts
    links: ThreadLinks

    def wanted(self, turn: Turn) -> None:
        self._tell("wanted", turn, OwnerCommand.PAUSE)

    def wrote(self, turn: Turn) -> None:
        self._tell("wrote", turn, OwnerCommand.RESUME, words=turn.text[:_LONGEST])

    def unheard(self, turn: Turn) -> None:
        self._tell("unheard", turn, OwnerCommand.RESUME)

    def _tell(self, kind: str, turn: Turn, offered: OwnerCommand, **more: str) -> None:
        """Tell the owners, with a button for a command about the user."""
        handle = handle_of(turn.person)
        how = self._how(turn.person, handle)
        mail = f"{self.texts(f'owner_human_{kind}_mail', handle=handle)}\n{how}"
        text = self.texts(f"owner_human_{kind}", handle=handle, **more)
        text = text if more else f"{text}\n{how}"  # who reads a message knows by then how to answer it
        button = Choice(self.texts(f"owner_button_{offered.name.lower()}"), f"{offered.value} {handle}")
        subject = self.texts("owner_human_subject")
        self.notices.tell(f"human_{kind}", Notice(subject, text, mail, lambda _: (button,)), but=turn.person)

    def _how(self, person: PersonId, handle: str) -> str:
        if not identity.traits_of(person).has_inbox:
            return self.texts("owner_human_how", handle=handle)
        link = self.links.link_of(person) or _INBOX.format(page=identity.page_of(person))
        return self.texts("owner_human_how_inbox", handle=handle, link=link)
