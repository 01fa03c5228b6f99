"""The port Takeovers in memory."""

from dataclasses import dataclass, field

from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.conversation.takeover import beginning
from chalicelib.conversation.turn import Turn
from chalicelib.ids import ConversationId
from tests.fakes.memory import Conversation, KeptTurn, Memory, atomic


@dataclass(frozen=True)
class FakeTakeovers:
    """`conversation.takeover_ports.Takeovers`."""

    memory: Memory = field(default_factory=Memory)
    kept_s: int = TURN_KEPT_S

    @atomic
    def hear(self, words: Turn, *, until: int, now: int) -> bool:
        if (words.conversation, words.id) in self.memory.turns:
            return False
        found = self.memory.conversations.setdefault(words.conversation, Conversation())
        person = self.memory.people.get(words.person)
        is_kept = not (person and person.person.has_forgotten(words.at))
        begins = is_kept and found.arrivals > 0 and found.paused_until <= now and found.resumed_at <= words.at
        if found.arrivals and is_kept:
            self._put(words)
        if begins:
            self._put(beginning(words))
            self._open(found, now=now)
        if found.paused_until < until and found.resumed_at <= words.at:
            found.paused_until, found.silent_since = until, words.at
            found.expires_at = found.expires_at if found.arrivals else until // 1000 + TURN_KEPT_S
        return begins

    @atomic
    def pass_on(self, words: Turn, *, until: int, now: int) -> bool:
        found = self.memory.conversations.get(words.conversation)
        if found is None or not found.arrivals or (words.conversation, words.id) in self.memory.turns:
            return False
        self._put(words)
        self._open(found, now=now)
        if found.paused_until < until:
            found.paused_until, found.silent_since = until, words.at
        return True

    @atomic
    def silent_until(self, conversation: ConversationId) -> int:
        found = self.memory.conversations.get(conversation)
        return found.paused_until if found else 0

    @atomic
    def resume(self, conversation: ConversationId, *, now: int) -> bool:
        found = self.memory.conversations.get(conversation)
        if found is None or found.paused_until <= now or found.silent_since > now:
            return False
        found.paused_until = found.resumed_at = now
        return True

    def _put(self, turn: Turn) -> None:
        self.memory.turns[turn.conversation, turn.id] = KeptTurn(turn, turn.at // 1000 + self.kept_s)

    def _open(self, found: Conversation, *, now: int) -> None:
        found.arrivals += 1
        found.open_turns += 1
        found.due_at = now if found.due_at is None else found.due_at
        found.expires_at = None
