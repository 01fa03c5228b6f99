"""The turn runner: from a turn in any open state to its recorded reply. `plan` decides the next step; this runs it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.access import admission, identity, refunds
from chalicelib.access.budget import Reservation, Settlement
from chalicelib.access.ledger import Tally
from chalicelib.access.refunds import End
from chalicelib.clock import Clock
from chalicelib.conversation import disclosure, plan
from chalicelib.conversation.agent import model_answered
from chalicelib.conversation.breaker import Breaker
from chalicelib.conversation.charged import Charged
from chalicelib.conversation.charging import Charging, part_without_room
from chalicelib.conversation.command_handlers import CommandResult, Commands
from chalicelib.conversation.dialogue import Dialogue, Ended, NoRoom
from chalicelib.conversation.inbox_steps import Record
from chalicelib.conversation.moderator import Moderator
from chalicelib.conversation.notices import Notices
from chalicelib.conversation.owner_orders import OwnerDesk
from chalicelib.conversation.ports import Inbox, OwnerAlerts
from chalicelib.conversation.prompt import Answer, Failure
from chalicelib.conversation.takeover import HUMAN_READS
from chalicelib.conversation.takeover_ports import Humans
from chalicelib.conversation.turn import KEY_REVOKED, Reply, Turn, TurnState
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.errors import DeliveryPostponed, ModelBusy, ModelError, ModelRefused, ModelUnusable
from chalicelib.log import Log, Value


@dataclass(frozen=True)
class TurnRunner:
    """Finds the reply to a turn and records it."""

    inbox: Inbox
    commands: Commands
    charging: Charging
    dialogue: Dialogue
    moderator: Moderator
    breaker: Breaker
    notices: Notices
    alerts: OwnerAlerts
    humans: Humans
    desk: Callable[[], OwnerDesk]
    """Builds what carries out the orders of owners, which few turns need."""
    clock: Clock
    log: Log

    def run(self, context: TurnContext) -> Turn:
        """Return the turn with its recorded reply, or without a reply if it gets none.

        Raises LeaseLost and StoreError, and DeliveryPostponed if the recorded reply is not to be delivered yet.
        Failures of the model become an apology.
        """
        context = context.with_turn(replace(context.turn, says_ai=disclosure.is_due(context)))
        turn = context.turn
        match plan.plan(turn, context.person, context.lease, now=self.clock()):
            case plan.Drop(reason):
                return self._drop(reason, context)
            case plan.DeliverAgain(due_at):
                return self._deliver_again(context, due_at=due_at)
            case plan.SendNotice() | plan.SuggestCommand() | plan.PassOn() as notice:
                return self._record(context, self._or_revoked(context, self._said(notice, context)))
            case plan.RunCommand() | plan.RunOrder() as ordered:
                return self._run(ordered, context)
            case plan.Ask():
                return self._say_paused(context) if context.is_bot_paused else self._moderate(context)
            case plan.AskAgain():
                return self._ask_again(context)
            case plan.GiveUp():
                return self._apologise(context, ModelError("the worker died over this turn before"))

    def _run(self, ordered: plan.RunCommand | plan.RunOrder, context: TurnContext) -> Turn:
        match ordered:
            case plan.RunCommand(command):
                result = self.commands.run(command, context)
            case plan.RunOrder(order):
                result = CommandResult(replace(self.desk().carry_out(order, context), code="command"))
                self._log(context.turn)("owner", command=order.command.name.lower())
        reply = self._or_revoked(context, result.reply)
        hidden = result.forget_before
        if hidden is not None:  # a reset that comes late shows nothing again that a later one has hidden
            hidden = max(hidden, context.lease.history_from)
        return self._record(context, reply, forget_before=hidden, drops_summary=result.drops_summary)

    def _said(self, notice: plan.SendNotice | plan.SuggestCommand | plan.PassOn, context: TurnContext) -> Reply:
        match notice:
            case plan.PassOn():
                return self.notices.of_human(context)
            case plan.SendNotice(key):
                return self.notices.say(key)
            case plan.SuggestCommand(attempt):
                return self.notices.unknown_command(attempt)

    def _or_revoked(self, context: TurnContext, reply: Reply) -> Reply:
        """Return the reply; for a person whose API key is not valid any more, the notice that says so."""
        lacks_key = admission.lacks_key(context.person.id, context.entitlements, now=self.clock())
        return self.notices.say(KEY_REVOKED) if lacks_key else reply

    def _say_paused(self, context: TurnContext) -> Turn:
        if context.turn.opens:
            return self._record(context, self._or_revoked(context, self.notices.opening(context)))
        self._log(context.turn)("refuse", reason="paused", refused=1)
        return self._refuse(context, self.notices.say("paused"))

    def _drop(self, reason: str, context: TurnContext) -> Turn:
        """Leave the turn without an answer; while a human answers whom no inbox shows it, pass it on to them.

        A wish for another answer to an earlier question is no message to a human.
        """
        turn, is_message = context.turn, bool(context.turn.text) and context.turn.replaces is None
        if reason == plan.PAUSED and is_message and not identity.traits_of(turn.person).has_inbox:
            self.humans.wrote(turn)
            return self._record(context, self._or_revoked(context, self.notices.say(HUMAN_READS)))
        self._log(turn)("drop", reason=reason, failed=int(reason in plan.FAILURES))
        return replace(turn, reply=None)

    def _moderate(self, context: TurnContext) -> Turn:
        instead = self.moderator.reply(context)
        return self._record(context, instead) if instead else self._ask(context)

    def _ask(self, context: TurnContext) -> Turn:
        if context.is_over_limit and not context.turn.opens:
            return self._over_limit(context)
        if not self.breaker.lets_through(context.model):
            return self._say_down(context)
        charged, reservation = self.charging.charge(context)
        match charged:
            case Charged.CHARGED:
                return self._call_first(context, reservation)
            case _ if context.turn.opens:
                return self._open_with_text(context, charged, reservation)
            case Charged.OVER_LIMIT:
                return self._over_limit(context)
            case Charged.KEY_SPENT | Charged.KEY_REVOKED:
                self._log(context.turn)("refuse", reason=charged.value, refused=1)
                return self._refuse(context, self.notices.say(charged.value))
            case Charged.BLOCKED:
                return context.turn
            case _:
                return self._refuse(context, self._no_money(context, charged, reservation))

    def _say_down(self, context: TurnContext) -> Turn:
        """Answer, without a charge, that the model's provider is down."""
        self._log(context.turn)("refuse", reason="outage", refused=1)
        if context.turn.opens:
            return self._record(context, self._or_revoked(context, self.notices.opening(context)))
        tally = Tally(self._today(), failed=True)
        return self._record(context, self._or_revoked(context, self.notices.down()), tally=tally)

    def _call_first(self, context: TurnContext, reservation: Reservation) -> Turn:
        day, left = (None, None) if context.turn.opens else (context.day, context.left_after_this)
        running = replace(context.turn, state=TurnState.RUNNING, charged_day=day, model_calls=1)
        return self._call_model(context.with_turn(running), reservation, left=left)

    def _open_with_text(self, context: TurnContext, refused: Charged, reservation: Reservation) -> Turn:
        """Open the conversation with the fixed text, as the model may not be called for it."""
        if refused in (Charged.KEY_SPENT, Charged.KEY_REVOKED):
            self._log(context.turn)("refuse", reason=refused.value, refused=1)
        else:
            self._no_money(context, refused, reservation)
        return self._record(context, self._or_revoked(context, self.notices.opening(context)))

    def _ask_again(self, context: TurnContext) -> Turn:
        if not self.breaker.lets_through(context.model):
            return self._apologise(context, _down())
        if context.turn.rounds:
            return self._conclude(self.dialogue.resume(context), left=None)
        charged, reservation = self.charging.charge_again(context)
        if charged is not Charged.CHARGED and context.turn.opens:
            return self._open_with_text(context, charged, reservation)
        if charged is not Charged.CHARGED:
            return self._end_without_money(context, NoRoom(charged, reservation))
        return self._call_model(context.called_again(), reservation, left=None)

    def _end_without_money(self, context: TurnContext, found: NoRoom) -> Turn:
        """Answer with what the model has said so far, and the notice that the money is spent; refund the question."""
        notice = self._no_money(context, found.refused, found.reservation)
        reply = Reply(found.text, notice.text) if found.text else notice
        most, tally = refunds.most_refunds(End.NO_MONEY), Tally(found.reservation.day)
        step = self._step(context, reply, refund=True, most_refunds=most, tally=tally)
        self._try_to_record(context, step)
        return step.answered()

    def _deliver_again(self, context: TurnContext, *, due_at: int) -> Turn:
        """Count the attempt before it is made, so that one that kills its worker counts too."""
        if self.clock() < due_at:
            raise DeliveryPostponed("the next attempt is not due yet", until=due_at)
        self.inbox.deliver_again(context.lease, context.turn, until=context.time.until())
        return replace(context.turn, deliveries=context.turn.deliveries + 1)

    def _over_limit(self, context: TurnContext) -> Turn:
        self._log(context.turn)("refuse", reason="limit", refused=1)
        return self._refuse(context, self.notices.limit_reached(context))

    def _no_money(self, context: TurnContext, refused: Charged, reservation: Reservation) -> Reply:
        reason = "budget" if refused is Charged.OVER_BUDGET else refused.value
        self._log(context.turn)("refuse", reason=reason, refused=1)
        part = part_without_room(refused)
        if part:
            self.alerts.budget_spent(reservation, part, identity.channel_of(context.person.id))
        return self.notices.no_money(refused, day=reservation.day)

    def _refuse(self, context: TurnContext, notice: Reply) -> Turn:
        """Answer with the notice: each time where clients wait for an end of each turn, else once an hour."""
        notice = self._or_revoked(context, notice)
        if identity.traits_of(context.turn.person).ends_every_turn:
            return self._record(context, notice)
        notice = self.notices.introduced(notice, context.turn)
        now, until = self.clock(), context.time.until()
        if self.inbox.refuse(context.lease, context.turn, notice, day=context.day, now=now, until=until):
            return replace(context.turn, state=TurnState.ANSWERED, reply=notice, deliveries=1)
        return context.turn

    def _call_model(self, context: TurnContext, reservation: Reservation, *, left: int | None) -> Turn:
        return self._conclude(self.dialogue.begin(context, reservation), left=left)

    def _conclude(self, ended: Ended, *, left: int | None) -> Turn:
        """Record the reply that the dialogue with the model came to."""
        context, settlement = ended.context, ended.settlement
        match ended.outcome:
            case NoRoom() as found:
                return self._end_without_money(context, found)
            case Failure() as failure:
                apologised = self._apologise(context, failure.error, settlement)
                self.breaker.failed(context.model, failure.error)
                return apologised
            case Answer() as answer:
                tally = None
                if settlement:
                    self._log_answer(context.turn, answer, settlement)
                    tally = self._answered_after(context.turn)
                reply = self.notices.answered(answer, context, left=left)
                answered = self._record(context, reply, settlement=settlement, tally=tally)
                if answer.text:
                    self.breaker.answered(context.model)
                return answered

    def _log_answer(self, turn: Turn, answer: Answer, settlement: Settlement) -> None:
        ended: dict[str, Value] = {"outcome": "stopped"} if answer.reason is None else {}
        if answer.usage:
            ended |= model_answered(answer.usage, first_words_ms=answer.first_words_ms)
        known = self.dialogue.agent.log_fields | ended
        self._log(turn)("model", ms=answer.ms, cost_usd=settlement.cost_usd, **known)

    def _apologise(self, context: TurnContext, error: ModelError, settlement: Settlement | None = None) -> Turn:
        """Answer with an apology, and refund the question unless the person has had too many refunds today."""
        more: dict[str, Value] = {"cost_usd": settlement.cost_usd} if settlement else {}
        more |= {"gen_ai.response.model": error.model} if error.model else {}
        self._log(context.turn).failure("model", error, failed=1, **self.dialogue.agent.log_fields, **more)
        if isinstance(error, ModelUnusable):
            self.alerts.model_unusable(error)
        if context.turn.opens:
            refund = refunds.most_refunds(refunds.end_of_call(error)) is None
            step = Record(context.turn, self.notices.opening(context), settlement=settlement, refund=refund)
            self._try_to_record(context, step)
            return step.answered()
        key, tally = "filtered" if isinstance(error, ModelRefused) else "apology", Tally(self._today(), failed=True)
        end, day = refunds.end_of_call(error), context.turn.charged_day or context.day
        if refunds.is_refunded(end, context.person, day=day):
            most, notice = refunds.most_refunds(end), self.notices.say(key)
            step = self._step(context, notice, settlement=settlement, refund=True, most_refunds=most, tally=tally)
            if self._try_to_record(context, step):
                return step.answered()
        return self._record(context, self.notices.say(f"{key}_counts"), settlement=settlement, tally=tally)

    def _answered_after(self, turn: Turn) -> Tally | None:
        """Return for how long the person has waited for the answer; None if nobody asked."""
        return None if turn.opens else Tally(self._today(), answer_ms=max(0, self.clock() - turn.asked_at))

    def _today(self) -> str:
        return self.charging.day_now()

    def _log(self, turn: Turn) -> Log:
        return self.log.about(turn.id, turn.person)

    def _record(
        self,
        context: TurnContext,
        reply: Reply,
        *,
        settlement: Settlement | None = None,
        forget_before: int | None = None,
        drops_summary: bool = False,
        tally: Tally | None = None,
    ) -> Turn:
        """Record the reply without a refund, and return the turn as it then is."""
        step = self._step(
            context,
            reply,
            settlement=settlement,
            forget_before=forget_before,
            drops_summary=drops_summary,
            tally=tally,
        )
        self._try_to_record(context, step)
        return step.answered()

    def _step(self, context: TurnContext, reply: Reply, **more: Any) -> Record:
        """Return the step that records the reply, with the notice that an AI answers if it is due."""
        return Record(context.turn, self.notices.introduced(reply, context.turn), **more)

    def _try_to_record(self, context: TurnContext, step: Record) -> bool:
        """Write the step; False, with nothing written, if it needs a refund and none is left."""
        return self.inbox.record(context.lease, step, until=context.time.until())


def _down() -> ModelError:
    """Return the error of a call that was not made because the provider is down."""
    error = ModelBusy("the provider is down: the model is asked rarely until it answers")
    error.began = False
    return error
