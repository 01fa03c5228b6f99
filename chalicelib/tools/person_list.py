"""The tools with which the model keeps lists for a person, such as wishes: the person's own, across days."""

from collections.abc import Callable
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from chalicelib.conversation.person_list import (
    LONGEST_ITEM,
    LONGEST_NAME,
    MAX_ITEMS,
    MAX_LISTS,
    ListFull,
    NotOnList,
    PersonList,
)
from chalicelib.conversation.tool_ports import Caller, PersonLists
from chalicelib.tools.tool import ToolFailed, tool

_ATTEMPTS: Final = 5
_Text = StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ITEM)
Item = Annotated[str, _Text, Field(description="One thing, in the person's words")]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME),
    Field(description='The list\'s name, always the same for the same list, such as "wishes"'),
]


@tool(writes=True, repeatable=True)
def add_to_list(item: Item, name: Name = "wishes", *, caller: Caller, lists: PersonLists) -> str:
    """Put one thing on a list that the person keeps with you. It stays there for other days and conversations."""

    def add(found: PersonList) -> PersonList:
        if not found.version and len(lists.all(caller.person, now=caller.now)) >= MAX_LISTS:
            raise ToolFailed(f"The person has {MAX_LISTS} lists already, and may have no more.")
        try:
            return found.with_item(item, key=caller.key)
        except ListFull:
            raise ToolFailed(f"The list is full: it has {MAX_ITEMS} items.") from None

    return _change(caller, lists, name, add)


@tool(writes=True, repeatable=True)
def remove_from_list(item: Item, name: Name = "wishes", *, caller: Caller, lists: PersonLists) -> str:
    """Take one thing off a list that the person keeps with you. Write it as it is on the list."""

    def remove(found: PersonList) -> PersonList:
        try:
            return found.without_item(item, key=caller.key)
        except NotOnList:
            raise ToolFailed(f"It is not on the list. {described(found)}") from None

    return _change(caller, lists, name, remove)


@tool
def show_list(name: Name = "wishes", *, caller: Caller, lists: PersonLists) -> str:
    """Read a list that the person keeps with you."""
    check_alone(caller)
    found = lists.get(caller.person, name, now=caller.now)
    others = [each.name for each in lists.all(caller.person, now=caller.now) if each.items and each.name != found.name]
    more = f"\nOther lists of the person: {', '.join(others)}" if others else ""
    return described(found) + more


def described(found: PersonList) -> str:
    """Return the list as text for the model."""
    if not found.items:
        return f'The list "{found.name}" is empty.'
    items = "\n".join(f"{number}. {item}" for number, item in enumerate(found.items, 1))
    return f'The list "{found.name}":\n{items}'


def check_alone(caller: Caller) -> None:
    """Raise ToolFailed where others read the answer: a list is for its person alone."""
    if caller.is_room:
        raise ToolFailed("Lists are not available in a room, where others read along.")


def _change(caller: Caller, lists: PersonLists, name: str, change: Callable[[PersonList], PersonList]) -> str:
    """Change a list, and again if it was changed meanwhile. The change is made once for the caller's key."""
    check_alone(caller)
    for _ in range(_ATTEMPTS):
        found = lists.get(caller.person, name, now=caller.now)
        changed = change(found)
        if changed == found or lists.put(caller.person, changed, asked_at=caller.asked_at, now=caller.now):
            return described(changed)
    raise ToolFailed("The list is being changed elsewhere. Nothing was done.")
