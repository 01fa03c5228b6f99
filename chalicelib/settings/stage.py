"""The settings of one stage, read once from the environment; secrets are in SSM and never here.

Every group reads its own variables. `Settings.from_env` reads all groups and reports all errors together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from chalicelib.errors import ConfigError
from chalicelib.ids import Channels
from chalicelib.settings import bedrock as of_bedrock
from chalicelib.settings import languages
from chalicelib.settings import variables as parse
from chalicelib.settings.bedrock import BedrockSettings
from chalicelib.settings.choice import ChoiceSettings
from chalicelib.settings.privacy import PrivacySettings
from chalicelib.settings.tools import ToolSettings
from chalicelib.settings.variables import Variables

APP_NAME: Final = "parley"
OPENAI_HOST: Final = "api.openai.com"
CONNECTIONS_URL: Final = "https://{api}.execute-api.{region}.amazonaws.com/{stage}"
"""API Gateway refuses requests to its `@connections` API at a custom domain, so an event's `domainName` is not used."""


class Secret(StrEnum):
    """The names of the SSM parameters below `/parley/<stage>/`, in the order in which the owner obtains them.

    The last five are no secrets; a deployment determines them and stores them beside the secrets.
    """

    APP_ID = "app-id"
    APP_SECRET = "app-secret"  # noqa: S105 (a name, here and below)
    APP_SECRET_PREVIOUS = "app-secret-previous"  # noqa: S105
    """Still valid after the app secret was renewed, because Meta may still sign with it."""
    PAGE_TOKEN = "page-token"  # noqa: S105
    OPENAI_KEY = "openai-key"
    VERIFY_TOKEN = "verify-token"  # noqa: S105
    TICKET_KEY = "ticket-key"
    PSEUDONYM_KEY = "pseudonym-key"
    """Keys the pseudonyms of people in logs and at the model's provider."""
    MCP_TOKENS = "mcp-tokens"
    """What MCP servers want to know the bot by, as `server=token` with commas between them; missing for none."""
    PAGE_ID = "page-id"
    """Of the page whose events the bot handles."""
    API_URL = "api-url"
    """Of the REST API, with the chat page."""
    WEBHOOK_URL = "webhook-url"
    WEBSOCKET_URL = "websocket-url"
    FIRST_ISSUER = "first-issuer"
    """The first issuer with which people could sign in; missing where none was configured yet."""
    TOPIC_ARN = "topic-arn"


@dataclass(frozen=True)
class Stage:
    """The name of the stage, and the AWS resources that are named after it."""

    name: str
    channels: Channels
    table: str
    secrets_prefix: str
    """Of its SSM parameters, without a slash at the end."""
    worker_function: str
    api_function: str
    wake: Literal["lambda", "fifo"]
    """How the worker is invoked: directly, or through a FIFO queue."""
    wake_queue: str
    """The queue's name; it exists with `fifo` only."""

    @property
    def websocket_functions(self) -> Sequence[str]:
        """The handlers of the WebSocket routes `$connect`, `$default` and `$disconnect`; none without the web chat."""
        routes = ("connect", "message", "disconnect") if self.channels.web else ()
        return tuple(f"{APP_NAME}-{self.name}-websocket_{route}" for route in routes)

    @classmethod
    def from_env(cls, env: Variables) -> "Stage":
        """Parse PARLEY_STAGE, PARLEY_CHANNELS, PARLEY_TABLE and PARLEY_WAKE."""
        name = env.text("PARLEY_STAGE", "dev")
        return cls(
            name=name,
            channels=channels_of(env),
            table=env.text("PARLEY_TABLE", f"{APP_NAME}-{name}"),
            secrets_prefix=f"/{APP_NAME}/{name}",
            worker_function=f"{APP_NAME}-{name}-worker",
            api_function=f"{APP_NAME}-{name}",
            wake=env.read("PARLEY_WAKE", "lambda", parse.wake),
            wake_queue=f"{APP_NAME}-{name}-wake.fifo",
        )


