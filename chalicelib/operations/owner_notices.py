"""Tells the owners something: in their chats, and by e-mail where an owner is not reached there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chalicelib.access.owner_ports import Owners
from chalicelib.conversation.turn import Choice
from chalicelib.errors import DeliveryError, NotifyError
from chalicelib.ids import PersonId
from chalicelib.log import Log
from chalicelib.operations.ports import Notifier


class OwnerChat(Protocol):
    """Sends messages to owners that answer nothing."""

    def send(self, owner: PersonId, text: str, choices: tuple[Choice, ...]) -> bool:
        """Send the text, with buttons below it; False if the owner's channel shows no such messages.

        Raises DeliveryError: if the channel allows no such message now, or if it is not known whether it arrived.
        """


def _no_choices(_: PersonId) -> tuple[Choice, ...]:
    return ()


@dataclass(frozen=True)
class Notice:
    """What the owners are to hear."""

    subject: str
    """Of the e-mail."""
    text: str
    mail: str = ""
    """What the e-mail says, if it is not the text."""
    choices: Callable[[PersonId], tuple[Choice, ...]] = _no_choices
    """Returns the buttons for one owner."""


@dataclass(frozen=True)
class OwnerNotices:
    """Tells the owners. An owner who is not reached in the chat, or that there is none, makes it an e-mail too."""

    owners: Owners
    chat: OwnerChat | None
    """None for a function that may send nothing to users: then it is an e-mail."""
    notifier: Notifier
    out_of_reach: str
    """What an e-mail says that goes out because an owner was not reached in the chat."""
    log: Log

    def tell(self, kind: str, notice: Notice, *, but: PersonId | None = None, always_by_mail: bool = False) -> None:
        """Tell all owners but one, each in their chat or all by e-mail. Raises StoreError.

        `kind` is for the log. An e-mail that cannot be sent is logged and not repeated.
        """
        chat = self.chat
        owners = [owner.person for owner in self.owners.list() if owner.person != but] if chat else []
        sent = [self._says(chat, owner, notice, kind) for owner in owners if chat]
        if always_by_mail or not sent or not all(sent):
            self._mail(kind, notice, self.out_of_reach if None in sent else "")

    def _says(self, chat: OwnerChat, owner: PersonId, notice: Notice, kind: str) -> bool | None:
        """Return whether the owner got it in the chat; None if the channel refused it, or may have lost it."""
        try:
            return chat.send(owner, notice.text, notice.choices(owner))
        except DeliveryError as exc:
            self.log.failure("notify", exc, kind=kind, person=self.log.pseudonym(owner))
            return None

    def _mail(self, kind: str, notice: Notice, why: str) -> None:
        try:
            self.notifier.send(notice.subject, "\n\n".join(filter(None, (notice.mail or notice.text, why))))
        except NotifyError as exc:
            self.log.failure("notify", exc, kind=kind)
