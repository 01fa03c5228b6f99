"""A conversation's words over DynamoDB: shown, changed and erased, apart from the life of its turns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.errors import PersonBusy
from chalicelib.messages import ConversationId, PersonId, Turn, TurnId
from chalicelib.store import schema, turns
from chalicelib.store.conditions import KEPT, NOT_THERE, nobody_works, nothing_arrived, older_edit
from chalicelib.store.table import Change, ConditionFailed, Table, delete, put, update

_NO_MORE_EDITS: Final = 10**6


@dataclass(frozen=True)
class DynamoTranscript:
    """`ports.Transcript` over one table."""

    table: Table

    def turns(self, conversation: ConversationId, *, now: int) -> Iterator[Turn]:
        for page in turns.pages(self.table, conversation):
            yield from (schema.turn(item) for item in page if schema.is_there(item, now=now))

    def latest(self, conversation: ConversationId, *, count: int, now: int) -> Sequence[Turn]:
        newest_first = (
            schema.turn(item)
            for page in turns.pages(self.table, conversation, newest_first=True)
            for item in page
            if schema.is_there(item, now=now)
        )
        return tuple(reversed(tuple(islice(newest_first, count))))

    def find(self, conversation: ConversationId, turn: TurnId, *, now: int) -> Turn | None:
        item = self.table.get(schema.turn_key(conversation, turn))
        return schema.turn(item) if item and schema.is_there(item, now=now) else None

    def erase_closed(self, conversation: ConversationId, person: PersonId, *, now: int) -> None:
        for turn in list(self.turns(conversation, now=now)):
            if not turn.is_open and turn.person == person:
                self._erase(turn, now=now)

    def erase(self, conversation: ConversationId, *, now: int) -> None:
        key = schema.conversation_key(conversation)
        before = schema.lease(self.table.get(key) or key, owner="", fence=0)
        known = list(self.turns(conversation, now=now))
        try:
            self.table.write(delete(key, when=NOT_THERE | (nobody_works(now) & nothing_arrived(before))))
        except ConditionFailed as exc:
            raise PersonBusy("a message of this person is being answered; try again in a minute") from exc
        for turn in known:
            self._erase(turn, now=now)

    def erase_text(self, conversation: ConversationId, message_id: str) -> bool:
        found = self._find(conversation, message_id)
        if found is None:
            return False
        words = ["attachments", *([] if found.is_open else ["answer", "footer"])]
        return self._touch(found, Change(put={"text": "", "edit": _NO_MORE_EDITS}, remove=words))

    def replace_text(self, conversation: ConversationId, message_id: str, text: str, *, edit: int) -> bool:
        found = self._find(conversation, message_id)
        if found is None or found.overflow:
            return False
        return self._touch(found, Change(put={"text": text, "edit": edit}), when=older_edit(edit))

    def _erase(self, turn: Turn, *, now: int) -> None:
        """Nothing stays but a mark, while Meta may repeat the message, by which it is known again."""
        if now - turn.at < schema.REPEATED_MS:
            self.table.write(put(schema.erased_item(turn, now=now)))
        else:
            self.table.write(delete(turns.key(turn)))

    def _find(self, conversation: ConversationId, message_id: str) -> Turn | None:
        wanted = schema.digest(message_id)
        for page in turns.pages(self.table, conversation, newest_first=True):
            for item in page:
                if item["sk"].endswith(wanted) and not item.get("erased"):
                    return schema.turn(item)
        return None

    def _touch(self, turn: Turn, change: Change, *, when: ConditionBase = KEPT) -> bool:
        try:
            self.table.write(update(turns.key(turn), change, when=KEPT & when))
        except ConditionFailed:
            return False
        return True
