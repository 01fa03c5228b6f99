"""The owner's secrets: reads them from the environment or a file, validates them, stores them in SSM. Prints nothing.

A value that is neither given nor stored already is asked for by the command, without echo.
"""

import re
import secrets
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chalicelib.errors import ConfigError
from chalicelib.ids import Channels, Needs
from chalicelib.settings.stage import ModelSettings, Secret

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True)
class Kind:
    """One secret: its name in SSM, its environment variable, and its format."""

    name: str
    variable: str
    label: str
    pattern: str
    looks_like: str


_OF_FACEBOOK: Final = (
    Kind(Secret.APP_ID, "PARLEY_APP_ID", "App ID", r"[0-9]{5,20}", "digits, from the app's page Settings > Basic"),
    Kind(
        Secret.APP_SECRET,
        "PARLEY_APP_SECRET",
        "App secret",
        r"[0-9a-f]{32}",
        "32 digits and letters a to f, from the app's page Settings > Basic",
    ),
    Kind(
        Secret.PAGE_TOKEN,
        "PARLEY_PAGE_TOKEN",
        "Page access token",
        r"[A-Za-z0-9_-]{20,}",
        "a long row of letters and digits, without spaces",
    ),
)
_OF_THE_MODEL: Final = Kind(
    Secret.OPENAI_KEY,
    "OPENAI_API_KEY",
    "OpenAI API key",
    r"[!-~]+",
    "plain letters, digits and signs, beginning with sk-; `none` for a server without keys",
)
KINDS: Final = (*_OF_FACEBOOK, _OF_THE_MODEL)
"""In the order of the set-up guide, which says where to find each."""
GENERATED: Final[Mapping[str, int]] = {
    Secret.VERIFY_TOKEN: 24,
    Secret.TICKET_KEY: 32,
    Secret.PSEUDONYM_KEY: 32,
}
"""Secrets that are generated once and that the owner need not know, with the number of their random bytes."""
_GENERATED_FOR: Final = Needs[Secret](
    always=(Secret.PSEUDONYM_KEY,), messenger=(Secret.VERIFY_TOKEN,), web=(Secret.TICKET_KEY,)
)
OF_FACEBOOK: Final = (*(kind.name for kind in _OF_FACEBOOK), Secret.APP_SECRET_PREVIOUS, Secret.VERIFY_TOKEN)
"""The secrets of Messenger alone; they are deleted once it is switched off."""


@dataclass(frozen=True)
class Vault:
    """Stores the secrets of one stage in SSM."""

    client: "SSMClient" = field(repr=False)
    prefix: str

    def stored(self) -> dict[str, str]:
        """Return all stored secrets by name. The values must never be printed."""
        names = [*(kind.name for kind in KINDS), *GENERATED, Secret.APP_SECRET_PREVIOUS]
        found = self.client.get_parameters(Names=[f"{self.prefix}/{name}" for name in names], WithDecryption=True)
        return {one["Name"].rpartition("/")[2]: one["Value"] for one in found["Parameters"]}

    def put(self, values: Mapping[str, str]) -> None:
        """Store these values as SecureStrings. Existing ones are replaced, but not those that are generated once."""
        for name, value in values.items():
            path, is_kept = f"{self.prefix}/{name}", name in GENERATED
            with suppress(self.client.exceptions.ParameterAlreadyExists):  # another deployment was first
                self.client.put_parameter(Name=path, Value=value, Type="SecureString", Overwrite=not is_kept)

    def note(self, name: str, value: str) -> None:
        """Store a value that is no secret, such as a URL, as a String beside the secrets."""
        self.client.put_parameter(Name=f"{self.prefix}/{name}", Value=value, Type="String", Overwrite=True)

    def note_once(self, name: str, value: str) -> None:
        """Do the same, unless a value is stored already."""
        with suppress(self.client.exceptions.ParameterAlreadyExists):
            self.client.put_parameter(Name=f"{self.prefix}/{name}", Value=value, Type="String", Overwrite=False)

    def noted(self, name: str) -> str:
        """Return a value stored by `note`; empty when there is none."""
        found = self.client.get_parameters(Names=[f"{self.prefix}/{name}"])["Parameters"]
        return found[0]["Value"] if found else ""

    def forget(self, names: Sequence[str]) -> None:
        """Delete these values, of which some may not exist; at most 10."""
        self.client.delete_parameters(Names=[f"{self.prefix}/{name}" for name in names])

    def delete(self) -> None:
        """Delete everything below the prefix."""
        pages = self.client.get_paginator("get_parameters_by_path").paginate(Path=self.prefix, Recursive=True)
        names = [one["Name"] for page in pages for one in page["Parameters"]]
        for start in range(0, len(names), 10):
            self.client.delete_parameters(Names=names[start : start + 10])


