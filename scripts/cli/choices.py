"""Asks at the first deployment for the region and the model, and writes the answers to the project's configuration."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from chalicelib.errors import ConfigError
from chalicelib.settings import bedrock, variables
from chalicelib.settings.stage import OPENAI_HOST, ModelSettings, Settings
from scripts.stage import config_file
from scripts.stage.config_file import REGION

if TYPE_CHECKING:
    from scripts.deploy.deployment import Deployment
    from scripts.stage.environment import Aws

_SERVER: Final = "OPENAI_BASE_URL"
_MODEL: Final = "PARLEY_MODEL"
_REGION: Final = "PARLEY_BEDROCK_REGION"
_USUAL_REGION: Final = "eu-central-1"
_PROVIDERS: Final = {"openai": f"https://{OPENAI_HOST}/v1", "openai-eu": f"https://eu.{OPENAI_HOST}/v1"}
_BEDROCK: Final = "bedrock"
_ABOUT_PROVIDERS: Final = """
Who runs the model: openai, openai-eu (OpenAI's servers in Europe, a tenth
dearer), bedrock (Amazon Bedrock, in your AWS account and without a key), or
another server that speaks OpenAI's protocol, by its address."""
_ABOUT_BEDROCK: Final = """
Current models are asked through an inference profile: its id begins with the
area in which answers are written, such as us., eu., apac. or global."""
_AREAS: Final = {"us": "us", "eu": "eu", "ap": "apac"}
_OFFERED_AT_BEDROCK: Final = "amazon.nova-lite-v1:0"
_OFFERED_ELSEWHERE: Final = "global.amazon.nova-2-lite-v1:0"
"""In regions of an area without a profile of that model."""


def can_ask(*, ask: bool) -> bool:
    """Whether the owner wants questions and is at a terminal."""
    return ask and sys.stdin.isatty()


def region(deployment: "Deployment", *, ask: bool) -> str:
    """Return the region that the owner answers; empty if one was chosen, or this machine has deployed the stage."""
    aws = deployment.environment.aws
    was_chosen = config_file.load(deployment.project).region(deployment.stage) or os.environ.get("AWS_REGION")
    if was_chosen or deployment.region_note.exists() or not can_ask(ask=ask):
        return ""

    def checked(name: str) -> str:
        if not aws.offers(name):
            raise ConfigError(f"there is no AWS region {name}")
        return name

    return _answer("AWS region", str(aws.session.region_name or _USUAL_REGION), checked)


def model(deployment: "Deployment", *, ask: bool) -> Mapping[str, str]:
    """Return the variables with the provider and the model that the owner answers before the first deployment.

    What the project's configuration has is not asked for.
    """
    known = _known(deployment)
    is_chosen = {_SERVER, _MODEL} <= known.keys() or known.get(_MODEL, "").startswith(bedrock.PREFIX)
    if is_chosen or not can_ask(ask=ask) or deployment.stack.status():
        return {}
    chosen, settings = {}, deployment.environment.settings.model
    if _SERVER not in known:
        click.echo(_ABOUT_PROVIDERS.lstrip())
        names = {address: name for name, address in _PROVIDERS.items()}
        offered = _BEDROCK if settings.bedrock else names.get(settings.base_url, settings.base_url)
        chosen[_SERVER] = _answer("Provider", offered, _server)
    if chosen.get(_SERVER) == _BEDROCK:
        chosen = _at_bedrock(settings, deployment.environment.aws)
    elif _MODEL not in known:
        chosen[_MODEL] = _answer("Model", _offered_model(settings, chosen), _model)
    click.echo()
    return chosen


def settings_with(deployment: "Deployment", chosen: Mapping[str, str]) -> Settings:
    """Return the settings as the functions get them with these variables."""
    return Settings.from_env({**_known(deployment), **chosen})


def _at_bedrock(settings: ModelSettings, aws: "Aws") -> dict[str, str]:
    """Return the variables with the region and the id that the owner answers."""
    region = _answer("Bedrock's region", aws.region, _region)
    area = _AREAS.get(region[:2])
    usual = f"{area}.{_OFFERED_AT_BEDROCK}" if area else _OFFERED_ELSEWHERE
    offered = settings.name if settings.bedrock else usual
    click.echo(_ABOUT_BEDROCK)
    model = _answer("Model or profile", offered, _id)
    return {_MODEL: f"{bedrock.PREFIX}{model}", **({} if region == aws.region else {_REGION: region})}


def keep(deployment: "Deployment", chosen: Mapping[str, str], region: str) -> None:
    """Write to the project's configuration what it does not have yet; an empty region keeps that of the file."""
    project, stage, known = deployment.project, deployment.stage, _known(deployment)
    new = {name: value for name, value in chosen.items() if known.get(name) != value}
    moved = region if region != config_file.load(project).region(stage) else ""
    if not (new or moved):
        return
    config_file.write(project, stage, new, region=moved)
    click.echo(f"{config_file.NAME}, stage {stage}, has now:")
    for name, value in {**new, **({REGION: moved} if moved else {})}.items():
        click.echo(f"  {name}: {value}")
    click.echo()


def _known(deployment: "Deployment") -> Mapping[str, str]:
    """Return the variables that the project's configuration has for the stage."""
    return config_file.load(deployment.project).variables(deployment.stage, {}).values


def _offered_model(settings: ModelSettings, chosen: Mapping[str, str]) -> str | None:
    """Return the model to offer: OpenAI's default is none for another provider's server."""
    server = replace(settings, base_url=chosen.get(_SERVER, settings.base_url))
    return settings.name if server.is_openai or _MODEL in os.environ else None


def _server(answer: str) -> str:
    if answer == _BEDROCK:
        return answer
    if answer in _PROVIDERS:
        return _PROVIDERS[answer]
    if "://" not in answer:
        raise ConfigError(
            f'"{answer}" is no provider: write {", ".join((*_PROVIDERS, _BEDROCK))} or an https:// address'
        )
    return variables.address("the provider", answer)


def _model(answer: str) -> str:
    return variables.name("the model", answer)


def _region(answer: str) -> str:
    return bedrock.region("the region", answer)


def _id(answer: str) -> str:
    answer = answer.removeprefix(bedrock.PREFIX)
    bedrock.model_name("the model", f"{bedrock.PREFIX}{answer}")
    return answer


def _answer(question: str, offered: str | None, checked: Callable[[str], str]) -> str:
    """Ask until `checked` accepts the answer."""
    while True:
        try:
            return checked(click.prompt(question, default=offered).strip())
        except ConfigError as exc:
            click.echo(f"  {exc}", err=True)
