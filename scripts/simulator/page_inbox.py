"""Simulates the page's inbox, in which humans answer, and the handover of a user's thread between it and the bot."""

from dataclasses import dataclass
from typing import Any, Final

from scripts.simulator.meta import APP_ID, PAGE_ID, Message, Meta, now

INBOX_APP: Final = 263902037430900
"""The app id of the page's inbox at Meta."""


@dataclass(frozen=True)
class PageInbox:
    """What humans do in the inbox of the page. Each method returns the message id, if any, and the webhook's status."""

    meta: Meta

    async def write(self, psid: str, text: str, **echo: Any) -> tuple[str, int]:
        """Write to a user by hand; `echo` has other fields of the echo that the app gets, such as `app_id`."""
        message = Message(self.meta.new_mid(), "page", text, now())
        self.meta.person(psid).messages.append(message)
        said = {"mid": message.mid, "text": text, "is_echo": True, "app_id": INBOX_APP, **echo}
        item = {"sender": {"id": PAGE_ID}, "recipient": {"id": psid}, "timestamp": message.at, "message": said}
        return message.mid, await self.meta.deliver(item, standby=psid in self.meta.held)

    async def take(self, psid: str) -> tuple[str, int]:
        """Take the user's thread: the bot gets what they write on standby, and may not write to them."""
        self.meta.held.add(psid)
        owners = {"previous_owner_app_id": str(APP_ID), "new_owner_app_id": str(INBOX_APP)}
        return "", await self.meta.deliver(self._item(psid, take_thread_control=owners))

    async def give_back(self, psid: str) -> tuple[str, int]:
        """Give the thread back to the bot."""
        self.meta.held.discard(psid)
        owners = {"previous_owner_app_id": str(INBOX_APP), "new_owner_app_id": str(APP_ID), "metadata": None}
        return "", await self.meta.deliver(self._item(psid, pass_thread_control=owners))

    def _item(self, psid: str, **event: Any) -> dict[str, Any]:
        return {"sender": {"id": psid}, "recipient": {"id": PAGE_ID}, "timestamp": now(), **event}