@dataclass(frozen=True)
class Limits:
    """How much users may ask, the model may cost a day, answers may take and the model is told; when a day begins."""

    daily_limit: int
    """Questions a day for each user."""
    daily_budget: int
    """Micro-USD a day for the model; with 0, no request is made to a model that costs money."""
    monthly_budget: int | None
    """The same for a month; None for no limit but the days'."""
    person_share: Decimal
    """The share of each budget that one person may use who is not unlimited, from 0.01 to 1."""
    zone: ZoneInfo
    """The owner's time zone: a day begins at its midnight."""
    workers: int
    """The most conversations that are answered at the same time, if AWS lets the deployment limit them."""
    answer_s: int
    """The most seconds that the model may take for an answer."""
    memory_tokens: int
    """Estimated tokens of the question, and of what the model is told of the past, together."""
    join_messages: bool
    """Whether messages that a person sends while one is being answered are answered together."""

    @property
    def open_of_a_key(self) -> int:
        """The most open conversations of all people of one API key: half, so that workers are left for others."""
        return self.workers // 2

    @classmethod
    def from_env(cls, env: Variables) -> "Limits":
        """Parse what the names below say. Whether the worker's timeout is long enough is checked at deployment."""
        return cls(
            daily_limit=env.read("PARLEY_DAILY_LIMIT", "10", parse.whole_number),
            daily_budget=env.read("PARLEY_DAILY_BUDGET_USD", "1", parse.micro_usd),
            monthly_budget=env.read("PARLEY_MONTHLY_BUDGET_USD", "", parse.micro_usd_or_none),
            person_share=env.read("PARLEY_PERSON_BUDGET_SHARE", "0.25", parse.share),
            zone=env.read("PARLEY_TIMEZONE", "UTC", parse.zone),
            workers=env.read("PARLEY_WORKERS", "10", parse.workers),
            answer_s=env.read("PARLEY_ANSWER_SECONDS", "80", parse.answer_seconds),
            memory_tokens=env.read("PARLEY_MEMORY_TOKENS", "3000", parse.memory_tokens),
            join_messages=env.read("PARLEY_JOIN_MESSAGES", "off", parse.switch),
        )


@dataclass(frozen=True)
class ModelSettings:
    """Which model answers, and how requests to its server are made."""

    name: str
    api: Literal["responses", "chat"]
    """The wire format of requests."""
    effort: str
    """The reasoning effort; empty to send none."""
    base_url: str
    bedrock: BedrockSettings | None = None
    """Where the model is asked if it is one of Bedrock; `api` and `base_url` then mean nothing."""

    @property
    def host(self) -> str:
        """The host that receives users' messages; in DNS its name may end with a dot, which makes no difference."""
        host = self.bedrock.host if self.bedrock else urlsplit(self.base_url).hostname
        return (host or self.base_url).removesuffix(".")

    @property
    def is_openai(self) -> bool:
        """Whether the server is OpenAI's own, also in one of its regions."""
        return self.host == OPENAI_HOST or self.host.endswith(f".{OPENAI_HOST}")

    @property
    def is_regional(self) -> bool:
        """Whether the server is OpenAI's in one region, such as eu.api.openai.com."""
        return self.is_openai and self.host != OPENAI_HOST

    @classmethod
    def from_env(cls, env: Variables) -> "ModelSettings":
        """Parse PARLEY_MODEL, PARLEY_MODEL_API, PARLEY_REASONING_EFFORT, OPENAI_BASE_URL, and Bedrock's settings.

        Without a choice, OpenAI gets requests in `responses` and with the effort `none`, as its models at Bedrock do;
        other servers get them in `chat` and without an effort, which they may not know.
        """
        name = env.read("PARLEY_MODEL", "gpt-6-luna", of_bedrock.model_name)
        bedrock = BedrockSettings.from_env(env)
        base_url = env.read("OPENAI_BASE_URL", "", lambda variable, value: value and parse.address(variable, value))
        settings = cls(name, "chat", "", base_url or f"https://{OPENAI_HOST}/v1")
        if name.startswith(of_bedrock.PREFIX):
            settings = replace(settings, name=name.removeprefix(of_bedrock.PREFIX), bedrock=bedrock)
        usual: Literal["responses", "chat"] = "responses" if settings.is_openai else "chat"
        return replace(
            settings,
            api=env.read("PARLEY_MODEL_API", "auto", lambda variable, value: parse.api(variable, value, usual)),
            effort=env.text("PARLEY_REASONING_EFFORT", "none" if settings.is_openai or "openai." in name else ""),
        )


@dataclass(frozen=True)
class MessengerSettings:
    """The Facebook page."""

    graph_url: str
    """The Graph API's base URL with its version, without a slash at the end."""
    persona: str
    """The name of the persona that answers on Messenger. Whether there is such a persona is checked at deployment."""

    @classmethod
    def from_env(cls, env: Variables) -> "MessengerSettings":
        """Parse PARLEY_GRAPH_URL and PARLEY_MESSENGER_PERSONA."""
        return cls(
            graph_url=env.read("PARLEY_GRAPH_URL", "https://graph.facebook.com/v25.0", parse.address).rstrip("/"),
            persona=env.text("PARLEY_MESSENGER_PERSONA", "assistant"),
        )


