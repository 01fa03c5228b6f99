"""The port Takeovers over DynamoDB: attributes of a conversation's item, and turns that are stored with their reply."""

from contextlib import suppress
from dataclasses import dataclass

from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.aws.dynamodb import items, keys
from chalicelib.aws.dynamodb.conditions import NOT_EXISTS, not_forgotten_since
from chalicelib.aws.dynamodb.index_keys import due_bucket
from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.silence import HAS_ARRIVALS, is_silent, not_silent, paused_until_before
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, Write, check, put, update
from chalicelib.conversation.takeover import beginning
from chalicelib.conversation.turn import Turn
from chalicelib.ids import ConversationId


@dataclass(frozen=True)
class DynamoTakeovers:
    """`conversation.takeover_ports.Takeovers` over one table."""

    table: Table
    kept_s: int = TURN_KEPT_S
    """For how many seconds closed turns are stored."""

    def hear(self, words: Turn, *, until: int, now: int) -> bool:
        silence = _silent(until, since=words.at)
        when = HAS_ARRIVALS & not_silent(now, since=words.at)
        begins = update(_key(words), _opened(words.conversation, silence, now=now), when=when)
        notice, person = self._put(beginning(words)), _not_forgotten(words)
        try:
            self.table.transact(words=self._put(words), notice=notice, conversation=begins, person=person)
        except TransactionRefused as exc:
            if "words" not in exc.failed and "notice" not in exc.failed:
                before = exc.failed.get("conversation", {"arrivals": 1}) or {}
                self._hear_more(words, until=until, is_met=int(before.get("arrivals", 0)) > 0)
            return False
        return True

    def pass_on(self, words: Turn, *, until: int, now: int) -> bool:
        for silence in (_silent(until, since=words.at), Update()):
            longer = paused_until_before(until, since=None) if silence.set else None
            when = HAS_ARRIVALS & longer if longer else HAS_ARRIVALS
            opens = update(_key(words), _opened(words.conversation, silence, now=now), when=when)
            try:
                self.table.transact(words=self._put(words), conversation=opens)
            except TransactionRefused as exc:
                if "words" in exc.failed:
                    return False
            else:
                return True
        return False

    def silent_until(self, conversation: ConversationId) -> int:
        return int((self.table.get(keys.conversation_key(conversation)) or {}).get("paused_until", 0))

    def resume(self, conversation: ConversationId, *, now: int) -> bool:
        ended = Update(set={"paused_until": now, "resumed_at": now})
        return self.table.write_if(update(keys.conversation_key(conversation), ended, when=is_silent(now)))

    def _hear_more(self, words: Turn, *, until: int, is_met: bool) -> None:
        """Store the words of a human who has begun before; only a silence if the bot has not met the user.

        Both writes may be repeated, so they need no transaction of their own.
        """
        if is_met:
            with suppress(TransactionRefused):
                self.table.transact(words=self._put(words), person=_not_forgotten(words))
        # The silence of a person whom the bot has not met outlives all turns; `accept` takes the time away.
        kept = {} if is_met else {"expires_at": until // 1000 + TURN_KEPT_S}
        silence = _silent(until, since=words.at)
        silenced = Update(set={**silence.set, **kept}, set_if_absent={"arrivals": 0})
        self.table.write_if(update(_key(words), silenced, when=paused_until_before(until, since=words.at)))

    def _put(self, brought: Turn) -> Write:
        return put(_item(brought, kept_s=self.kept_s), when=NOT_EXISTS)


def _key(turn: Turn) -> keys.Key:
    return keys.conversation_key(turn.conversation)


def _not_forgotten(turn: Turn) -> Write:
    """The check that the user has not had everything deleted since the turn: Meta may tell of it later."""
    return check(keys.person_key(turn.person), when=not_forgotten_since(turn.at))


def _silent(until: int, *, since: int) -> Update:
    return Update(set={"paused_until": until, "silent_since": since})


def _opened(conversation: ConversationId, silence: Update, *, now: int) -> Update:
    """The update by which one more turn waits in the conversation, at rest or not; no user opened it."""
    due = {"due_bucket": due_bucket(conversation), "due_at": now}
    return Update(set=silence.set, set_if_absent=due, add={"arrivals": 1, "open_turns": 1}, remove=["expires_at"])


def _item(brought: Turn, *, kept_s: int) -> Item:
    """The item of a turn that is stored with its reply."""
    answered = items.answered_values(brought.reply) if brought.reply else {}
    return {
        **keys.turn_key(brought.conversation, brought.id),
        **answered,
        "state": brought.state.value,
        "deliveries": 0,
        "person": brought.person,
        "at": brought.at,
        "text": "",
        "place": brought.place,
        "expires_at": brought.at // 1000 + kept_s,
    }
