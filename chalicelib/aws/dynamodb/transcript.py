"""The transcript over DynamoDB: a conversation's turns, read and erased."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from boto3.dynamodb.conditions import ConditionBase, Key

from chalicelib.access import retention
from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import NOT_ERASED, NOT_EXISTS, nobody_works, nothing_arrived, older_edit
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.table import ConditionFailed, Table, Update, delete, put, update
from chalicelib.conversation.turn import Turn, message_digest
from chalicelib.errors import ConversationBusy
from chalicelib.ids import ConversationId, PersonId, TurnId

_PAGE: Final = 30


def turn_key_of(turn: Turn) -> keys.Key:
    """A turn's item."""
    return keys.turn_key(turn.conversation, turn.id)


def turn_pages(table: Table, conversation: ConversationId, *, newest_first: bool = False) -> Iterator[list[Item]]:
    """The items of all turns, page by page."""
    partition = keys.conversation_key(conversation)["pk"]
    turns = Key("pk").eq(partition) & Key("sk").begins_with(keys.TURN_PREFIX)
    return table.pages(turns, newest_first=newest_first, size=_PAGE)


_NO_MORE_EDITS: Final = 10**6


@dataclass(frozen=True)
class DynamoTranscript:
    """`ports.Transcript` over one table."""

    table: Table

    def turns(self, conversation: ConversationId, *, now: int) -> Iterator[Turn]:
        for page in turn_pages(self.table, conversation):
            yield from (items.turn(item) for item in page if items.is_there(item, now=now))

    def latest(self, conversation: ConversationId, *, count: int, now: int) -> Sequence[Turn]:
        newest_first = (
            items.turn(item)
            for page in turn_pages(self.table, conversation, newest_first=True)
            for item in page
            if items.is_there(item, now=now)
        )
        return tuple(reversed(tuple(islice(newest_first, count))))

    def find(self, conversation: ConversationId, turn: TurnId, *, now: int) -> Turn | None:
        item = self.table.get(keys.turn_key(conversation, turn))
        return items.turn(item) if item and items.is_there(item, now=now) else None

    def erase_closed(self, conversation: ConversationId, person: PersonId, *, now: int) -> None:
        for turn in list(self.turns(conversation, now=now)):
            if not turn.is_open and turn.person == person:
                self._erase(turn, now=now)

    def erase(self, conversation: ConversationId, *, now: int) -> None:
        key = keys.conversation_key(conversation)
        before = items.lease(self.table.get(key) or key, owner="", fence=0)
        known = list(self.turns(conversation, now=now))
        try:
            self.table.write(delete(key, when=NOT_EXISTS | (nobody_works(now) & nothing_arrived(before))))
        except ConditionFailed as exc:
            raise ConversationBusy("a message of this person is being answered; try again in a minute") from exc
        for turn in known:
            self._erase(turn, now=now)

    def erase_text(self, conversation: ConversationId, message_id: str) -> bool:
        found = self._find(conversation, message_id)
        if found is None:
            return False
        words = ["attachments", *([] if found.is_open else ["answer", "footer"])]
        return self._touch(found, Update(put={"text": "", "edit": _NO_MORE_EDITS}, remove=words))

    def replace_text(self, conversation: ConversationId, message_id: str, text: str, *, edit: int) -> bool:
        found = self._find(conversation, message_id)
        if found is None or found.overflow:
            return False
        return self._touch(found, Update(put={"text": text, "edit": edit}), when=older_edit(edit))

    def _erase(self, turn: Turn, *, now: int) -> None:
        """Nothing stays but a mark, while Meta may repeat the message, by which it is known again."""
        if now - turn.at < retention.REPEATED_MS:
            self.table.write(put(items.erased_item(turn, now=now)))
        else:
            self.table.write(delete(turn_key_of(turn)))

    def _find(self, conversation: ConversationId, message_id: str) -> Turn | None:
        wanted = message_digest(message_id)
        for page in turn_pages(self.table, conversation, newest_first=True):
            for item in page:
                if item["sk"].endswith(wanted) and not item.get("erased"):
                    return items.turn(item)
        return None

    def _touch(self, turn: Turn, change: Update, *, when: ConditionBase = NOT_ERASED) -> bool:
        try:
            self.table.write(update(turn_key_of(turn), change, when=NOT_ERASED & when))
        except ConditionFailed:
            return False
        return True
