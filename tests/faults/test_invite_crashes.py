"""A crash while an invite is used: it is counted once, and the person has what it gives and is answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from chalicelib.access import invites
from chalicelib.access.invites import Grant, Invite
from chalicelib.access.person import Access
from chalicelib.conversation.turn import Turn
from tests.faults.simulation import Simulation, person_of
from tests.faults.stage import CrashesAt, Faults, Site
from tests.flow.bot import SAYS

CODE = invites.new_code(lambda count: bytes(range(count)))
DAY_MS = 24 * 60 * 60 * 1000
WELCOMED = f"{SAYS('invite_accepted')}\n\n{SAYS('welcome_unlimited')}"


@dataclass
class Listening(Simulation):
    """Notes what people read, since the text is deleted once it is delivered."""

    said: list[str] = field(default_factory=list)

    def _echo(self, turn: Turn) -> None:
        self.said.append(turn.reply.text if turn.reply else "")
        super()._echo(turn)


def story(faults: Faults | None = None, *, people: Sequence[str] = ("anna",), uses: int = 1) -> Listening:
    simulation = Listening(faults=faults or CrashesAt())
    now, free = simulation.clock(), Grant(Access.UNLIMITED)
    made = Invite(CODE.id, "Flyer", CODE.digest, free, uses=uses, created_at=now, expires_at=now + DAY_MS)
    simulation.memory.invites[CODE.id] = made
    for psid in people:
        simulation.say(psid, f"/invite {CODE.text}")
    simulation.run_until_rest()
    return simulation


def crashes(**options: object) -> Sequence[tuple[Site, Listening]]:
    """The story with a crash at each of its steps."""
    sites = list(story(**options).stage.sites())  # type: ignore[arg-type]
    assert any("invites.redeem" in str(site) for site in sites)
    return [
        (site, story(CrashesAt(frozenset({(site.number, site.when)})), **options))  # type: ignore[arg-type]
        for site in sites
    ]


def test_an_invite_is_counted_once_and_answered_wherever_a_process_dies():
    for site, simulation in crashes():
        known = simulation.memory.people[person_of("anna")].person
        assert (simulation.memory.invites[CODE.id].used, known.access) == (1, Access.UNLIMITED), site
        assert simulation.ledger.broken == [], site
        assert {text.endswith(WELCOMED) for text in simulation.said} == {True}, site
        assert [kept.turn.text for kept in simulation.memory.turns.values()] == [""], site
        assert simulation.ledger.used(person_of("anna")) == 0, site


@pytest.mark.parametrize("uses", [1, 2])
def test_of_two_who_come_no_more_get_in_than_may_wherever_a_process_dies(uses: int):
    for site, simulation in crashes(people=("anna", "bert"), uses=uses):
        free = [known.person.access is Access.UNLIMITED for known in simulation.memory.people.values()]
        assert simulation.memory.invites[CODE.id].used == sum(free) == uses, site
