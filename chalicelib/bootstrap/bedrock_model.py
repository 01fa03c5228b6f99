"""Builds the model of Amazon Bedrock, which is asked with the function's role and without a key."""

from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.config import Config

from chalicelib.bootstrap import clients
from chalicelib.llm import prices
from chalicelib.llm.bedrock_catalogue import BedrockCatalogue
from chalicelib.llm.converse import ConverseModel
from chalicelib.llm.converse_request import Guardrail
from chalicelib.settings.stage import ModelSettings

_CONNECT_S: Final = 3


def model(chosen: ModelSettings, *, answer_s: int, requests: int = 2, asks_busy_again: bool = True) -> ConverseModel:
    """Return the model that answers, of which an answer takes at most `answer_s` seconds.

    Its client is built now: before the first event a function has more CPU.
    """
    client = _client(_region(chosen), answer_s)
    guardrail = chosen.bedrock.guardrail if chosen.bedrock else None
    return ConverseModel(
        name=chosen.name,
        effort=chosen.effort,
        client=lambda: client,
        price=prices.price_of(chosen),
        guardrail=Guardrail(*guardrail) if guardrail else None,
        requests=requests,
        asks_busy_again=asks_busy_again,
    )


def catalogue(chosen: ModelSettings, *, answer_s: int) -> BedrockCatalogue:
    """Return what can be looked up without a right to do so."""
    return BedrockCatalogue(lambda: str(urlsplit(_client(_region(chosen), answer_s).meta.endpoint_url).hostname))


def _region(chosen: ModelSettings) -> str:
    return chosen.bedrock.region if chosen.bedrock else ""


@cache
def _client(region: str, answer_s: int) -> Any:
    """Return the client, which sends each request once: the model decides whether to repeat it."""
    config = Config(
        connect_timeout=_CONNECT_S,
        read_timeout=answer_s,
        tcp_keepalive=True,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return clients.session().client("bedrock-runtime", region_name=region or None, config=config)
