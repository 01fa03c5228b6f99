"""Builds the model of OpenAI, or of a server with the same API; loads the SDK."""

from functools import cache, partial
from ssl import SSLContext

from httpx2 import AsyncClient, create_ssl_context
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, OpenAI

from chalicelib.aws.ssm import Secrets
from chalicelib.llm import prices
from chalicelib.llm.kept_connections import LIMITS, KeptConnections
from chalicelib.llm.moderation import OpenAIModeration
from chalicelib.llm.openai import OpenAICatalogue, OpenAIModel
from chalicelib.settings.stage import ModelSettings, Secret


def model(chosen: ModelSettings, secrets: Secrets, *, requests: int = 2, asks_busy_again: bool = True) -> OpenAIModel:
    """Return a model that answers."""
    return OpenAIModel(
        name=chosen.name,
        effort=chosen.effort,
        api=chosen.api,
        connections=_connections(),
        client=partial(_asynchronous, chosen, secrets),
        price=prices.price_of(chosen),
        is_openai=chosen.is_openai,
        renew=partial(secrets.renew, Secret.OPENAI_KEY),
        requests=requests,
        asks_busy_again=asks_busy_again,
    )


def moderation(chosen: ModelSettings, secrets: Secrets) -> OpenAIModeration:
    """Return the server's moderation endpoint, which only OpenAI's own server has for sure."""
    return OpenAIModeration(_connections(), partial(_asynchronous, chosen, secrets))


def catalogue(chosen: ModelSettings, secrets: Secrets) -> OpenAICatalogue:
    """Return the server's list of models."""

    def client() -> OpenAI:
        """Return the SDK's client for the key as it is now. Raises ConfigError without one."""
        return _openai(secrets.get(Secret.OPENAI_KEY), chosen.base_url)

    return OpenAICatalogue(chosen.name, is_openai=chosen.is_openai, client=client)


def _asynchronous(chosen: ModelSettings, secrets: Secrets, http: AsyncClient) -> AsyncOpenAI:
    """Return the SDK's client for the key as it is now. Raises ConfigError without one."""
    return AsyncOpenAI(api_key=secrets.get(Secret.OPENAI_KEY), base_url=chosen.base_url, http_client=http)


@cache
def _openai(key: str, base_url: str) -> OpenAI:
    """One client per key, as a client keeps its connections."""
    return OpenAI(api_key=key, base_url=base_url)


@cache
def _connections() -> KeptConnections:
    """All models at one server share them, so that the first answer of each finds one open."""
    return KeptConnections(_http)


def _http() -> AsyncClient:
    return DefaultAsyncHttpxClient(verify=_tls(), limits=LIMITS)


@cache
def _tls() -> SSLContext:
    """All clients share it: loading the certificates takes longer than building a client."""
    return create_ssl_context()