@dataclass(frozen=True)
class SignIn:
    """The OpenID Connect issuer whose ID tokens authenticate users of the web chat."""

    issuer: str
    audience: str
    """The bot's client id at that issuer."""


@dataclass(frozen=True)
class WebSettings:
    """The web chat."""

    connections_url: str
    """The endpoint that sends to WebSocket connections, with the blanks `{api}`, `{region}` and `{stage}`."""
    sign_in: SignIn | None
    """None where users cannot sign in."""
    persona: str
    """The name of the persona that answers those who signed in; as with Messenger's, deployment checks it."""
    open_key: str
    """The id of the open key of connections whose address names none; empty if those must authenticate."""
    only_by_address: bool
    """Whether connections without credentials in their address are refused, instead of authenticating by a frame."""

    @classmethod
    def from_env(cls, env: Variables) -> "WebSettings":
        """Parse what the names below say."""
        issuer, audience = env.read("PARLEY_OIDC_ISSUER", "", parse.issuer), env.text("PARLEY_OIDC_AUDIENCE")
        if bool(env.text("PARLEY_OIDC_ISSUER")) != bool(audience):
            given = "PARLEY_OIDC_AUDIENCE" if audience else "PARLEY_OIDC_ISSUER"
            reason = "PARLEY_OIDC_ISSUER and PARLEY_OIDC_AUDIENCE belong together: set both, or none"
            env.errors.setdefault(given, reason)
        return cls(
            connections_url=env.text("PARLEY_CONNECTIONS_URL", CONNECTIONS_URL),
            sign_in=SignIn(issuer, audience) if issuer else None,
            persona=env.text("PARLEY_WEB_PERSONA", "web"),
            open_key=env.read("PARLEY_OPEN_KEY", "", parse.key_id),
            only_by_address=env.read("PARLEY_WEB_AUTHENTICATE", "frame", parse.authenticate) == "handshake",
        )


@dataclass(frozen=True)
class Settings:
    """All settings of one stage. The defaults are those of a family's bot."""

    stage: Stage
    limits: Limits
    model: ModelSettings
    choice: ChoiceSettings
    messenger: MessengerSettings
    web: WebSettings
    privacy: PrivacySettings
    personas_offered: tuple[str, ...]
    """The names of the personas between which people may change; deployment checks them too."""
    tools: ToolSettings
    language: str
    """The tag of the language of the owner's mails, and of people of whom no other one is known."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Parse the environment. Raises ConfigError with a line for each setting that is invalid and why."""
        settings, errors = read(env)
        if errors:
            raise ConfigError("\n".join(errors.values()))
        return settings


def channels_of(env: Variables) -> Channels:
    """Parse PARLEY_CHANNELS; both if it is missing, as in deployments from before it."""
    return env.read("PARLEY_CHANNELS", "messenger,web", parse.channels)


def read(env: Mapping[str, str]) -> tuple[Settings, Mapping[str, str]]:
    """Parse the environment, and say of each setting that is invalid why; its default is used instead."""
    settings, variables = _read(env)
    return settings, variables.errors


def names() -> frozenset[str]:
    """Return the names of all variables that are read."""
    return frozenset(_read({})[1].names)


def names_without_use(channels: Channels) -> frozenset[str]:
    """Return the names of the variables that nothing reads in a deployment with these channels."""
    variables = Variables({})
    if not channels.messenger:
        MessengerSettings.from_env(variables)
    if not channels.web:
        WebSettings.from_env(variables)
    return frozenset(variables.names)


def _read(env: Mapping[str, str]) -> tuple[Settings, Variables]:
    variables = Variables(env)
    settings = Settings(
        stage=Stage.from_env(variables),
        limits=Limits.from_env(variables),
        model=ModelSettings.from_env(variables),
        choice=ChoiceSettings.from_env(variables),
        messenger=MessengerSettings.from_env(variables),
        web=WebSettings.from_env(variables),
        privacy=PrivacySettings.from_env(variables),
        personas_offered=variables.read("PARLEY_PERSONAS_OFFERED", "", parse.names),
        tools=ToolSettings.from_env(variables),
        language=variables.read("PARLEY_LANGUAGE", languages.ENGLISH, languages.language),
    )
    return settings, variables
