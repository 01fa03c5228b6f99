"""Finds the user that an owner means by a handle, or asks which one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.access import handles
from chalicelib.access.handles import handle_of
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.ids import PersonId
from chalicelib.operations.admin import Admin
from chalicelib.operations.people_rows import summed

MOST_BUTTONS: Final = 10
"""Messenger takes 13 quick replies."""
_LONGEST: Final = 1000
"""Characters of what a button sends: Messenger refuses a message with a longer one."""
_ECHOED: Final = 20
"""Characters of a wrong handle that are said again."""


@dataclass(frozen=True)
class HandleLookup:
    """Looks up users. All methods raise StoreError.

    Two users may have the same handle, and who chooses a visitor's name can bring that about. Then neither is found.
    """

    admin: Admin
    texts: Texts
    stage: str

    def one(self, command: OwnerCommand, words: Sequence[str], *, behind: str = "") -> PersonId | Reply:
        """Return the user of the first word, or a reply that asks for one, with a button for each that may be meant.

        Without a word these are all users but the owners, the last seen first. A button sends the command with the
        handle and what is `behind` it, if that is short enough.
        """
        if not words:
            people = [row.first.person for row in summed(self.admin.list()) if not row.is_sum]
            recent = [person.id for person in people if not person.is_owner]
            return self._ask(self.texts("owner_whom", command=command.value), command, recent, behind)
        given = words[0]
        found = handles.matching(given, self.admin.ids())
        if not found:
            return Reply(self.texts("owner_unknown_handle", handle=given[:_ECHOED]))
        if len(found) == 1:
            return found[0]
        if len(set(map(handle_of, found))) == 1:
            return Reply(self.texts("owner_shared_handle", handle=handle_of(found[0]), stage=self.stage))
        return self._ask(self.texts("owner_several_handles", handle=given), command, found, behind)

    def _ask(self, text: str, command: OwnerCommand, ids: Sequence[PersonId], behind: str) -> Reply:
        shown = list(dict.fromkeys(map(handle_of, ids)))[:MOST_BUTTONS]
        whole = {each: f"{command.value} {each} {behind}".strip() for each in shown}
        return Reply(text, choices=tuple(Choice(each, _sent(whole[each], command, each)) for each in shown))


def _sent(whole: str, command: OwnerCommand, handle: str) -> str:
    """Return what a button sends. Without the rest, the command says how to go on."""
    return whole if len(whole) <= _LONGEST else f"{command.value} {handle}"