def kinds(channels: Channels, models: Sequence[ModelSettings]) -> Sequence[Kind]:
    """Return the secrets that a deployment with these channels and these models needs, in the order of KINDS."""
    of_the_model = () if all(model.bedrock for model in models) else (_OF_THE_MODEL,)
    return (*_OF_FACEBOOK, *of_the_model) if channels.messenger else of_the_model


def generated(channels: Channels) -> Mapping[str, int]:
    """Return those of GENERATED that a deployment with these channels needs."""
    return {name: size for name, size in GENERATED.items() if name in _GENERATED_FOR.of(channels)}


def given(
    channels: Channels, models: Sequence[ModelSettings], env: Mapping[str, str], file: Path | None
) -> dict[str, str]:
    """Parse the secrets in the environment and in a TOML file (`page-token = "..."`); the environment has precedence.

    Those of channels that are off are left out, and the key of models that need none.

    Raises ConfigError for an unreadable file, an unknown name or an invalid value.
    """
    found = {**_of_file(file), **{kind.name: env[kind.variable] for kind in KINDS if env.get(kind.variable)}}
    return {kind.name: check(kind, found[kind.name]) for kind in kinds(channels, models) if kind.name in found}


def missing(channels: Channels, models: Sequence[ModelSettings], known: Mapping[str, str]) -> Sequence[Kind]:
    """Return the secrets that channels and models need and that are not in `known`, in the order of KINDS."""
    return [kind for kind in kinds(channels, models) if kind.name not in known]


def check(kind: Kind, value: str) -> str:
    """Return the value without white space around it. Raises ConfigError, which does not contain the value."""
    if not re.fullmatch(kind.pattern, value.strip()):
        raise ConfigError(f"that is no {kind.label}: it must be {kind.looks_like}")
    return value.strip()


def to_store(
    channels: Channels,
    new: Mapping[str, str],
    stored: Mapping[str, str],
    *,
    token: Callable[[int], str] = secrets.token_urlsafe,
) -> dict[str, str]:
    """Return what to store: changed values, generated secrets that are missing, and the app secret that is replaced.

    The replaced app secret stays valid beside the new one, because Facebook may still sign with it. It is stored
    before that one: if the command is interrupted in between, the new one alone would have overwritten it.

    A stage of a version without a key of the pseudonyms made them with the app secret, so its key is a copy of that.
    Generated secrets are stored first: a first deployment that is interrupted must not look like such a stage.
    """
    lacking = {name: token(size) for name, size in generated(channels).items() if name not in stored}
    if Secret.PSEUDONYM_KEY in lacking and Secret.APP_SECRET in stored:
        lacking[Secret.PSEUDONYM_KEY] = stored[Secret.APP_SECRET]
    changed = {name: value for name, value in new.items() if stored.get(name) != value}
    if Secret.APP_SECRET in changed and Secret.APP_SECRET in stored:
        changed = {Secret.APP_SECRET_PREVIOUS: stored[Secret.APP_SECRET], **changed}
    return lacking | changed


def _of_file(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        content = tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as exc:
        raise ConfigError(f"{file} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise ConfigError(f'{file} is no TOML: lines must look like page-token = "..."') from exc
    unknown = sorted(content.keys() - {kind.name for kind in KINDS})
    if unknown:
        raise ConfigError(f"{file}: unknown {', '.join(unknown)}; known are {', '.join(kind.name for kind in KINDS)}")
    if strange := sorted(name for name, value in content.items() if type(value) not in {str, int}):
        raise ConfigError(f'{file}: {", ".join(strange)} must be text in quotes, such as page-token = "..."')
    return {name: str(value) for name, value in content.items()}
