"""The tools with which the model remembers what a person asks it to, and forgets it again."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from chalicelib.access.facts import LONGEST_FACT, MOST_FACTS, Facts, Kept
from chalicelib.conversation.tool_ports import Caller
from chalicelib.tools.tool import ToolFailed, tool

_NOT_KEPT: Final = {
    Kept.KNOWN: "You remember this already, as number {number}.",
    Kept.FULL: f"You remember {MOST_FACTS} things already, the most. The oldest is number {{number}}: {{text}}. "
    "Ask the person what to forget.",
    Kept.OFF: "The person has switched this off. They can send /memory on.",
    Kept.NOT_AGREED: "It is NOT remembered: the person has still to agree. Ask them to send /memory on, and call the "
    "tool again once they say that they have.",
    Kept.FORGOTTEN: "The person has had everything deleted since.",
    Kept.TOO_LONG: f"That is longer than {LONGEST_FACT} characters. Shorten it.",
}


@tool(writes=True, repeatable=True)
def remember(
    fact: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_FACT),
        Field(description="What to remember, in the person's language, understandable without the conversation"),
    ],
    *,
    caller: Caller,
    facts: Facts,
) -> str:
    """Remember something for later days and conversations, only if the person has just asked you to remember it."""
    _check_alone(caller)
    found = facts.remember(caller.person, fact, source=caller.key, asked_at=caller.asked_at, now=caller.now)
    number, text = (found.fact.number, found.fact.text) if found.fact else (0, "")
    if found.kept is Kept.KEPT:
        return f"Remembered as number {number}: {text}"
    raise ToolFailed(_NOT_KEPT[found.kept].format(number=number, text=text))


@tool(writes=True, repeatable=True)
def forget(
    number: Annotated[int, Field(ge=1, description="Its number in your notes")], *, caller: Caller, facts: Facts
) -> str:
    """Forget one thing that the person asked you to remember, only if the person has just asked you to forget it."""
    _check_alone(caller)
    if not facts.forget(caller.person, number, source=caller.key):
        raise ToolFailed(f"There is no number {number}. The person can send /memory to see what you remember.")
    return f"Number {number} is forgotten."


def _check_alone(caller: Caller) -> None:
    """Raise ToolFailed where others read the answer: what is remembered is for its person alone."""
    if caller.is_room:
        raise ToolFailed("You cannot remember or forget in a room, where others read along.")
