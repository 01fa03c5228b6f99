"""The bot's own sentences as replies, and the footers it adds to the model's answers."""

from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import identity, quota
from chalicelib.access.person import Access, Person
from chalicelib.access.retention import COUNTS_KEPT_S, days
from chalicelib.content.text import Texts
from chalicelib.conversation import disclosure, takeover
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.commands import NotKnown
from chalicelib.conversation.prompt import Answer, FinishReason
from chalicelib.conversation.turn import CANCELLED, MAX_TEXT, OPENING, STOPPED, Choice, Reply, Turn
from chalicelib.conversation.turn_context import TurnContext

_FEW: Final = 2
"""From this number of questions left, a footer says how many."""
_SAYING_IT: Final = ("paused", "no_questions", "invite_accepted")
"""Keys of sentences that say that an AI answers, or that the welcome follows, which says it."""


@dataclass(frozen=True)
class Notices:
    """Composes replies. A reply's code is the key of its text."""

    texts: Texts
    zone: ZoneInfo
    """The owner's time zone, in which the daily limit is reset at midnight."""

    def say(self, key: str) -> Reply:
        """Return the text of that key as a reply."""
        return Reply(self.texts(key, limit=MAX_TEXT) if key == "too_long" else self.texts(key), code=key)

    def limit_reached(self, context: TurnContext) -> Reply:
        """Return the notice that the user has no questions left on the turn's day."""
        return replace(self._by_limit("limit_reached", context), code="limit_reached", left=0)

    def no_money(self, refused: Charged, *, day: str) -> Reply:
        """Return the notice that the budget of `day` or of its month is spent, or the user's share of it."""
        match refused:
            case Charged.SHARE_SPENT:
                return Reply(self.texts("share_spent", **self._reset(day)), code="share_spent")
            case Charged.MONTH_SHARE_SPENT | Charged.MONTH_SPENT:
                return Reply(self.texts(refused.value, day=quota.next_month(day)), code="month_spent")
        return Reply(self.texts("budget_spent", **self._reset(day)), code="budget_spent")

    def down(self) -> Reply:
        """Return the notice that the model's provider is down. Clients see it as an apology."""
        return Reply(self.texts("provider_down"), code="apology")

    def welcome(self, context: TurnContext) -> Reply:
        """Return the greeting, with the user's daily limit and two questions to begin with."""
        asked = [] if context.limit == 0 else [self.texts(key) for key in ("ask_what", "ask_who")]
        return replace(self._by_limit("welcome", context), choices=tuple(Choice(text, text) for text in asked))

    def usage(self, context: TurnContext) -> Reply:
        """Return how many questions the user has asked on the turn's day, and how many are allowed."""
        return self._by_limit("usage", context)

    def forgotten(self, context: TurnContext) -> Reply:
        """Return the sentence that everything is deleted, and what stays. In a room, where others read it, it is vague.

        `context.person` is the user's state before that.
        """
        done = self.texts("forget_done", counts=self.texts("days", number=days(COUNTS_KEPT_S)))
        if identity.is_room(context.turn.conversation):
            return Reply(self.texts("forget_done_room", done=done))
        decided = self._decision(context.person)
        return Reply(self.texts("forget_done_decided", done=done, decision=decided) if decided else done)

    def _decision(self, person: Person) -> str:
        """Return what the owner decided about a user, or that they are an owner themselves; empty if nothing."""
        if person.is_owner:
            return self.texts("decided_owner")
        if person.access is not Access.DEFAULT:
            return self.texts(f"decided_{person.access.value}")
        return "" if person.daily_limit is None else self.texts("decided_limit", limit=person.daily_limit)

    def unknown_command(self, attempt: NotKnown) -> Reply:
        """Return that there is no such command, with the nearest one, if there is one, as a button."""
        if attempt.nearest is None:
            return Reply(self.texts("unknown_command", typed=attempt.typed), code="command")
        nearest = attempt.nearest.value
        if attempt.typed.lower() == nearest:
            text = self.texts("more_than_a_command", nearest=nearest)
        else:
            text = self.texts("unknown_command_nearest", typed=attempt.typed, nearest=nearest)
        return Reply(text, choices=(Choice(nearest, nearest),), code="command")

    def of_human(self, context: TurnContext) -> Reply:
        """Return the words of a human, with which the turn was stored, marked as such."""
        words = context.turn.reply.text if context.turn.reply else ""
        return Reply(words, self.texts("human_wrote"), code=takeover.HUMAN)

    def crisis(self) -> Reply:
        """Return where a person in danger finds help at once."""
        return Reply(self.texts("crisis", help_line=self.texts("help_line")), code="crisis")

    def moderated(self) -> Reply:
        """Return the refusal of a question that moderation flagged. Clients see it as one of the provider's filter."""
        return Reply(self.texts("moderated"), code="filtered")

    def opening(self, context: TurnContext) -> Reply:
        """Return the persona's fixed opening, for a conversation that the model should have opened."""
        return Reply(context.persona.opening_in(context.language), code=OPENING)

    def answered(self, answer: Answer, context: TurnContext, *, left: int | None) -> Reply:
        """Return the model's answer as a reply; `left` as in `Reply`. A cancelled answer has no footer."""
        if answer.reason is None:
            cancelled = Reply(answer.text, code=STOPPED) if answer.text else self.say(CANCELLED)
            return replace(cancelled, left=left)
        cut_short = self._cut_short(context) if answer.reason is FinishReason.LENGTH else ""
        is_new = context.turn.says_ai and not context.person.talked_at  # then the longer notice says it
        is_back = not is_new and takeover.ends_silence(context.turn, context.lease, context.memory)
        back = self.texts("bot_again") if is_back else ""
        footer = "\n\n".join(filter(None, (cut_short, back, self._few_left(context, left))))
        return Reply(answer.text, footer, left=left)

    def introduced(self, reply: Reply, turn: Turn) -> Reply:
        """Return the reply to the turn, with the notice that an AI answers below it if that is due."""
        if not disclosure.is_to_be_added(turn, reply) or self._says_ai(reply):
            return reply
        return replace(reply, footer="\n\n".join(filter(None, (reply.footer, self.texts("ai_notice")))))

    def _says_ai(self, reply: Reply) -> bool:
        """Whether a sentence of the bot's own in the reply says that an AI answers; the model's words do not count."""
        if not reply.code:
            return self.texts("bot_again") in reply.footer
        return reply.text.startswith(tuple(self.texts(key) for key in _SAYING_IT))

    def _cut_short(self, context: TurnContext) -> str:
        """Return that the answer was cut, in the persona's words; empty where its file wants nothing said."""
        own = context.persona.cut_short
        return self.texts("cut_short") if own is None else own

    def _few_left(self, context: TurnContext, left: int | None) -> str:
        """Return the warning that few questions are left; empty where the client displays the number itself."""
        if left is None or left > _FEW or identity.traits_of(context.turn.person).shows_remaining:
            return ""
        return self.texts("few_left", left=left) if left else self.texts("none_left", **self._reset(context.day))

    def _by_limit(self, key: str, context: TurnContext) -> Reply:
        """Return the text for the user's limit. More than it may be used, if the owner has lowered it since."""
        used, limit = context.person.quota.get(context.day, 0), context.limit
        if limit is None:
            return Reply(self.texts(f"{key}_unlimited", used=used))
        if not limit:
            return Reply(self.texts("no_questions"))
        return Reply(self.texts(key, used=min(used, limit), limit=limit, **self._reset(context.day)))

    def _reset(self, day: str) -> dict[str, object]:
        return {"time": quota.resets_at(day, zone=self.zone).time(), "zone": self.zone.key}
