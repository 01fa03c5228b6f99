"""The notes that the model gets in front of the history: the summary of what was said before. Pure."""

from chalicelib.content.token_estimate import tokens
from chalicelib.conversation.summary import current, day_of
from chalicelib.conversation.turn import Summary
from chalicelib.conversation.turn_context import TurnContext


def notes_for(context: TurnContext) -> str:
    """Return the notes for a turn, of at most half of the memory's tokens; empty for none."""
    summary = current(context.lease, (*context.memory, context.turn))
    return cut(summary_note(summary), most=context.memory_tokens // 2) if summary else ""


def summary_note(summary: Summary) -> str:
    """Return a summary as the model gets it."""
    return f"What was said before, summarised on {day_of(summary.at)}: {summary.text}"


def cut(text: str, *, most: int) -> str:
    """Return as much of the beginning of a text as `most` estimated tokens allow."""
    while (size := tokens(text)) > most:
        text = text[: min(len(text) - 1, len(text) * most // size)]
    return text
