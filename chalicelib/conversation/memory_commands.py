"""The commands about what the bot remembers of a person: `/remember`, `/memory`, `/forget 3`. Not in rooms."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import identity
from chalicelib.access.facts import LONGEST_FACT, MOST_FACTS, Facts, Kept, Remembered, in_one_line
from chalicelib.clock import Clock, local_date
from chalicelib.content.text import Texts
from chalicelib.conversation.commands import Command, number, text_behind
from chalicelib.conversation.summary import current
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.conversation.turn_context import TurnContext

_KEYS: Final = {
    Kept.KEPT: "remembered",
    Kept.KNOWN: "remembered_before",
    Kept.FULL: "remembers_most",
    Kept.OFF: "memory_is_off",
    Kept.TOO_LONG: "fact_too_long",
    Kept.FORGOTTEN: "fact_not_kept",
    Kept.NOT_AGREED: "fact_not_kept",
}


@dataclass(frozen=True)
class MemoryCommands:
    """Runs these commands. All methods raise StoreError. In a room, where others read it, each only says where."""

    facts: Facts
    texts: Texts
    clock: Clock
    zone: ZoneInfo
    """The owner's, for dates."""

    def remember(self, context: TurnContext) -> Reply:
        """Store the text behind the command."""
        text = text_behind(context.turn.text)
        if _is_in_room(context):
            return self._say("memory_not_here")
        if not text:
            return self._say("remember_what")
        turn, now = context.turn, self.clock()
        found = self.facts.remember(turn.person, text, source=turn.id, asked_at=turn.asked_at, now=now)
        return self._ask(text) if found.kept is Kept.NOT_AGREED else self._result(found)

    def agree(self, context: TurnContext) -> Reply:
        """Note that the user agrees to be remembered, and store the text behind the command, if there is one."""
        if _is_in_room(context):
            return self._say("memory_not_here")
        turn, text = context.turn, text_behind(text_behind(context.turn.text))
        self.facts.switch(turn.person, on=True, asked_at=turn.asked_at)
        if not text:
            return self._say("memory_switched_on")
        now = self.clock()
        return self._result(self.facts.remember(turn.person, text, source=turn.id, asked_at=turn.asked_at, now=now))

    def _ask(self, text: str) -> Reply:
        yes = Choice(self.texts("consent_yes"), f"{Command.MEMORY_YES.value} {in_one_line(text)}")
        no = Choice(self.texts("consent_no"), Command.MEMORY_OFF.value)
        return Reply(self.texts("consent_memory", text=in_one_line(text)), choices=(yes, no))

    def show(self, context: TurnContext) -> Reply:
        """Show the facts with their numbers and dates, and the summary."""
        if _is_in_room(context):
            return self._say("memory_not_here")
        person, summary = context.person, current(context.lease, (*context.memory, context.turn))
        parts = []
        if person.facts:
            lines = (f"{fact.number}. {fact.text} ({self.texts.shown(self._day(fact.at))})" for fact in person.facts)
            parts.append("\n".join((self.texts("memory_facts"), *lines)))
        if summary and not person.memory_off:
            parts.append(f"{self.texts('memory_summary', day=self._day(summary.at))}\n{summary.text}")
        if not parts:
            parts.append(self.texts("memory_empty"))
        parts.append(self.texts("memory_is_off" if person.memory_off else "memory_how"))
        return Reply("\n\n".join(parts))

    def forget(self, context: TurnContext) -> Reply:
        """Delete the fact with the number behind the command."""
        if _is_in_room(context):
            return self._say("memory_not_here")
        turn, which = context.turn, number(context.turn.text)
        is_gone = self.facts.forget(turn.person, which, source=turn.id)
        return Reply(self.texts("fact_forgotten" if is_gone else "fact_unknown", number=which))

    def switch(self, context: TurnContext, *, on: bool) -> Reply:
        """Switch all of it on or off."""
        if _is_in_room(context):
            return self._say("memory_not_here")
        self.facts.switch(context.turn.person, on=on, asked_at=context.turn.asked_at)
        return self._say("memory_switched_on" if on else "memory_switched_off")

    def _result(self, found: Remembered) -> Reply:
        fact, most = found.fact, {"most": MOST_FACTS, "longest": LONGEST_FACT}
        known = {"number": fact.number, "text": fact.text} if fact else {}
        return Reply(self.texts(_KEYS[found.kept], **most, **known))

    def _say(self, key: str) -> Reply:
        return Reply(self.texts(key))

    def _day(self, at: int) -> date:
        return local_date(at, self.zone)


def _is_in_room(context: TurnContext) -> bool:
    return identity.is_room(context.turn.conversation)
