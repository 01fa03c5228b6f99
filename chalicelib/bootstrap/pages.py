"""The API handler's services for browsers and for the owner: chat pages, API keys, privacy. Loaded on first use."""

from functools import cache, cached_property, partial
from secrets import token_bytes
from typing import TYPE_CHECKING

from chalicelib.access import api_key
from chalicelib.access.key_service import ApiKeyService
from chalicelib.access.ports import SignInIssuer
from chalicelib.aws.dynamodb.api_keys import DynamoTickets
from chalicelib.aws.dynamodb.checkups import DynamoCheckups
from chalicelib.aws.dynamodb.deletions import DynamoDeletions
from chalicelib.aws.dynamodb.handovers import DynamoHandovers
from chalicelib.aws.dynamodb.owner_sessions import DynamoOwnerSessions
from chalicelib.bootstrap import api, clients
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.meta.data_deletion import DataDeletion
from chalicelib.channels.web.closing import ConnectionCloser
from chalicelib.channels.web.config import ChatConfig
from chalicelib.channels.web.page_sign_in import PageSignIn
from chalicelib.errors import ConfigError
from chalicelib.operations.ports import Deletions
from chalicelib.operations.privacy import Privacy
from chalicelib.settings.stage import Secret

if TYPE_CHECKING:
    from chalicelib.operations.data_copy import DataCopies
    from chalicelib.operations.owner_page import OwnerPage


def assemble_privacy(ports: Ports, deletions: Deletions) -> Privacy:
    """Build what answers people who ask about their data."""
    return Privacy(
        deletions=deletions,
        alerts=ports.alerts,
        settings=ports.settings,
        clock=ports.clock,
        log=ports.log,
    )


class Pages:
    """Each service is built on first use and kept."""

    @cached_property
    def privacy(self) -> Privacy:
        """The privacy page and the status of deletion requests."""
        return assemble_privacy(api.ports(), DynamoDeletions(clients.table()))

    @cached_property
    def data_deletion(self) -> DataDeletion:
        """Meta's data deletion callback."""
        return DataDeletion(self.privacy, app_secrets=api.app_secrets, log=api.log())

    @cached_property
    def chat_config(self) -> ChatConfig:
        """The chat page and its tickets."""
        secrets = api.secrets()
        return ChatConfig(
            keys=api.ports().api_keys,
            personas=api.ports().personas(),
            tickets=DynamoTickets(clients.table()),
            ticket_key=partial(secrets.get, Secret.TICKET_KEY),
            own_origin=lambda: api_key.origin_of(secrets.get(Secret.API_URL)),
            websocket_url=partial(secrets.get, Secret.WEBSOCKET_URL),
            new_id=clients.new_id,
            clock=clients.clock,
            sign_in=clients.settings().web.sign_in is not None,
        )

    @cached_property
    def sign_in(self) -> PageSignIn:
        """The sign-in of the chat page."""
        secrets, web = api.secrets(), clients.settings().web
        return PageSignIn(
            client=web.sign_in.audience if web.sign_in else None,
            issuer=_code_issuer,
            handovers=DynamoHandovers(clients.table()),
            tickets=DynamoTickets(clients.table()),
            ticket_key=partial(secrets.get, Secret.TICKET_KEY),
            api_url=partial(secrets.get, Secret.API_URL),
            websocket_url=partial(secrets.get, Secret.WEBSOCKET_URL),
            persona=lambda: api.ports().personas().named(web.persona),
            clock=clients.clock,
            log=api.log(),
        )

    @cached_property
    def api_keys(self) -> ApiKeyService:
        """The owner's API keys."""
        ports = api.ports()
        report = partial(ports.log.failure, "hang_up")
        return ApiKeyService(
            ports.api_keys,
            ConnectionCloser(ports.connections, ports.connection_api, ports.clock, report),
            daily_limit=ports.settings.limits.daily_limit,
            random_bytes=token_bytes,
            clock=ports.clock,
            models=ports.settings.choice.listed,
        )

    @cached_property
    def data_copies(self) -> "DataCopies":
        """The links with which people get a copy of what is stored about them."""
        from chalicelib.operations.data_copy import DataCopies  # noqa: PLC0415 (few people ask)
        from chalicelib.operations.export import Exports  # noqa: PLC0415

        ports = api.ports()
        exports = Exports(ports.people, ports.transcript, ports.journal, ports.lists, ports.clock)
        return DataCopies(ports.export_links, exports, ports.settings, ports.clock)

    @cached_property
    def owner(self) -> "OwnerPage":
        """The owner's page."""
        from chalicelib.bootstrap import owner_page  # noqa: PLC0415 (only owners need it)

        table = clients.table(clients.CALLER_PATIENCE_S)
        sessions, checkups = DynamoOwnerSessions(table), DynamoCheckups(table)
        return owner_page.assemble(api.ports(), sessions, checkups, random_bytes=token_bytes)


@cache
def _code_issuer() -> SignInIssuer:
    """Return the issuer; called only where one is configured. Raises ConfigError."""
    from chalicelib.channels.web.code_issuer import CodeIssuer  # noqa: PLC0415 (only a sign-in needs it)

    sign_in = clients.settings().web.sign_in
    if sign_in is None:
        raise ConfigError("PARLEY_OIDC_ISSUER is not set")
    return CodeIssuer(sign_in.issuer, sign_in.audience)
