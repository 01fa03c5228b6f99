"""Sets the page up at Meta, and takes it down; each step is idempotent, as it writes only what differs."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.channels.messenger import profile
from chalicelib.channels.messenger.ports import AppSubscription, MessengerPage
from chalicelib.channels.messenger.profile import Profile
from chalicelib.channels.messenger.requirements import FIELDS
from chalicelib.content.persona import Persona
from chalicelib.content.text import Texts
from chalicelib.errors import NotOffered


@dataclass(frozen=True)
class Setup:
    """Connects the owner's page to this bot in four steps, in the order below, and disconnects it in two.

    Each step returns whether it changed something, and raises MetaError, or ConfigError if a secret is missing. The
    app's webhook stays after disconnecting: Meta sends it no events without a subscribed page.
    """

    page: MessengerPage
    texts: Texts
    """In the deployment's language."""
    persona: Persona | None = None
    """Who answers on the page; None for questions to begin with that fit any persona."""

    def subscribe_app(self, callback_url: str, verify_token: str) -> bool:
        """Subscribe the webhook at `callback_url`, which Meta verifies by a handshake."""
        if self.page.app_subscription() == AppSubscription(callback_url, active=True, fields=frozenset(FIELDS)):
            return False
        self.page.subscribe_app(callback_url, verify_token=verify_token, fields=FIELDS)
        return True

    def subscribe_page(self) -> bool:
        """Send the page's events to the app."""
        if self.page.page_subscription() == frozenset(FIELDS):
            return False
        self.page.subscribe_page(FIELDS)
        return True

    def write_profile(self) -> bool:
        """Write the start button, menu and commands that users see, and the questions to begin with.

        Questions of the owner's stay.
        """
        expected = profile.required(self.texts)
        found = self.page.profile((*expected, profile.QUESTIONS))
        if profile.are_ours(found.get(profile.QUESTIONS)):
            expected = {**expected, **profile.questions(self.texts, self.persona)}
        return self._write(expected, found)

    def write_greeting(self) -> bool:
        """Write the greeting. Raises NotOffered: the bot works without it."""
        expected = profile.greeting(self.texts)
        return self._write(expected, self.page.profile(expected.keys()))

    def unsubscribe_page(self) -> bool:
        """Send the page's events to the app no more."""
        if not self.page.page_subscription():
            return False
        self.page.unsubscribe_page()
        return True

    def clear_profile(self) -> bool:
        """Delete the start button, menu, commands and the bot's questions, and the greeting if Meta still has one."""
        found = self.page.profile((*profile.PROPERTIES, profile.QUESTIONS))
        ours = [name for name in found if name != profile.QUESTIONS or profile.are_ours(found[name])]
        if cleared := bool(ours):
            self.page.clear_profile(ours)
        with suppress(NotOffered):
            cleared = self._clear(profile.GREETING) or cleared
        return cleared

    def _write(self, expected: Profile, found: Profile) -> bool:
        differing = profile.differing(found, expected)
        if differing:
            self.page.set_profile(differing)
        return bool(differing)

    def _clear(self, names: Collection[str]) -> bool:
        if not self.page.profile(names):
            return False
        self.page.clear_profile(names)
        return True
