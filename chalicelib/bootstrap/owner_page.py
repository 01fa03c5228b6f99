"""Builds the owner's page."""

from collections.abc import Callable

from chalicelib.access.owner_session_ports import OwnerSessions
from chalicelib.bootstrap import owner_services
from chalicelib.bootstrap.ports import Ports
from chalicelib.operations.owner_page import OwnerPage
from chalicelib.operations.owner_sign_in import OwnerSignIn
from chalicelib.operations.page_bot import BotView
from chalicelib.operations.page_money import MoneyView
from chalicelib.operations.page_people import PeopleView
from chalicelib.operations.page_person import PersonView
from chalicelib.operations.page_today import TodayView
from chalicelib.operations.ports import Checkups


def assemble(
    ports: Ports, sessions: OwnerSessions, checkups: Checkups, *, random_bytes: Callable[[int], bytes]
) -> OwnerPage:
    """Build the page over these ports; `random_bytes` makes the cookies."""
    settings = ports.settings
    admin, reports = owner_services.admin(ports), owner_services.reports(ports)
    persona = settings.messenger.persona if settings.stage.channels.messenger else settings.web.persona
    return OwnerPage(
        sign_in=OwnerSignIn(sessions, ports.owners, random_bytes, ports.clock, ports.log),
        today=TodayView(admin, ports.spending, reports, ports.pauses, settings),
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
