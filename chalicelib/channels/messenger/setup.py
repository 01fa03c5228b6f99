"""Setting the page up at Meta, and taking it down; each step writes only what differs, so that it can be repeated."""

from dataclasses import dataclass

from chalicelib.channels.messenger import profile
from chalicelib.channels.messenger.ports import MessengerPage
from chalicelib.channels.messenger.requirements import FIELDS
from chalicelib.content.text import Texts


@dataclass(frozen=True)
class Setup:
    """The owner's page, made to talk to this bot: three steps there in this order, two back.

    Each returns whether something was written, and raises MetaError, or ConfigError without a secret. The app keeps its
    webhook on the way back: it hears of no page any more.
    """

    page: MessengerPage
    texts: Texts

    def subscribe_app(self, callback_url: str, verify_token: str) -> bool:
        """Have Meta verify the webhook and deliver to it."""
        found = self.page.app_subscription()
        is_there = found and found.active and (found.callback_url, found.fields) == (callback_url, frozenset(FIELDS))
        if not is_there:
            self.page.subscribe_app(callback_url, verify_token=verify_token, fields=FIELDS)
        return not is_there

    def subscribe_page(self) -> bool:
        """Have the page tell the app what happens."""
        is_there = self.page.page_subscription() == frozenset(FIELDS)
        if not is_there:
            self.page.subscribe_page(FIELDS)
        return not is_there

    def write_profile(self) -> bool:
        """Have people see what the bot offers, in the texts' words."""
        differing = profile.differing(self.page.profile(), profile.required(self.texts))
        if differing:
            self.page.set_profile(differing)
        return bool(differing)

    def unsubscribe_page(self) -> bool:
        """Have the page tell the app nothing more."""
        is_there = bool(self.page.page_subscription())
        if is_there:
            self.page.unsubscribe_page()
        return is_there

    def clear_profile(self) -> bool:
        """Have people see nothing of the bot any more."""
        is_there = bool(self.page.profile())
        if is_there:
            self.page.clear_profile()
        return is_there
