"""What the owner's commands in the chat and the owner's page have in common."""

from functools import partial

from chalicelib.access.ports import LiveConnections
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.ids import KeyId, PersonId
from chalicelib.operations.admin import Admin
from chalicelib.operations.report import Reports


def admin(ports: Ports) -> Admin:
    """Build what lists people and decides about them."""
    stored = ports.people, ports.transcript, ports.journal, ports.lists
    return Admin(*stored, ports.entitlements(), _live(ports), ports.clock)


def reports(ports: Ports) -> Reports:
    """Build what makes reports."""
    return Reports.for_stage(ports.settings, ports.spending, ports.people, ports.api_keys, ports.invites)


class _NoConnections:
    """`access.ports.LiveConnections` of a deployment without the web chat, whose policy lets no function look."""

    def close_of_key(self, key: KeyId) -> None:
        """Do nothing."""

    def close_of_person(self, person: PersonId) -> None:
        """Do nothing."""


def _live(ports: Ports) -> LiveConnections:
    if not ports.settings.stage.channels.web:
        return _NoConnections()
    report = partial(ports.log.failure, "hang_up")
    return ConnectionCloser(ports.connections, ports.connection_api, ports.clock, report)
