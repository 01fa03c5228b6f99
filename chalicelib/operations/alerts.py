"""Alerts to the owner about new users, faults that only the owner can fix, and health checks; users are not notified.

An alert that cannot be sent is logged and not repeated: the user who caused it still gets an answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from chalicelib.access import budget, identity, quota
from chalicelib.access.budget import Reservation
from chalicelib.access.handles import handle_of
from chalicelib.access.ledger import month_of
from chalicelib.access.levels import Part
from chalicelib.access.person import Person
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.turn import Turn
from chalicelib.errors import ModelUnusable, ParleyError
from chalicelib.ids import Channel, PersonId
from chalicelib.log import Log
from chalicelib.operations.findings import Finding
from chalicelib.operations.newcomers import Newcomers
from chalicelib.operations.owner_notices import Notice, OwnerNotices
from chalicelib.operations.ports import SentAlerts
from chalicelib.settings.bedrock import PREFIX
from chalicelib.settings.stage import Settings

_HALF: Final = 50
"""Percent of a budget."""
SEVERAL: Final = 3
"""So many people whose answers are refused on one day, for a reason that is not known, mean that the cause is ours."""


@dataclass(frozen=True)
class AlertService:
    """Implements `conversation.ports.OwnerAlerts`; also reports policy notices, deletion requests and health findings.

    Methods may raise StoreError, but never NotifyError.
    """

    newcomers: Newcomers
    sent: SentAlerts
    notices: OwnerNotices
    texts: Texts
    settings: Settings
    clock: Clock
    log: Log

    def new_person(self, person: Person, turn: Turn) -> Callable[[], None]:
        """Report a new user, as `Newcomers.announce` does."""
        return self.newcomers.announce(person, turn)

    def owner_added(self, person: Person) -> None:
        """Tell the other owners, and in any case by e-mail: who paired without their knowledge can be removed."""
        handle, stage = handle_of(person.id), self.settings.stage.name
        channel = self.texts(f"channel_{identity.channel_of(person.id)}")
        text = self.texts("owner_added", handle=handle, channel=channel, stage=stage)
        notice = Notice(self.texts("owner_added_subject"), text)
        self.notices.tell("owner_added", notice, but=person.id, always_by_mail=True)

    def owner_removed(self, person: PersonId) -> None:
        """Report that a user is no owner any more."""
        text = self.texts("owner_removed", handle=handle_of(person))
        self.notices.tell("owner_removed", Notice(self.texts("owner_removed_subject"), text), always_by_mail=True)

    def model_unusable(self, error: ModelUnusable) -> None:
        """Report, once a day for each cause, that the model answers no user until the owner acts."""
        self._send_once_a_day(
            "model",
            f"model_{error.cause}",
            model=error.model or self.settings.model.name,
            host=self._host(error.model),
            names=", ".join(error.names),
            stage=self.settings.stage.name,
        )

    def provider_down(self, model: str) -> None:
        """Report, once a day, that questions are answered with a notice because a provider gives no responses."""
        name = model or self.settings.model.name
        self._send_once_a_day("down", "down", model=name, host=self._host(model), stage=self.settings.stage.name)

    def channel_broken(self, error: ParleyError, turn: Turn) -> None:
        """Report, once a day, that the channel takes no answers; log each time that this is so."""
        self.log.about(turn.id, turn.person).failure("channel", error, broken=1)
        self._send_once_a_day("channel", "channel", reason=str(error), stage=self.settings.stage.name)

    def delivery_refused(self, error: ParleyError, turn: Turn) -> bool:
        """Return whether the channel is broken: it is if the answer was refused to the third person of a day.

        The count is in the store, since Lambda may run each worker in another container. It ends with the day, and an
        answer that arrives does not reset it: that would cost a write for each answer.
        """
        today = self._today()
        people = self.sent.people_today("refused", self.log.pseudonym(turn.person), day=today, most=SEVERAL)
        if people < SEVERAL:
            return False
        self.channel_broken(error, turn)
        return True

    def policy_enforced(self, action: str) -> None:
        """Report, once a day, that Meta warns, blocks or unblocks the page; `action` is Meta's word for it."""
        self._send_once_a_day("policy", "policy", action=action)

    def deletion_requested(self, code: str) -> None:
        """Report a user's request, made at Facebook, to delete their data; sent at every call."""
        self._send("deletion", code=code, stage=self.settings.stage.name)

    def budget_nearly_spent(self, reserved: Reservation, part: Part, channel: Channel, *, percent: int) -> None:
        """Report, once a day, or once a month of the month's, that so much of a budget is spent."""
        self._budget("half_spent" if percent == _HALF else "nearly_spent", reserved, part, channel)

    def budget_spent(self, reserved: Reservation, part: Part, channel: Channel) -> None:
        """Report, as often, that a budget has no room for a request to the model."""
        if reserved.amount > reserved.cap:
            most, cap = _usd(reserved.amount), _usd(reserved.cap)
            self._send_once_a_day(
                "budget", "budget_too_small", model=reserved.model or self.settings.model.name, most=most, budget=cap
            )
        else:
            self._budget("spent", reserved, part, channel)

    def fallback_asked(self, error: ModelUnusable) -> None:
        """Report, once a day, that the fallback answers in place of a model that the owner has to mend."""
        self._send_once_a_day(
            "fallback",
            "fallback",
            model=error.model or self.settings.model.name,
            host=self._host(error.model),
            reason=error,
            fallback=self.settings.choice.fallback,
            stage=self.settings.stage.name,
        )

    def _host(self, model: str) -> str:
        """Return the host of the model of this name; without one, of the deployment's model."""
        if model.startswith(PREFIX):
            return self.settings.choice.bedrock.host
        return replace(self.settings.model, bedrock=None).host if model else self.settings.model.host

    def _budget(self, what: str, reserved: Reservation, part: Part, channel: Channel) -> None:
        whole, month = _usd(reserved.cap), reserved.month
        match part:
            case Part.DAY:
                self._send_once_a_day("budget", f"budget_{what}", budget=whole)
            case Part.CHANNEL if self.sent.first_today(f"budget_{what}_{channel}", day=self._today()):
                of_channel, name = _usd(reserved.channel_cap or 0), self.texts(f"channel_{channel}")
                self._send("budget", f"budget_part_{what}", budget=whole, part=of_channel, channel=name)
            case Part.MONTH if month and self.sent.first_today(f"month_{what}", day=month_of(reserved.day)):
                day = quota.next_month(reserved.day)
                self._send("month", f"month_{what}", budget=_usd(month.cap), day=day)

    def health_findings(self, findings: Sequence[Finding]) -> None:
        """Report the findings of the weekly health check that are not OK; sent at every call."""
        listed = "\n\n".join(
            f"{finding.name} ({finding.state}): {finding.what}\n  Why: {finding.why}.\n  Fix: {finding.remedy}."
            for finding in findings
        )
        self._send("checkup", findings=listed, stage=self.settings.stage.name)

    def _send_once_a_day(self, kind: str, key: str, **values: object) -> None:
        if self.sent.first_today(key, day=self._today()):
            self._send(kind, key, **values)

    def _today(self) -> str:
        now = self.clock()
        return quota.date_at(now, zone=self.settings.limits.zone)

    def _send(self, kind: str, key: str = "", **values: object) -> None:
        text = self.texts(f"owner_{key or kind}", **values)
        self.notices.tell(kind, Notice(self.texts(f"owner_{kind}_subject"), text))


def _usd(micro: int) -> Decimal:
    return Decimal(budget.usd(micro))
