"""Tells the owners what people want of a human. People's words go to the owners' chats only, and into no e-mail."""

from dataclasses import dataclass
from typing import Final

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
"""The inbox of a page. Meta documents no address of one thread there that could be made of a user's id."""


@dataclass(frozen=True)
class TakeoverNotices:
    """`conversation.takeover_ports.Humans` over the notices to owners."""

    notices: OwnerNotices
    texts: Texts

    def wanted(self, turn: Turn) -> None:
        self._tell("wanted", turn, OwnerCommand.PAUSE)

    def wrote(self, turn: Turn) -> None:
        self._tell("wrote", turn, OwnerCommand.RESUME, words=turn.text[:_LONGEST])

    def unheard(self, turn: Turn) -> None:
        self._tell("unheard", turn, OwnerCommand.RESUME)

    def _tell(self, kind: str, turn: Turn, offered: OwnerCommand, **more: str) -> None:
        """Tell the owners, with a button for a command about the user."""
        handle = handle_of(turn.person)
        how = self.texts(self._how(turn.person), handle=handle, link=_INBOX.format(page=identity.page_of(turn.person)))
        mail = f"{self.texts(f'owner_human_{kind}_mail', handle=handle)}\n{how}"
        text = self.texts(f"owner_human_{kind}", handle=handle, **more)
        text = text if more else f"{text}\n{how}"  # who reads a message knows by then how to answer it
        button = Choice(self.texts(f"owner_button_{offered.name.lower()}"), f"{offered.value} {handle}")
        subject = self.texts("owner_human_subject")
        self.notices.tell(f"human_{kind}", Notice(subject, text, mail, lambda _: (button,)), but=turn.person)

    def _how(self, person: PersonId) -> str:
        return "owner_human_how_inbox" if identity.traits_of(person).has_inbox else "owner_human_how"
