"""The moderator: decides before a question is charged whether the bot's own words answer it.

A service that fails, is late or answers nonsense stops no question: that is logged and counted.
"""

from dataclasses import dataclass
from typing import Final

from chalicelib.clock import Clock
from chalicelib.content.persona_file import Moderating
from chalicelib.conversation.moderation import Moderation, Verdict
from chalicelib.conversation.notices import Notices
from chalicelib.conversation.turn import Reply
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import ModelError
from chalicelib.log import Log

DEADLINE_S: Final = 3.0
"""How long a verdict may take."""


@dataclass(frozen=True)
class Moderator:
    """Asks the moderation service, where the persona wants it."""

    moderation: Moderation
    notices: Notices
    clock: Clock
    log: Log

    def reply(self, context: TurnContext) -> Reply | None:
        """Return the words that answer the question in place of the model; None if the model may answer.

        A question about self-harm gets the crisis text, whatever else holds for the person.
        """
        wanted = context.persona.moderation
        if wanted is Moderating.OFF or context.turn.opens:
            return None
        blocks = wanted is Moderating.BLOCK and not context.is_over_limit  # above it, a notice comes once an hour
        verdict = self._verdict(context, blocks=blocks)
        if verdict.is_about_self_harm:
            return self.notices.crisis()
        return self.notices.moderated() if verdict.flagged and blocks else None

    def _verdict(self, context: TurnContext, *, blocks: bool) -> Verdict:
        """Return the verdict, or an empty one if the service has none."""
        log, started = self.log.about(context.turn.id, context.turn.person), self.clock()
        try:
            verdict = self.moderation.check(context.turn.question, seconds=DEADLINE_S)
        except ModelError as exc:
            log.failure("moderate", exc, failed=1, ms=self.clock() - started)
            return Verdict()
        refused = bool(verdict.flagged) and (blocks or verdict.is_about_self_harm)
        flagged = ", ".join(sorted(verdict.flagged)) or None
        log("moderate", ms=self.clock() - started, flagged=flagged, score=verdict.score, refused=int(refused))
        return verdict
