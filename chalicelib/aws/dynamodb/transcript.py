"""The Transcript port over DynamoDB: reads and erases a conversation's turns."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.access import identity
from chalicelib.access.own_conversations import OwnConversation, has_title
from chalicelib.aws.dynamodb import items, keys, summaries, summary_items, taken_back
from chalicelib.aws.dynamodb.conditions import (
    EXISTS,
    HAS_TITLE,
    IS_CLOSED,
    NOT_BLOCKED,
    NOT_ERASED,
    NOT_EXISTS,
    lease_free,
    no_arrivals_since,
    no_later_edit,
    opened_as,
    other_feedback,
)
from chalicelib.aws.dynamodb.forgotten_turns import ForgottenTurns, erasure
from chalicelib.aws.dynamodb.index_keys import people_partition
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, delete, put, update
from chalicelib.conversation.inbox_steps import Forgotten
from chalicelib.conversation.order import in_order
from chalicelib.conversation.turn import Feedback, Summary, Turn, message_digest
from chalicelib.errors import ConversationBusy
from chalicelib.ids import ConversationId, PersonId, TurnId

_NO_MORE_EDITS: Final = 10**6
"""An edit number above any that Meta sends: after the user has taken a message back, late edits change nothing."""


@dataclass(frozen=True)
class DynamoTranscript:
    """`conversation.ports.Transcript` over one table."""

    table: Table

    def turns(self, conversation: ConversationId, *, now: int) -> Iterator[Turn]:
        found = (turn for page in self._pages(conversation) for turn in _there(page, now=now))
        return iter(in_order(found))

    def latest(self, conversation: ConversationId, *, count: int, now: int) -> Sequence[Turn]:
        newest = self._newest(keys.turns_of(conversation), count=count, now=now)
        return in_order(newest[: max(count, items.TURNS_A_PAGE)])[-count:]

    def up_to(self, conversation: ConversationId, turn: TurnId, *, count: int, now: int) -> Sequence[Turn]:
        return self._newest(keys.turns_up_to(conversation, turn), count=count, now=now)[:count][::-1]

    def find(self, conversation: ConversationId, turn: TurnId, *, now: int) -> Turn | None:
        item = self.table.get(keys.turn_key(conversation, turn))
        return items.turn(item) if item and items.is_there(item, now=now) else None

    def summary(self, conversation: ConversationId) -> Summary | None:
        return summary_items.summary(self.table.get(keys.conversation_key(conversation)) or {})

    def erase_closed(self, conversation: ConversationId, person: PersonId, *, now: int) -> None:
        for turn in self._not_erased(conversation):
            if not turn.is_open and turn.person == person:
                self._erase(turn, now=now)
        title = ["title", "used_at"] if has_title(conversation, person) else []
        with suppress(ConditionFailed):
            without = Update(remove=[*title, *summary_items.ATTRIBUTES], add=summaries.CHANGED_WORDS)
            self.table.write(update(keys.conversation_key(conversation), without, when=EXISTS))

    def forget(
        self, conversation: ConversationId, person: PersonId, *, asked_at: int, here: bool, now: int
    ) -> Forgotten:
        return ForgottenTurns(self.table, conversation, person, asked_at, here, now).run()

    def own(self, conversations: Collection[ConversationId], *, now: int) -> Sequence[OwnConversation]:
        wanted = [keys.conversation_key(each) for each in sorted(conversations)]
        found = [own for item in self.table.get_many(wanted) if (own := items.own(item, now=now))]
        return sorted(found, key=lambda each: (-each.used_at, each.id))

    def rename(self, conversation: ConversationId, title: str) -> bool:
        return self.table.write_if(
            update(keys.conversation_key(conversation), Update(set={"title": title}), when=HAS_TITLE)
        )

    def take_along(self, turns: Sequence[Turn], person: PersonId, *, now: int) -> None:
        for turn in turns:
            item = self.table.get(keys.turn_key(turn.conversation, turn.id))
            if item and items.is_there(item, now=now):
                self._move(item, person, now=now)
        for conversation in {turn.conversation for turn in turns}:
            summaries.drop(self.table, conversation)

    def erase(self, conversation: ConversationId, *, now: int) -> None:
        key = keys.conversation_key(conversation)
        before = items.lease(self.table.get(key) or key, owner="", fence=0)
        known = self._not_erased(conversation)
        unchanged = lease_free(now) & no_arrivals_since(before) & opened_as(before)
        gone = delete(key, when=NOT_EXISTS | unchanged)
        try:
            taken_back.transact(self.table, taken_back.place(before), conversation=gone)
        except TransactionRefused as exc:
            raise ConversationBusy("a message of this person is being answered; try again in a minute") from exc
        for turn in known:
            self._erase(turn, now=now)

    def erase_text(self, conversation: ConversationId, message_id: str) -> bool:
        found = self._find(conversation, message_id)
        if found is None:
            return False
        self._erase_rounds(found)
        if found.joined:
            self._erase_answer(found.conversation, found.joined)
        gone = ["attachments", *([] if found.is_open else ["answer", "footer"])]
        return self._change_words(found, Update(set={"text": "", "edit": _NO_MORE_EDITS}, remove=gone))

    def replace_text(self, conversation: ConversationId, message_id: str, text: str, *, edit: int) -> bool:
        found = self._find(conversation, message_id)
        if found is None or found.overflow:
            return False
        return self._change_words(found, Update(set={"text": text, "edit": edit}), when=no_later_edit(edit))

    def give_feedback(self, turn: Turn, feedback: Feedback) -> bool:
        return self._update(turn, Update(set={"feedback": feedback.value}), when=other_feedback(feedback))

    def _newest(self, condition: ConditionBase, *, count: int, now: int) -> list[Turn]:
        """Return at least `count` turns, if there are so many, those with the highest ids first: one page mostly."""
        found: list[Turn] = []
        for page in self.table.pages(condition, newest_first=True, size=max(count, items.TURNS_A_PAGE)):
            found += _there(page, now=now)
            if len(found) >= count:
                break
        return found

    def _not_erased(self, conversation: ConversationId) -> list[Turn]:
        """All turns with words, also expired ones: DynamoDB may delete those days later."""
        pages = self._pages(conversation)
        return [items.turn(item) for page in pages for item in page if not item.get("erased")]

    def _pages(self, conversation: ConversationId, *, newest_first: bool = False) -> Iterator[list[Item]]:
        return self.table.pages(keys.turns_of(conversation), newest_first=newest_first, size=items.TURNS_A_PAGE)

    def _move(self, item: Item, person: PersonId, *, now: int) -> None:
        """Move a closed turn; nothing is written if it was erased or moved meanwhile, or the person is blocked."""
        turn, there = items.turn(item), identity.conversation_of(person)
        moved = {**item, **keys.turn_key(there, turn.id), "person": person}
        seen = Update(
            set={"last_seen": now, "channel": people_partition(person)},
            set_if_absent={"first_seen": now, "quota": {}},
            remove=["expires_at"],
        )
        with suppress(TransactionRefused):
            self.table.transact(
                moved=put(moved, when=NOT_EXISTS),
                left=erasure(turn, now=now, when=IS_CLOSED),
                person=update(keys.person_key(person), seen, when=NOT_BLOCKED),
            )
            self._erase_rounds(turn)

    def _erase(self, turn: Turn, *, now: int) -> None:
        self._erase_rounds(turn)
        self.table.write(erasure(turn, now=now))

    def _erase_rounds(self, turn: Turn) -> None:
        for number in range(turn.rounds):
            self.table.write(delete(keys.round_key(turn.conversation, turn.id, number)))

    def _erase_answer(self, conversation: ConversationId, leader: TurnId) -> None:
        """Delete the answer that another turn gave to the message too, and what its tools returned."""
        item = self.table.get(keys.turn_key(conversation, leader))
        if item is None or item.get("erased"):
            return
        turn = items.turn(item)
        self._erase_rounds(turn)
        self._update(turn, Update(remove=["answer", "footer"]), when=IS_CLOSED)

    def _find(self, conversation: ConversationId, message_id: str) -> Turn | None:
        """The turn of a message. Its time is not known here, only its digest, so the newest turns are read first."""
        digest = message_digest(message_id)
        for page in self._pages(conversation, newest_first=True):
            for item in page:
                if item["sk"].endswith(digest) and not item.get("erased"):
                    return items.turn(item)
        return None

    def _change_words(self, turn: Turn, change: Update, *, when: ConditionBase = NOT_ERASED) -> bool:
        """As `_update`, and delete the summary of the conversation if the turn is in it."""
        key = keys.turn_key(turn.conversation, turn.id)
        write = update(key, change, when=NOT_ERASED & when)
        try:
            summaries.change_words(self.table, turn.conversation, write, asked_at=turn.asked_at)
        except TransactionRefused:
            return False
        return True

    def _update(self, turn: Turn, change: Update, *, when: ConditionBase = NOT_ERASED) -> bool:
        """Change a turn that was not erased meanwhile; False when it was, or when the condition fails."""
        return self.table.write_if(update(keys.turn_key(turn.conversation, turn.id), change, when=NOT_ERASED & when))


def _there(page: Sequence[Item], *, now: int) -> list[Turn]:
    return [items.turn(item) for item in page if items.is_there(item, now=now)]
