"""Builds the owner's page."""

from collections.abc import Callable

from chalicelib.access.owner_session_ports import OwnerSessions
from chalicelib.access.ports import LiveConnections
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.ids import KeyId, PersonId
from chalicelib.operations.admin import Admin
from chalicelib.operations.owner_door import OwnerDoor
from chalicelib.operations.owner_page import OwnerPage
from chalicelib.operations.owner_today import OwnerToday
from chalicelib.operations.page_bot import BotView
from chalicelib.operations.page_money import MoneyView
from chalicelib.operations.page_people import PeopleView
from chalicelib.operations.page_person import PersonView
from chalicelib.operations.ports import Checkups
from chalicelib.operations.report import Reports


def assemble(
    ports: Ports, sessions: OwnerSessions, checkups: Checkups, *, random_bytes: Callable[[int], bytes]
) -> OwnerPage:
    """Build the page over these ports; `random_bytes` makes the cookies."""
    settings = ports.settings
    stored = ports.people, ports.transcript, ports.journal, ports.lists
    admin = Admin(*stored, ports.entitlements(), _live(ports), ports.clock)
    stage = settings.stage
    reports = Reports.for_stage(ports.settings, ports.spending, ports.people, ports.api_keys, ports.invites)
    persona = settings.messenger.persona if stage.channels.messenger else settings.web.persona
    return OwnerPage(
        door=OwnerDoor(sessions, ports.owners, random_bytes, ports.clock, ports.log),
        today=OwnerToday(admin, ports.spending, reports, ports.pauses, settings),
        people=PeopleView(admin),
        person=PersonView(admin, ports.log),
        money=MoneyView(reports),
        bot=BotView(sessions, ports.pauses, checkups, ports.invites, settings),
        keys=ports.api_keys,
        settings=settings,
        bot_name=lambda: ports.personas().named(persona).name,
        clock=ports.clock,
        language=settings.language,
    )


class _NoConnections:
    """`access.ports.LiveConnections` of a deployment without the web chat, whose policy lets no function look."""

    def close_of_key(self, key: KeyId) -> None:
        """Do nothing."""

    def close_of_person(self, person: PersonId) -> None:
        """Do nothing."""


def _live(ports: Ports) -> LiveConnections:
    if not ports.settings.stage.channels.web:
        return _NoConnections()
    return ConnectionCloser(
        ports.connections, ports.connection_api, ports.clock, lambda error: ports.log.failure("hang_up", error)
    )
