"""The owner's decisions in the chat: `/allow`, `/limit`, `/block` and `/default`. `Admin` carries them out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.access.handles import handle_of
from chalicelib.access.person import Access
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.ids import PersonId
from chalicelib.operations.admin import MAX_LIMIT, Admin, Standing, limit_in
from chalicelib.operations.handle_lookup import HandleLookup

YES: Final = "yes"
NO: Final = "no"
_OFFERED: Final = (5, 20, 50, 100)
"""Limits that are offered as buttons."""


@dataclass(frozen=True)
class OwnerDecisions:
    """Decides. All methods raise StoreError.

    Each takes the words behind its command: a handle, for `limit` a number, and at the end perhaps YES or NO.
    """

    admin: Admin
    lookup: HandleLookup
    texts: Texts

    def allow(self, words: Sequence[str]) -> Reply:
        """Remove a user's daily limit, once the owner confirms that this may cost more."""
        return self._about(OwnerCommand.ALLOW, words, self._allow)

    def block(self, words: Sequence[str]) -> Reply:
        """Ignore a user from now on, once the owner confirms it."""
        return self._about(OwnerCommand.BLOCK, words, self._block)

    def limit(self, words: Sequence[str]) -> Reply:
        """Set a user's own number of questions a day; if it is more than now, once the owner confirms it."""
        return self._about(OwnerCommand.LIMIT, words, self._limit)

    def default(self, words: Sequence[str]) -> Reply:
        """Undo what was decided about a user."""
        return self._about(OwnerCommand.DEFAULT, words, self._default)

    def _about(
        self, command: OwnerCommand, words: Sequence[str], act: Callable[[Standing, Sequence[str]], Reply]
    ) -> Reply:
        found = self.lookup.one(command, words, behind=" ".join(words[1:]))
        if isinstance(found, Reply):
            return found
        standing = self.admin.standing(found)
        if standing.person.is_owner:
            return self._say("owner_is_owner", found)
        if words[-1] == NO:
            return Reply(self.texts("owner_unchanged"))
        return act(standing, words[1:])

    def _allow(self, standing: Standing, words: Sequence[str]) -> Reply:
        person = standing.person
        if person.access is Access.UNLIMITED:
            return self._say("owner_allowed", person.id)
        if YES not in words:
            return self._ask(OwnerCommand.ALLOW, standing, "owner_allow_ask", used=standing.used)
        return self._say("owner_allowed", self.admin.allow(person.id).person.id)

    def _block(self, standing: Standing, words: Sequence[str]) -> Reply:
        person = standing.person
        if YES not in words and person.access is not Access.BLOCKED:
            return self._ask(OwnerCommand.BLOCK, standing, "owner_block_ask")
        return self._say("owner_blocked", self.admin.block(person.id).person.id)

    def _limit(self, standing: Standing, words: Sequence[str]) -> Reply:
        person = standing.person.id
        number = limit_in(words[0]) if words else None
        if number is None:
            handle = handle_of(person)
            offered = tuple(Choice(str(each), f"{OwnerCommand.LIMIT.value} {handle} {each}") for each in _OFFERED)
            return Reply(self.texts("owner_limit_how", handle=handle, most=MAX_LIMIT), choices=offered)
        is_more = standing.limit is not None and number > standing.limit
        if is_more and YES not in words:
            more = {"limit": number, "now": standing.limit}
            return self._ask(OwnerCommand.LIMIT, standing, "owner_limit_ask", str(number), **more)
        return self._say("owner_limited", self.admin.limit(person, number).person.id, limit=number)

    def _default(self, standing: Standing, _: Sequence[str]) -> Reply:
        person = standing.person.id
        limit = self.admin.default(person).limit
        return self._say("owner_default_none" if limit is None else "owner_default", person, limit=limit)

    def _ask(self, command: OwnerCommand, standing: Standing, key: str, *behind: str, **values: object) -> Reply:
        handle = handle_of(standing.person.id)
        again = " ".join((command.value, handle, *behind))
        yes, no = (Choice(self.texts(f"owner_{word}"), f"{again} {word}") for word in (YES, NO))
        return Reply(self.texts(key, handle=handle, **values), choices=(yes, no))

    def _say(self, key: str, person: PersonId, **values: object) -> Reply:
        return Reply(self.texts(key, handle=handle_of(person), **values))
