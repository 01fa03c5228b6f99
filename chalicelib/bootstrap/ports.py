"""The ports that the services of one stage are assembled over: adapters in the cloud, fakes in tests."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.export_link import ExportLinks
from chalicelib.access.facts import Facts
from chalicelib.access.invites import Invites
from chalicelib.access.new_people import NewPeople
from chalicelib.access.owner_ports import Owners
from chalicelib.access.pauses import Pauses
from chalicelib.access.personas import Personas
from chalicelib.access.ports import ApiKeys, People, PersonaTexts, Spending
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.breaker import Outages
from chalicelib.conversation.connection_ports import ConnectionApi, ConnectionStore
from chalicelib.conversation.ingest import Ingest
from chalicelib.conversation.ports import Inbox, Transcript, Wake
from chalicelib.conversation.remote_tools import ToolLists
from chalicelib.conversation.summary_ports import Summaries
from chalicelib.conversation.takeover_ports import Takeovers
from chalicelib.conversation.tool_ports import Journal, PersonLists
from chalicelib.ids import Channel
from chalicelib.log import Log
from chalicelib.operations.alerts import AlertService
from chalicelib.operations.newcomers import Newcomers
from chalicelib.operations.owner_link import OwnerLinks
from chalicelib.operations.owner_notices import OwnerChat, OwnerNotices
from chalicelib.operations.ports import Notifier, SentAlerts
from chalicelib.operations.takeover import TakeoverService
from chalicelib.settings.stage import Settings


@dataclass(frozen=True)
class Ports:
    """One value per port that more than one function uses. A port whose client is slow to build is a callable."""

    settings: Settings
    clock: Clock
    sleep: Callable[[float], None]
    """Waits for so many seconds."""
    new_id: Callable[[], str]
    log: Log
    texts: Callable[[], Texts]
    inbox: Inbox
    takeovers: Takeovers
    journal: Journal
    lists: PersonLists
    tool_lists: ToolLists
    transcript: Transcript
    summaries: Summaries
    people: People
    owners: Owners
    owner_links: OwnerLinks
    new_people: NewPeople
    facts: Facts
    export_links: ExportLinks
    api_keys: ApiKeys
    persona_texts: PersonaTexts
    pauses: Pauses
    invites: Invites
    outages: Outages
    connections: ConnectionStore
    connection_api: ConnectionApi
    sent_alerts: SentAlerts
    spending: Spending
    api_url: Callable[[], str]
    """Returns the address of the REST API. Raises ConfigError."""
    wake: Callable[[], Wake]
    notifier: Callable[[], Notifier]

    def ingest(self) -> Ingest:
        """Build what every channel hands its messages to."""
        return Ingest(self.inbox, self.wake(), self.clock, self.log)

    def entitlements(self) -> EntitlementService:
        """Build what looks up a person's persona and daily limit."""
        personas = {Channel.MESSENGER: self.settings.messenger.persona, Channel.WEB: self.settings.web.persona}
        offered = self.settings.personas_offered
        return EntitlementService(self.api_keys, self.settings.limits, personas, self.personas(), offered)

    def personas(self) -> Personas:
        """Build what looks up a persona by its name."""
        return Personas(self.persona_texts, partial(self.log.failure, "persona"))

    def takeover(self) -> TakeoverService:
        """Build the service that silences the bot for a person, and lets it answer again."""
        return TakeoverService(self.inbox, self.takeovers, self.people, self.clock)

    def notices(self, chat: OwnerChat | None = None) -> OwnerNotices:
        """Build what tells the owners: without a chat, only by e-mail."""
        return OwnerNotices(self.owners, chat, self.notifier(), self.texts()("owner_out_of_reach"), self.log)

    def newcomers(self, notices: OwnerNotices) -> Newcomers:
        """Build what notifies the owners of new users."""
        return Newcomers(
            self.new_people,
            self.people,
            self.entitlements(),
            notices,
            self.texts(),
            self.settings,
            self.clock,
            self.new_id,
            self.invites,
        )

    def alerts(self, chat: OwnerChat | None = None) -> AlertService:
        """Build the service that notifies the owners: in this chat too, for a function that may write there."""
        notices = self.notices(chat)
        return AlertService(
            newcomers=self.newcomers(notices),
            sent=self.sent_alerts,
            notices=notices,
            texts=self.texts(),
            settings=self.settings,
            clock=self.clock,
            log=self.log,
        )
