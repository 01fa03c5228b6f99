"""The dialogue with the model that answers a turn: it asks for tools, gets their results, and is asked again."""

from dataclasses import dataclass, field, replace

from chalicelib.access.budget import Reservation, Settlement, Usage
from chalicelib.conversation import fence, plan
from chalicelib.conversation.agent import Agent, Speech, model_answered
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.charging import Charging
from chalicelib.conversation.journal import Asked, OpenRound
from chalicelib.conversation.prompt import Answer, Failure
from chalicelib.conversation.tool import Round
from chalicelib.conversation.tool_rounds import ToolRounds
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import ModelError
from chalicelib.log import Log, Value


@dataclass(frozen=True)
class NoRoom:
    """There is no money for the next call of the model."""

    refused: Charged
    reservation: Reservation
    text: str = field(default="", repr=False)
    """What the model has said before."""


@dataclass(frozen=True)
class Ended:
    """How a dialogue ended."""

    context: TurnContext
    """With the turn as it then is."""
    outcome: Answer | Failure | NoRoom
    settlement: Settlement | None
    """What the last call cost; None if it is settled."""


@dataclass(frozen=True)
class Dialogue:
    """Asks the model for the answer to a turn. Methods raise LeaseLost and StoreError."""

    agent: Agent
    charging: Charging
    rounds: ToolRounds
    log: Log

    def begin(self, context: TurnContext, reservation: Reservation) -> Ended:
        """Ask the model, for whose first call the money is set aside, until it answers."""
        with self.agent.speaking(context.turn) as speech:
            return self._go_on(context, reservation, speech)

    def resume(self, context: TurnContext) -> Ended:
        """Go on where another worker stopped after a round of tools was journalled."""
        found = self.rounds.load(context)
        if len(found) != context.turn.rounds:
            return Ended(context, Failure(ModelError("rounds are missing in the journal"), None, Usage(), 0), None)
        *finished, last = found
        with self.agent.speaking(context.turn) as speech:
            for each in found:
                speech.repeat(each.text)
            context = _with_rounds(context, *(_fenced(each.finished()) for each in finished))
            after = self._after(context, last, speech)
            return after if isinstance(after, Ended) else self._go_on(*after, speech)

    def _go_on(self, context: TurnContext, reservation: Reservation, speech: Speech) -> Ended:
        while True:
            outcome = speech.ask(context)
            if isinstance(outcome, Failure) and plan.asks_again_after(outcome, context.turn):
                charged, second = self.charging.charge_again(context)
                if charged is Charged.CHARGED:
                    context, reservation = context.called_again(), second
                    continue
            settlement = self.charging.settle(reservation, outcome)
            if not isinstance(outcome, Asked):
                return Ended(context, outcome, settlement)
            context = self.rounds.begin(context, outcome, settlement)
            self._log_round(context, outcome, settlement)
            after = self._after(context, outcome.round, speech)
            if isinstance(after, Ended):
                return after
            context, reservation = after

    def _after(self, context: TurnContext, begun: OpenRound, speech: Speech) -> Ended | tuple[TurnContext, Reservation]:
        """Run the tools of the last round and set money aside for the next call, or return how the dialogue ends."""
        number = context.turn.rounds - 1
        finished = self.rounds.run(context, number, begun, speech.wants_more)
        if finished is None:
            return Ended(context, _cancelled(speech.text), None)
        context = _with_rounds(context, *context.rounds, _fenced(finished))
        charged, reservation = self.charging.charge_again(context)
        if charged is not Charged.CHARGED:
            return Ended(context, NoRoom(charged, reservation, speech.text), None)
        return context.called_again(), reservation

    def _log_round(self, context: TurnContext, asked: Asked, settlement: Settlement) -> None:
        used: dict[str, Value] = {}
        if asked.usage:
            used = model_answered(asked.usage, first_words_ms=asked.first_words_ms)
        log = self.log.about(context.turn.id, context.turn.person)
        log("model", ms=asked.ms, cost_usd=settlement.cost_usd, outcome="calls", **self.agent.log_fields, **used)


def _cancelled(text: str) -> Answer:
    """Return the answer that ends while tools run, when nothing of the model is left to be paid for."""
    return Answer(text, reason=None, usage=None, at_most=Usage(), ms=0, first_words_ms=0)


def _with_rounds(context: TurnContext, *rounds: Round) -> TurnContext:
    return replace(context, rounds=rounds)


def _fenced(finished: Round) -> Round:
    return replace(finished, results=tuple(replace(each, text=fence.returned(each.text)) for each in finished.results))
