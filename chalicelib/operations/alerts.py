"""What the owner is told: new people, each once; faults that only the owner can mend, each once a day; checkups.

The owner's post is a courtesy to the owner: when it fails, that is logged and the person still gets an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.access import budget, identity, quota
from chalicelib.access.budget import Reservation
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.turn import Turn
from chalicelib.errors import ModelUnusable, NotifyError, ParleyError
from chalicelib.ids import Channel
from chalicelib.log import Log
from chalicelib.operations.findings import Finding
from chalicelib.operations.ports import Notifier, SentAlerts
from chalicelib.settings import Settings


@dataclass(frozen=True)
class AlertService:
    """The owner, as the flow sees them."""

    people: People
    sent: SentAlerts
    notifier: Notifier
    texts: Texts
    settings: Settings
    clock: Clock
    log: Log

    def new_person(self, person: Person) -> None:
        """Tell the owner of a person who writes for the first time; not of a web page's visitors, who are many."""
        if identity.channel_of(person.id) is not Channel.MESSENGER:
            return
        if not person.announced and self.people.announce(person.id):
            self._tell(
                "new_person", person=person.id, limit=self.settings.limits.daily_limit, stage=self.settings.stage.name
            )

    def model_unusable(self, error: ModelUnusable) -> None:
        """The model will not answer anybody."""
        self._alert("model", f"model_{error.cause}", model=self.settings.model.name, stage=self.settings.stage.name)

    def channel_broken(self, error: ParleyError, turn: Turn) -> None:
        """Nobody can be written to, as the answer to `turn` has shown; it is given up."""
        self.log.about(turn.id, turn.person).failure("channel", error, broken=1, failed=1)
        self._alert("channel", "channel", reason=str(error), stage=self.settings.stage.name)

    def policy_enforced(self, action: str) -> None:
        """Meta warns, blocks or unblocks the page."""
        self._alert("policy", "policy", action=action)

    def deletion_requested(self, code: str) -> None:
        """Somebody asks through Facebook that what is stored of them be deleted."""
        self._tell("deletion", code=code, stage=self.settings.stage.name)

    def budget_nearly_spent(self, reserved: Reservation) -> None:
        """Four fifths of the day's money are gone."""
        self._alert("budget", "budget_nearly_spent", budget=budget.usd(reserved.cap))

    def budget_spent(self, reserved: Reservation) -> None:
        """There is no room for this call, and perhaps never is."""
        if reserved.amount > reserved.cap:
            most, cap = budget.usd(reserved.amount), budget.usd(reserved.cap)
            self._alert("budget", "budget_too_small", model=self.settings.model.name, most=most, budget=cap)
        else:
            self._alert("budget", "budget_spent", budget=budget.usd(reserved.cap))

    def health_findings(self, findings: Sequence[Finding]) -> None:
        """The checkup found what is not as it should be."""
        told = "\n\n".join(
            f"{finding.name} ({finding.state}): {finding.what}\n  Why: {finding.why}.\n  Cure: {finding.cure}."
            for finding in findings
        )
        self._tell("checkup", findings=told, stage=self.settings.stage.name)

    def _alert(self, kind: str, key: str, **values: object) -> None:
        now = self.clock()
        today = quota.day_of(now, now=now, zone=self.settings.limits.zone)
        if self.sent.first_today(key, day=today):
            self._tell(kind, key, **values)

    def _tell(self, kind: str, key: str = "", **values: object) -> None:
        try:
            self.notifier.tell(self.texts(f"owner_{kind}_subject"), self.texts(f"owner_{key or kind}", **values))
        except NotifyError as exc:
            self.log.failure("notify", exc, kind=kind)
