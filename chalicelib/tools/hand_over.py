"""The tool that sends a person's list to the owner by e-mail: once, and not in the turn in which it is first asked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access import quota
from chalicelib.clock import day_text, local_date
from chalicelib.content.text import Texts
from chalicelib.conversation.person_list import PersonList
from chalicelib.conversation.tool_ports import Caller, PersonLists
from chalicelib.errors import NotifyError
from chalicelib.ids import PersonId
from chalicelib.operations.ports import Notifier, SentAlerts
from chalicelib.tools.person_list import Name, check_alone, described
from chalicelib.tools.tool import ToolFailed, tool

MOST_PEOPLE_A_DAY: Final = 50
"""Of whose lists the owner gets mails on one day."""
_ASK_FIRST: Final = (
    "It is NOT sent yet. Read the list to the person and ask whether to send exactly this to the owner. Call the tool "
    "again only after the person has said yes in their next message."
)
_JOINERS: Final = "\u200c\u200d"
"""Unprintable characters that belong to words and emoji."""
_CHANGED: Final = "The list is being changed elsewhere. Nothing was sent."


@dataclass(frozen=True)
class Owner:
    """Sends lists to the owner."""

    notifier: Callable[[], Notifier]
    sent: SentAlerts
    texts: Callable[[], Texts]
    pseudonym: Callable[[PersonId], str]
    """Hashes a person's id for the count of a day."""
    stage: str

    def has_had_enough(self, caller: Caller) -> bool:
        """Whether the owner gets no more mails today. Raises StoreError."""
        day = quota.day_of(caller.now, now=caller.now, zone=caller.zone)
        people = self.sent.people_today("lists", self.pseudonym(caller.person), day=day, most=MOST_PEOPLE_A_DAY)
        return people >= MOST_PEOPLE_A_DAY

    def send(self, caller: Caller, found: PersonList) -> None:
        """Send the list. Raises NotifyError."""
        texts, items = self.texts(), "\n".join(f"- {_in_one_line(item)}" for item in found.items)
        values = {"person": caller.person, "name": _in_one_line(found.name), "items": items, "stage": self.stage}
        self.notifier().send(texts("owner_list_subject"), texts("owner_list", **values))


@tool(writes=True)
def hand_over(name: Name = "wishes", *, caller: Caller, lists: PersonLists, owner: Owner) -> str:
    """Send a list of the person to the owner of this bot, for example a wish list to Santa's helpers.

    The first call only prepares it: the person must then say yes, and the second call sends it.
    """
    check_alone(caller)
    found = lists.get(caller.person, name, now=caller.now)
    if not found.items:
        raise ToolFailed(described(found))
    if found.handed_over_at:
        day = day_text(local_date(found.handed_over_at, caller.zone))
        return f"It was sent on {day} already, and has not changed since. It is not sent again."
    if found.offered_in in ("", caller.turn):
        _store(caller, lists, replace(found, offered_in=caller.turn))
        return f"{_ASK_FIRST}\n{described(found)}"
    if owner.has_had_enough(caller):
        raise ToolFailed("The owner has had too many lists today. Nothing was sent; it works again tomorrow.")
    claimed = _store(caller, lists, replace(found, handed_over_at=caller.now))
    try:
        owner.send(caller, found)
    except NotifyError:
        _store(caller, lists, replace(claimed, handed_over_at=0))
        raise ToolFailed("It could not be sent. Nothing was sent.") from None
    return "It is sent to the owner."


def _store(caller: Caller, lists: PersonLists, changed: PersonList) -> PersonList:
    """Store the list before anything is sent, and return it as it is then. Raises ToolFailed if another was faster."""
    if not lists.put(caller.person, changed, asked_at=caller.asked_at, now=caller.now):
        raise ToolFailed(_CHANGED)
    return replace(changed, version=changed.version + 1)


def _in_one_line(text: str) -> str:
    """Return a person's words so that none of them can look like the bot's own line in the mail."""
    return " ".join("".join(letter if letter.isprintable() or letter in _JOINERS else " " for letter in text).split())
