"""The API handler's services for browsers and for the owner: chat pages, API keys, privacy. Loaded on first use."""

from functools import cache, partial
from secrets import token_bytes

from chalicelib.access import api_key
from chalicelib.access.key_service import ApiKeyService
from chalicelib.aws.dynamodb.api_keys import DynamoTickets
from chalicelib.aws.dynamodb.deletions import DynamoDeletions
from chalicelib.bootstrap import api, clients
from chalicelib.bootstrap.clients import TICKET_KEY, WEBHOOK_URL, WEBSOCKET_URL
from chalicelib.bootstrap.ports import Ports
from chalicelib.channels.meta.data_deletion import DataDeletion
from chalicelib.channels.web.config import ChatConfig
from chalicelib.operations.ports import Deletions
from chalicelib.operations.privacy import Privacy


def assemble_privacy(ports: Ports, deletions: Deletions) -> Privacy:
    """Build what answers people who ask about their data."""
    return Privacy(
        deletions=deletions,
        alerts=ports.alerts,
        texts=ports.texts,
        settings=ports.settings,
        clock=ports.clock,
        log=ports.log,
    )


@cache
def privacy() -> Privacy:
    """Return what answers people who ask about their data."""
    return assemble_privacy(api.ports(), DynamoDeletions(clients.table()))


@cache
def data_deletion() -> DataDeletion:
    """Return what answers Meta's data deletion callback."""
    return DataDeletion(privacy(), app_secrets=api.app_secrets, log=api.log())


@cache
def chat_config() -> ChatConfig:
    """Return what issues tickets to chat pages."""
    secrets = api.secrets()
    return ChatConfig(
        keys=api.ports().api_keys,
        tickets=DynamoTickets(clients.table()),
        ticket_key=partial(secrets.get, TICKET_KEY),
        own_origin=lambda: api_key.origin_of(secrets.get(WEBHOOK_URL)),
        websocket_url=partial(secrets.get, WEBSOCKET_URL),
        new_id=clients.new_id,
        clock=clients.clock,
    )


@cache
def api_keys() -> ApiKeyService:
    """Return what the owner manages API keys with."""
    limit = clients.settings().daily_limit
    return ApiKeyService(api.ports().api_keys, daily_limit=limit, chance=token_bytes, clock=clients.clock)
