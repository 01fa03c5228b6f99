"""The worker's health check; also run by the owner's `doctor`, which may read the stage's secrets."""

from collections.abc import Iterator
from functools import cache, partial
from typing import Final

from chalicelib.aws.dynamodb.checkups import DynamoCheckups
from chalicelib.bootstrap import clients, models, tools
from chalicelib.bootstrap.worker import (
    graph,
    mcp_tokens,
    model,
    moderation,
    ports,
    secrets,
    secrets_of,
    set_aside,
)
from chalicelib.channels.messenger.health import MessengerHealth
from chalicelib.channels.messenger.page import GraphPage
from chalicelib.channels.messenger.probe import HttpWebhook
from chalicelib.channels.messenger.setup import Setup
from chalicelib.channels.web.code_issuer import CodeIssuer
from chalicelib.llm import listed, prices
from chalicelib.llm.health import Catalogue, ModelHealth
from chalicelib.llm.moderation_health import ModerationHealth
from chalicelib.llm.other_models import OtherModels
from chalicelib.llm.persona_models import PersonaModels
from chalicelib.llm.question import TrialQuestion
from chalicelib.operations import checks
from chalicelib.operations.findings import Check
from chalicelib.operations.health import HealthCheck
from chalicelib.operations.sign_in import codes, sign_in
from chalicelib.settings.stage import Secret

_NO_PAGE: Final = "https://doctor.invalid/"


@cache
def health_check() -> HealthCheck:
    """Return the health check of everything outside AWS that the bot depends on."""
    settings, stored, shared = clients.settings(), secrets(), ports()
    channels = settings.stage.channels
    needed = secrets_of(channels, settings)
    checks_in_order = [
        checks.secrets(lambda: [one for one in needed if not stored.find(one)], stage=settings.stage.name),
        *(_messenger().checks() if channels.messenger else ()),
        _model().check(),
        ModerationHealth(moderation, _personas, shared.personas().named, settings.stage.name).check(),
        _others().check(),
        PersonaModels(settings, _personas, shared.personas().named, shared.clock).check(),
        *_sign_in(),
        checks.time_zone(settings.limits.zone, shared.clock),
    ]
    return HealthCheck(checks_in_order, shared.alerts(), DynamoCheckups(clients.table()), shared.clock, shared.log)


def _messenger() -> MessengerHealth:
    settings, stored = clients.settings(), secrets()
    webhook_url, verify_token = partial(stored.get, Secret.WEBHOOK_URL), partial(stored.get, Secret.VERIFY_TOKEN)
    page = GraphPage(graph(), app_id=partial(stored.get, Secret.APP_ID))
    return MessengerHealth(
        page=page,
        setup=Setup(page, ports().texts()),
        webhook=HttpWebhook(webhook_url, verify_token=verify_token, app_secret=partial(stored.get, Secret.APP_SECRET)),
        app_id=partial(stored.get, Secret.APP_ID),
        webhook_url=webhook_url,
        verify_token=verify_token,
        graph_url=settings.messenger.graph_url,
        stage=settings.stage.name,
        clock=clients.clock,
    )


def _sign_in() -> Iterator[Check]:
    web, stage = clients.settings().web, clients.settings().stage
    if web.sign_in and stage.channels.web:
        from chalicelib.access.oidc import OidcTokens  # noqa: PLC0415 (loads cryptography, which a turn does not need)

        tokens = OidcTokens(web.sign_in.issuer, web.sign_in.audience)
        yield sign_in(web.sign_in.issuer, tokens.published, stage=stage.name)
        issuer = CodeIssuer(web.sign_in.issuer, web.sign_in.audience)
        yield codes(partial(issuer.exchange, "doctor", verifier="v" * 43, callback=_NO_PAGE))


def _model() -> ModelHealth:
    chosen, stage = clients.settings().model, clients.settings().stage
    price = None if chosen.bedrock else prices.find(chosen.name)
    return ModelHealth(
        name=chosen.name,
        question=TrialQuestion(
            models.without_fallback(model()),
            _personas,
            set_aside,
            stage.name,
            ports().personas().named,
            tools.toolbox(ports(), mcp_tokens).specs,
            models.strict(model()),
        ),
        catalogue=_catalogue(),
        shutdown=price.shutdown if price else None,
        stage=stage.name,
        clock=clients.clock,
    )


def _others() -> OtherModels:
    settings = clients.settings()
    return OtherModels(models.without_fallback(model()), listed.beside(settings), set_aside, settings.stage.name)


def _catalogue() -> Catalogue:
    """Return the list of models; the library of its provider is imported here, and no other provider's."""
    chosen = clients.settings().model
    if chosen.bedrock:
        from chalicelib.bootstrap import bedrock_model  # noqa: PLC0415

        return bedrock_model.catalogue(chosen, answer_s=clients.settings().limits.answer_s)
    from chalicelib.bootstrap import openai_model  # noqa: PLC0415

    return openai_model.catalogue(chosen, secrets())


def _personas() -> frozenset[str]:
    return ports().entitlements().personas_in_use(clients.channels(), now=clients.clock())
