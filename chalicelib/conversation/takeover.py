"""A human answers a user in place of the bot: for how long, and the turns with the human's words. Pure.

No user has written such a turn: it has no text, and is stored with its reply. A queued one waits for a worker, which
passes the reply on. A closed one was written elsewhere, in the page's inbox, and has arrived from there.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.turn import Lease, Reply, Turn, TurnState, message_digest
from chalicelib.ids import ConversationId, PersonId, TurnId

SILENT_MS: Final = 60 * 60 * 1000
"""How long the bot sends no answers once a human has written, from the human's own words; each message renews it.

A constant and no setting: a user who waits an hour for the human's next message is better served by the bot, and an
owner who wants another end says so, with `/pause` or `/resume`.
"""
_BACK_MS: Final = 24 * 60 * 60 * 1000
HUMAN: Final = "human"
"""The code of a reply with the words of a human."""
HUMAN_READS: Final = "human_reads"
"""The code, and the text key, of the notice that a message was passed on to a human."""
HUMAN_HERE: Final = "human_here"
"""The code, and the text key, of the notice that a human writes from now on."""

IN_SILENCE: Final = frozenset(
    {
        Command.FORGET,
        Command.FORGET_CONFIRMED,
        Command.FORGET_CANCELLED,
        Command.FORGET_FACT,
        Command.MEMORY_OFF,
        Command.PRIVACY,
        Command.EXPORT,
        Command.HUMAN,
        Command.INVITE,
        Command.OWNER,
    }
)
"""The commands that are carried out all the same.

They are about what is stored of a user, the call for a human, and codes: an owner sends the link of an invite by hand,
which silences the bot, and may try the page's inbox before they pair.
"""


def words(conversation: ConversationId, person: PersonId, text: str, *, at: int, source: str, state: TurnState) -> Turn:
    """Return the turn with what a human wrote at `at`. `source` names their message, so that it is stored once."""
    id_ = TurnId(f"{at:013d}#{message_digest(f'human {source}')}")
    return Turn(id_, conversation, person, at, state, "", reply=Reply(text, code=HUMAN))


def beginning(first: Turn) -> Turn:
    """Return the turn with the notice that a human writes from now on; `first` has their first words."""
    id_ = TurnId(f"{first.at:013d}#{message_digest(f'{HUMAN_HERE} {first.id}')}")
    return replace(first, id=id_, state=TurnState.QUEUED, reply=Reply("", code=HUMAN_HERE), place=1)


def is_of_human(turn: Turn) -> bool:
    """Whether the turn has the words of a human in place of an answer."""
    return turn.reply is not None and turn.reply.code == HUMAN


def waits_to_be_passed_on(turn: Turn) -> bool:
    """Whether the turn was stored with its reply, and a worker has still to record it as the user gets it."""
    return turn.state is TurnState.QUEUED and turn.reply is not None


def ends_silence(turn: Turn, lease: Lease, before: Sequence[Turn]) -> bool:
    """Whether the answer to the turn is the bot's first one since it was silent, within a day after that.

    `before` are the last closed turns.
    """
    since_silence = turn.asked_at - lease.paused_until
    is_later = any(each.charged_day and each.asked_at >= lease.paused_until for each in before)
    return lease.paused_until > 0 and 0 <= since_silence < _BACK_MS and not is_later


def with_questions(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return the closed turns; those of a human with what the user had written to them since the answer before.

    The bot has not answered that, so it is in no other exchange. Both are oldest first.
    """
    found, unanswered = list[Turn](), list[Turn]()
    for turn in turns:
        if is_of_human(turn):
            found.append(replace(turn, before=tuple(unanswered)))
            unanswered.clear()
            continue
        found.append(turn)
        is_to_human = turn.state is TurnState.DROPPED or (turn.reply and turn.reply.code == HUMAN_READS)
        if is_to_human and turn.text and parse(turn.text) is None:
            unanswered.append(turn)
        elif turn.charged_day:
            unanswered.clear()
    return tuple(found)
