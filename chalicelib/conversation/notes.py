"""The notes that the model gets in front of the history: what the person asked it to remember, and the summary. Pure.

In a room others read the answers, so no person's facts are in its notes.
"""

from typing import Final

from chalicelib.access import identity
from chalicelib.access.person import Fact, Person
from chalicelib.content.token_estimate import tokens
from chalicelib.conversation.summary import current, utc_day
from chalicelib.conversation.turn import Lease, Summary, Turn
from chalicelib.conversation.turn_context import TurnContext

FACTS_TOKENS: Final = 800
"""Estimated tokens of the facts, unless the memory is small."""
_FACTS: Final = "What the person asked you to remember, with its number and day:"


def notes_for(context: TurnContext) -> str:
    """Return the notes for a turn, of at most half of the memory's tokens; empty for none."""
    summary = summary_for(context.lease, (*context.memory, context.turn), context.person)
    facts = facts_note(context.turn, context.person, memory_tokens=context.memory_tokens)
    left = context.memory_tokens // 2 - (tokens(facts) if facts else 0)
    return "\n\n".join(part for part in (facts, cut(summary_note(summary), most=left) if summary else "") if part)


def summary_for(lease: Lease, turns: tuple[Turn, ...], person: Person) -> Summary | None:
    """Return the summary that the model gets; None also if the person, who is alone with the bot, wants none."""
    is_off = person.memory_off and not identity.is_room(lease.conversation)
    return None if is_off else current(lease, turns)


def facts_note(turn: Turn, person: Person, *, memory_tokens: int) -> str:
    """Return the facts as the model gets them: the latest if they are too many; empty for none, and in a room."""
    if person.memory_off or identity.is_room(turn.conversation):
        return ""
    left, lines = min(FACTS_TOKENS, memory_tokens // 4) - tokens(_FACTS), list[str]()
    for fact in reversed(person.facts):
        line = _line(fact)
        left -= tokens(line)
        if left < 0:
            break
        lines.insert(0, line)
    return "\n".join((_FACTS, *lines)) if lines else ""


def summary_note(summary: Summary) -> str:
    """Return a summary as the model gets it."""
    return f"What was said before, summarised on {utc_day(summary.at)}: {summary.text}"


def cut(text: str, *, most: int) -> str:
    """Return as much of the beginning of a text as `most` estimated tokens allow."""
    while text and (size := tokens(text)) > most:
        text = text[: max(0, min(len(text) - 1, len(text) * most // size))]
    return text


def _line(fact: Fact) -> str:
    return f"{fact.number}. ({utc_day(fact.at)}) {fact.text}"
