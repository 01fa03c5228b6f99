"""What carries out the orders of owners in the chat. It is imported when the first one comes."""

from chalicelib.bootstrap import owner_services
from chalicelib.bootstrap.ports import Ports
from chalicelib.content.text import Texts
from chalicelib.operations.handle_lookup import HandleLookup
from chalicelib.operations.owner_decisions import OwnerDecisions
from chalicelib.operations.owner_desk import Desk
from chalicelib.operations.owner_numbers import OwnerNumbers
from chalicelib.operations.owner_pauses import OwnerPauses
from chalicelib.operations.owner_people import OwnerPeople
from chalicelib.operations.owner_replies import OwnerReplies
from chalicelib.operations.owner_taps import OwnerTaps


def desk(ports: Ports, texts: Texts) -> Desk:
    """Build it over these ports; it speaks the language of the texts."""
    admin, reports = owner_services.admin(ports), owner_services.reports(ports)
    stage, zone = ports.settings.stage, ports.settings.limits.zone
    lookup = HandleLookup(admin, texts, stage.name)
    takeover = ports.takeover()
    return Desk(
        texts,
        OwnerPeople(admin, lookup, texts, zone, ports.invites, takeover),
        OwnerDecisions(admin, lookup, texts),
        OwnerPauses(ports.pauses, takeover, lookup, texts, ports.clock, zone),
        OwnerNumbers(reports, stage.channels, texts, ports.clock),
        OwnerReplies(admin, lookup, ports.takeovers, ports.transcript, ports.wake, texts, ports.clock, zone, ports.log),
        OwnerTaps(admin, ports.people, ports.new_people, texts),
        ports.owner_links,
    )
