"""The prompt of a turn: persona, as much of the past as fits, and the question."""

from typing import Final

from chalicelib.access import identity
from chalicelib.access.budget import Usage
from chalicelib.content.token_estimate import most_tokens, tokens
from chalicelib.conversation import fence, plan
from chalicelib.conversation.history import after_own_resets, recent, standing
from chalicelib.conversation.notes import notes_for
from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.speaker import marked, speaker_of
from chalicelib.conversation.tool_texts import tool_texts
from chalicelib.conversation.turn import STOPPED, Turn
from chalicelib.conversation.turn_context import TurnContext

OPENING_TOKENS: Final = 400
"""The longest opening by the model, for a few tokens of thought and two sentences."""
_OPEN: Final = (
    "[The person has just arrived and has written nothing yet. Open the conversation yourself: greet them as yourself, "
    "in one or two short sentences, in the language {language}. Do not mention this note.]"
)
UNSEEN_TOKENS: Final = 256
"""The most that a server has written, but its client not received, when the connection is closed.

A fast model needs about a second for so many.
"""


def build(context: TurnContext, *, person_hash: str) -> Prompt:
    """Return the prompt that asks the model to answer the turn, or to open the conversation."""
    if context.turn.opens:
        return _to_open(context, person_hash=person_hash)
    turn, persona = context.turn, context.persona
    question, in_room = question_of(turn), identity.is_room(turn.conversation)
    speaker, notes = speaker_of(turn), notes_for(context)
    taken = tokens(marked(question, speaker)) + (tokens(notes) if notes else 0)
    return Prompt(
        instructions=_instructions(context),
        history=recent(
            standing(after_own_resets(context.memory) if in_room else context.memory, replaces=turn.replaces),
            since=context.lease.history_from,
            budget=context.memory_tokens - taken,
        ),
        notes=notes,
        question=question,
        speaker=speaker,
        max_output_tokens=persona.max_output_tokens,
        person_hash=person_hash,
        temperature=persona.temperature,
        tools=context.tools,
        rounds=context.rounds,
        may_call=plan.may_call_tools(context.rounds, is_time=context.time.is_enough_for_a_turn()),
        model=context.model,
    )


def _to_open(context: TurnContext, *, person_hash: str) -> Prompt:
    persona = context.persona
    return Prompt(
        instructions=persona.system_prompt(opening_shown=False),
        history=(),
        question=_OPEN.format(language=persona.language),
        max_output_tokens=min(persona.max_output_tokens, OPENING_TOKENS),
        person_hash=person_hash,
        temperature=persona.temperature,
        model=context.model,
    )


def most_usage(context: TurnContext) -> Usage:
    """Return an upper bound of the tokens that one call for the turn can use.

    A call of which nothing becomes known is counted with it, so it is as low as the prompt allows.
    """
    return at_most(build(context, person_hash=""), written=None)


def at_most(prompt: Prompt, *, written: int | None) -> Usage:
    """Return an upper bound of what answering the prompt has used.

    `written` are the UTF-8 bytes of the words received of an answer that the bot has stopped, None for one that may
    have been written to its end. A token has at least one byte; UNSEEN_TOKENS may have been written and not received.
    """
    said = [part for exchange in prompt.history for part in (exchange.said, exchange.answer)]
    more = [fence.noted(prompt.notes)] if prompt.notes else []
    texts = (prompt.instructions, *more, *said, prompt.said, *tool_texts(prompt))
    asked = sum(most_tokens(text) for text in texts)
    most = prompt.max_output_tokens
    return Usage(input=asked, output=most if written is None else min(most, written + UNSEEN_TOKENS))


def _instructions(context: TurnContext) -> str:
    opening_shown = identity.traits_of(context.turn.person).shows_opening
    in_room = identity.is_room(context.turn.conversation)
    own_opening = "".join(_own_opening(turn, since=context.lease.history_from) for turn in context.memory)
    rules = context.persona.system_prompt(opening_shown=opening_shown, in_room=in_room, own_opening=own_opening)
    return f"{rules}\n{fence.RULE}" if context.tools else rules


def _own_opening(turn: Turn, *, since: int) -> str:
    """Return the words with which the model opened the conversation in this turn; empty if it did not."""
    is_words = turn.opens and turn.reply is not None and turn.reply.code in ("", STOPPED) and turn.at >= since
    return turn.reply.text if turn.reply and is_words else ""


def question_of(turn: Turn) -> str:
    """Return the user's text. Attachments, which the model does not see, are listed in brackets as part of it."""
    attachments = [kind for each in (*turn.before, turn) for kind in each.attachments]
    if not attachments:
        return turn.question
    return f"{turn.question}\n[attached, but not visible to you: {', '.join(attachments)}]"
