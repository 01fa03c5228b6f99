"""The deployment's settings, read once from the environment; no secret is one of them (those are in SSM)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.errors import ConfigError

APP_NAME = "parley"
OPENAI_HOST = "api.openai.com"
_ISSUER = re.compile(r"https?://[^\s?#@]+", re.ASCII)
_CONTACT = re.compile(r"https://\S+|[^\s@:]+@[^\s@]+")


class Secret(StrEnum):
    """The names of the SSM parameters below `/parley/<stage>/`, in the order in which the owner obtains them.

    The last three are addresses and no secrets; they are known only after a deployment, which stores them beside.
    """

    APP_ID = "app-id"
    APP_SECRET = "app-secret"  # noqa: S105 (a name, here and below)
    APP_SECRET_PREVIOUS = "app-secret-previous"  # noqa: S105
    """Still valid after the app secret was renewed, because Meta may still sign with it."""
    PAGE_TOKEN = "page-token"  # noqa: S105
    OPENAI_KEY = "openai-key"
    VERIFY_TOKEN = "verify-token"  # noqa: S105
    TICKET_KEY = "ticket-key"
    WEBHOOK_URL = "webhook-url"
    WEBSOCKET_URL = "websocket-url"
    TOPIC_ARN = "topic-arn"


@dataclass(frozen=True)
class Settings:
    """What one stage is told. Defaults are those of a family's bot."""

    stage: str
    table: str
    secrets_prefix: str
    worker_function: str
    api_function: str
    websocket_functions: Sequence[str]
    """Of one that is opened, of its frames, and of its end."""
    wake: Literal["lambda", "fifo"]
    """How the worker is woken."""
    wake_queue: str
    """The queue for `fifo`."""
    zone: ZoneInfo
    daily_limit: int
    daily_budget: int
    """Micro-USD for the model a day; with nothing, none that costs money is asked."""
    model: str
    model_api: Literal["responses", "chat"]
    """The wire format to ask in."""
    reasoning_effort: str
    openai_base_url: str
    graph_url: str
    """With the version."""
    connections_url: str
    """Where WebSockets are written to, with `{domain}`, `{stage}` and `{api}` to be filled in."""
    contact: str
    """Where people reach the owner, an e-mail or https address; empty for the page itself."""
    region: str
    """The AWS region; empty where it is not known."""
    oidc_issuer: str
    """Who signs people in on the web; empty for nobody."""
    oidc_audience: str
    """What that issuer calls this bot; empty with it."""

    @property
    def model_host(self) -> str:
        """Who gets people's words."""
        return urlsplit(self.openai_base_url).hostname or self.openai_base_url

    @property
    def asks_openai(self) -> bool:
        """Whether answers are OpenAI's, for money, and not those of another server."""
        return _is_openai(self.openai_base_url)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Raises ConfigError, which names every setting that cannot be used and what it should look like."""
        stage = env.get("PARLEY_STAGE", "dev")
        base_url = env.get("OPENAI_BASE_URL", "") or f"https://{OPENAI_HOST}/v1"
        is_openai = _is_openai(base_url)
        oidc_issuer, oidc_audience = _sign_in(env.get("PARLEY_OIDC_ISSUER", ""), env.get("PARLEY_OIDC_AUDIENCE", ""))
        return cls(
            stage=stage,
            table=env.get("PARLEY_TABLE", f"{APP_NAME}-{stage}"),
            secrets_prefix=f"/{APP_NAME}/{stage}",
            worker_function=f"{APP_NAME}-{stage}-worker",
            api_function=f"{APP_NAME}-{stage}",
            websocket_functions=tuple(
                f"{APP_NAME}-{stage}-websocket_{of}" for of in ("connect", "message", "disconnect")
            ),
            wake=_wake(env.get("PARLEY_WAKE", "lambda")),
            wake_queue=f"{APP_NAME}-{stage}-wake.fifo",
            zone=_zone(env.get("PARLEY_TIMEZONE", "UTC")),
            daily_limit=_whole_number("PARLEY_DAILY_LIMIT", env.get("PARLEY_DAILY_LIMIT", "10")),
            daily_budget=_micro_usd("PARLEY_DAILY_BUDGET_USD", env.get("PARLEY_DAILY_BUDGET_USD", "1")),
            model=env.get("PARLEY_MODEL", "gpt-6-luna"),
            model_api=_api(env.get("PARLEY_MODEL_API", "auto"), is_openai=is_openai),
            reasoning_effort=env.get("PARLEY_REASONING_EFFORT", "none" if is_openai else ""),
            openai_base_url=base_url,
            graph_url=env.get("PARLEY_GRAPH_URL", "https://graph.facebook.com/v25.0").rstrip("/"),
            connections_url=env.get("PARLEY_CONNECTIONS_URL", "https://{domain}/{stage}"),
            contact=_contact(env.get("PARLEY_CONTACT", "")),
            region=env.get("AWS_DEFAULT_REGION", ""),
            oidc_issuer=oidc_issuer,
            oidc_audience=oidc_audience,
        )


def is_private_way(url: str) -> bool:
    """Whether nobody can listen on the way to that address, or answer in its place: https, or this machine itself."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback)
        )
    except ValueError:
        return False


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ConfigError(f'PARLEY_TIMEZONE is "{name}"; it must be an IANA zone such as Europe/Berlin') from exc


def _whole_number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ConfigError(f'{name} is "{value}"; it must be a whole number such as 10')
    return int(value)


def _contact(value: str) -> str:
    if value and not _CONTACT.fullmatch(value):
        raise ConfigError(f'PARLEY_CONTACT is "{value}"; it must be an e-mail address or begin with https://')
    return value


def _sign_in(issuer: str, audience: str) -> tuple[str, str]:
    if issuer and not (_ISSUER.fullmatch(issuer) and is_private_way(issuer)):
        raise ConfigError(f'PARLEY_OIDC_ISSUER is "{issuer}"; it must be an https:// address without ? and #')
    if bool(issuer) != bool(audience):
        raise ConfigError("PARLEY_OIDC_ISSUER and PARLEY_OIDC_AUDIENCE belong together: set both, or none")
    return issuer, audience


def _micro_usd(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value, re.ASCII):
        raise ConfigError(f'{name} is "{value}"; it must be an amount such as 1 or 0.50 (0: no model that costs money)')
    return int(Decimal(value) * 1_000_000)


def _is_openai(base_url: str) -> bool:
    """OpenAI itself, also in one of its regions."""
    host = urlsplit(base_url).hostname or ""
    return host == OPENAI_HOST or host.endswith(f".{OPENAI_HOST}")


def _api(value: str, *, is_openai: bool) -> Literal["responses", "chat"]:
    match value:
        case "responses" | "chat":
            return value
        case "auto":
            return "responses" if is_openai else "chat"
    raise ConfigError(f'PARLEY_MODEL_API is "{value}"; it must be auto, responses or chat')


def _wake(value: str) -> Literal["lambda", "fifo"]:
    match value:
        case "lambda" | "fifo":
            return value
    raise ConfigError(f'PARLEY_WAKE is "{value}"; it must be lambda or fifo')
