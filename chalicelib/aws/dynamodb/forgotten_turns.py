"""Deletes a person's turns in a conversation, also those that a worker answers: it loses its lease."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access import identity, retention
from chalicelib.access.own_conversations import has_title
from chalicelib.aws.dynamodb import items, keys, summaries, summary_items
from chalicelib.aws.dynamodb.conditions import EXISTS, in_state, of_rounds
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, delete, put, update
from chalicelib.conversation.inbox_steps import Forgotten
from chalicelib.conversation.turn import Turn, TurnState
from chalicelib.ids import ConversationId, PersonId


@dataclass(frozen=True)
class ForgottenTurns:
    """One conversation of a person who wants everything deleted, as `Transcript.forget` promises."""

    table: Table
    conversation: ConversationId
    person: PersonId
    asked_at: int
    here: bool
    now: int

    def run(self) -> Forgotten:
        """Delete the turns first, and then what was made of them."""
        ended, has_later = [], False
        for turn in list(self._stored()):
            left = self._forget(turn)
            if left and not left.is_open:
                ended.append(left)
            has_later = has_later or bool(left and left.is_open and left.asked_at > self.asked_at)
        self._forget_words(has_later=has_later)
        return Forgotten(tuple(ended), has_later=has_later)

    def _stored(self) -> Iterator[Turn]:
        for page in self.table.pages(keys.turns_of(self.conversation), size=items.TURNS_A_PAGE):
            turns = (items.turn(item) for item in page if not item.get("erased"))
            yield from (turn for turn in turns if turn.person == self.person)

    def _forget(self, found: Turn) -> Turn | None:
        """Return the turn if it stays open, or as dropped if it was open until now; None if it was closed before."""
        turn: Turn | None = found
        while turn:
            if not turn.is_open:
                self._erase_closed(turn)
                return None
            if self.here or (turn.state is TurnState.QUEUED and turn.asked_at > self.asked_at):
                return turn
            try:
                self._end(turn)
            except TransactionRefused:
                item = self.table.get(keys.turn_key(turn.conversation, turn.id))
                turn = items.turn(item) if item and not item.get("erased") else None
            else:
                return replace(turn, state=TurnState.DROPPED, reply=None)
        return None

    def _erase_closed(self, turn: Turn) -> None:
        for key in self._rounds(turn):
            self.table.write(delete(key))
        self.table.write(erasure(turn, now=self.now))

    def _end(self, turn: Turn) -> None:
        """Delete an open turn that is as it was read. Its worker, if it has one, can then write nothing more."""
        is_begun = turn.state is not TurnState.QUEUED or not identity.is_room(self.conversation)
        freed = ["lease_owner", "lease_until"] if is_begun else []
        fewer = Update(add={"open_turns": -1}, remove=freed)
        rounds = {f"round{number}": delete(key) for number, key in enumerate(self._rounds(turn))}
        unchanged = in_state(turn.state) & of_rounds(turn.rounds)
        self.table.transact(
            turn=erasure(turn, now=self.now, when=unchanged),
            conversation=update(keys.conversation_key(self.conversation), fewer, when=EXISTS),
            **rounds,
        )

    def _rounds(self, turn: Turn) -> Iterator[keys.Key]:
        return (keys.round_key(turn.conversation, turn.id, number) for number in range(turn.rounds))

    def _forget_words(self, *, has_later: bool) -> None:
        """Delete title and summary, also one that is just being made; a conversation at rest expires with its marks."""
        is_own = has_title(self.conversation, self.person)
        gone = [*summary_items.ATTRIBUTES, *(["title"] if is_own else [])]
        gone += ["used_at"] if is_own and not has_later else []
        is_over = is_own and not (has_later or self.here)
        kept = {"expires_at": self.now // 1000 + retention.TURN_KEPT_S} if is_over else {}
        change = Update(set=kept, remove=gone, add=summaries.CHANGED_WORDS)
        with suppress(ConditionFailed):
            self.table.write(update(keys.conversation_key(self.conversation), change, when=EXISTS))


def erasure(turn: Turn, *, now: int, when: ConditionBase | None = None) -> Write:
    """Delete the turn; while Meta may repeat the message, keep a mark by which the repetition is recognised."""
    if now - turn.at < retention.REPEATED_MS:
        return put(items.erased_item(turn, now=now), when=when)
    return delete(keys.turn_key(turn.conversation, turn.id), when=when)
