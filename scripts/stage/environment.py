"""Loads the settings of a stage and connects to its AWS account. The demo reports its own over HTTP."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chalicelib.errors import ConfigError, StoreError, WakeError
from chalicelib.settings.stage import APP_NAME, Settings, channels_of, names_without_use
from chalicelib.settings.variables import Variables
from scripts.stage import answer_time, config_file, demos
from scripts.stage.config_file import PREFIX, ConfigFile, StageVariables

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

    from chalicelib.aws.dynamodb.table import Table


ROOT: Final = Path(__file__).parents[2]
DEMO: Final = "demo"
DEMO_FOLDER: Final = ROOT / ".parley"
"""Where demos keep what they write."""
_STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")
"""The pattern that the template accepts. Without hyphens, no stage's resource names begin with another stage's."""
_TIMEOUT_S = 5
_ANSWER_S = 30
"""Seconds for a response of AWS; a late one is repeated, and some requests may not be sent twice."""
_TRIES = 3
_CONNECTIONS = 50
"""HTTP connections that a client keeps; one command closes that many WebSockets at once."""


_OF_THIS_MACHINE: Final = {
    "profile": None,
    "config_file": os.devnull,
    "credentials_file": os.devnull,
    "ca_bundle": None,
}
"""Settings of AWS's tools, from variables or files, that must not reach the demo, with a value that means nothing."""


class UsageError(click.ClickException):
    """Reports wrong arguments in one line; exits with 2."""

    exit_code = 2


@dataclass(frozen=True)
class Aws:
    """An AWS account and region, reached with the credentials of this machine."""

    session: "boto3.Session"
    config: "Config"
    endpoint: str | None = None
    _clients: dict[tuple[Any, str | None], Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def region(self) -> str:
        """The name of the region."""
        return str(self.session.region_name)

    def offers(self, region: str) -> bool:
        """Whether AWS has a region of this name with all that the bot needs; an emulator has every region."""
        return self.endpoint is not None or region in self.session.get_available_regions("lambda")

    def in_region(self, region: str) -> "Aws":
        """Return the same account in another region."""
        return connected(region, emulator=self.endpoint)

    def client(self, service: Any, *, endpoint: str | None = None) -> Any:
        """Return the boto3 client for a service, at `endpoint` if it is given.

        A command has one of each, which keeps its connections: to make one takes tens of milliseconds.
        Raises ConfigError if this machine is not set up for AWS.
        """
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 (slow; `--help` does without)

        from scripts.stage.explain import explain_setup  # noqa: PLC0415

        at = endpoint or self.endpoint
        try:
            if (service, at) not in self._clients:
                self._clients[service, at] = self.session.client(service, endpoint_url=at, config=self.config)
            return self._clients[service, at]
        except BotoCoreError as exc:
            raise ConfigError(explain_setup(exc) or f"AWS cannot be reached: {exc}") from exc
        except (ValueError, OSError) as exc:  # AWS_ENDPOINT_URL is not a URL, SSLKEYLOGFILE cannot be written
            raise ConfigError(f"AWS cannot be reached: {exc}") from exc


@dataclass(frozen=True)
class Environment:
    """The settings of one stage, and the connection to its AWS account."""

    settings: Settings
    aws: Aws
    log_file: Path | None = None
    """The log file of the demo; None for other stages, which log to CloudWatch."""
    messenger: str | None = None
    """Where the demo's stand-in for Messenger is; None for other stages."""
    functions: str | None = None
    """Where the demo runs its functions; None for other stages, whose functions AWS runs."""

    @property
    def table(self) -> "Table":
        """The DynamoDB table of the stage."""
        from chalicelib.aws.dynamodb.table import Table  # noqa: PLC0415 (imports boto3)

        return Table(self.aws.client("dynamodb"), self.settings.stage.table)

    def account(self) -> str:
        """Request the AWS account's number. Raises ConfigError unless credentials, region and network work."""
        region = self.aws.session.region_name
        if not region:
            raise ConfigError("no AWS region is set: add --region, such as --region eu-central-1")
        if not self.aws.offers(region):
            raise ConfigError(f"there is no AWS region {self.aws.region}: add --region, such as --region eu-central-1")
        with self.explaining():
            return str(self.aws.client("sts").get_caller_identity()["Account"])

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Translate errors of AWS within a block to ConfigError: one line, with what the owner can do."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (slow; `--help` does without)

        from scripts.stage.explain import explain  # noqa: PLC0415

        try:
            yield
        except (StoreError, WakeError) as exc:
            line = explain(exc.__cause__, table=self.settings.stage.table, region=self.aws.region)
            raise ConfigError(line or str(exc)) from exc
        except (ClientError, BotoCoreError) as exc:
            line = explain(exc, table=self.settings.stage.table, region=self.aws.region)
            raise ConfigError(line or f"AWS reports an error: {' '.join(str(exc).split())}") from exc


def find(stage: str, env: Mapping[str, str], *, region: str | None = None) -> Environment:
    """Load a stage's environment, in `region` if it is given, else in that of the project's configuration or of `env`.

    Raises UsageError for an undefined stage, and ConfigError for wrong settings.
    """
    return _demo(env) if stage == DEMO else _deployed(stage, env, region)


def memory_mb(stage: str) -> Mapping[str, int]:
    """Return the memory of each function in MB, deployed or not, by its name. The demo gets the default values."""
    all_of_them = config_file.load(ROOT).functions(stage)
    return {name: function["lambda_memory_size"] for name, function in all_of_them.items()}


def functions(stage: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the configuration with which `chalice deploy` creates each function, by its name in `app.py`.

    Without the web chat there are none of WebSockets.
    """
    config = config_file.load(ROOT)
    channels = channels_of(Variables(config.variables(stage, {}).values))
    return {
        name: function
        for name, function in config.functions(stage).items()
        if channels.web or not name.startswith("websocket_")
    }


def full_name(stage: str, function: str) -> str:
    """Return the name in Lambda of a function in `app.py`."""
    return f"{APP_NAME}-{stage}" if function == "api_handler" else f"{APP_NAME}-{stage}-{function}"


def configured(stage: str) -> dict[str, str]:
    """Return the environment variables of the stage's functions. Raises UsageError for an undefined stage.

    Those that only a channel reads that is off are left out.
    """
    values = of_the_functions(stage).values
    unused = names_without_use(channels_of(Variables(values)))
    return {name: value for name, value in values.items() if name not in unused}


def of_the_functions(stage: str) -> StageVariables:
    """Return the same with their places; variables of the shell do not count."""
    return _defining(stage).variables(stage, {})


def of_the_demo(env: Mapping[str, str]) -> StageVariables:
    """Return the demo's variables: those that all stages have, and those of the shell, which win."""
    return config_file.load(ROOT).variables(DEMO, env)


def _defining(stage: str) -> ConfigFile:
    config = config_file.load(ROOT)
    if stage not in config.stages:
        raise UsageError(f'there is no stage "{stage}": there are {", ".join(config.stages)} and {DEMO}')
    return config


def _deployed(stage: str, env: Mapping[str, str], region: str | None) -> Environment:
    config = _defining(stage)
    _check(config, stage)
    variables = config.variables(stage, {**_ours(env), "PARLEY_STAGE": stage})
    return Environment(variables.settings(), connected(region or config.region(stage) or env.get("AWS_REGION") or None))


def _check(config: ConfigFile, stage: str) -> None:
    """Raise ConfigError unless the names of the stage's resources differ from those of all other stages."""
    if not _STAGE.fullmatch(stage):
        reason = "its name must be 1 to 16 lower-case letters and digits, the first a letter"
        raise config.error(f"the stage {json.dumps(stage, ensure_ascii=False)} cannot be deployed: {reason}", stage)
    named = config.variables(stage, {}).values.get("PARLEY_STAGE")
    if (named, config.stages[stage].get("api_gateway_stage")) != (stage, stage):
        raise config.error(f'"{stage}" must be this stage\'s api_gateway_stage and its PARLEY_STAGE', stage)
    answer_time.check(config.variables(stage, {}), config.functions(stage)["worker"]["lambda_timeout"])


def _demo(env: Mapping[str, str]) -> Environment:
    facts = demos.chosen(env, DEMO_FOLDER)
    aws = connected(facts["region"], emulator=facts["endpoint"])
    return Environment(
        Settings.from_env(facts["settings"]),
        aws,
        Path(facts["log_file"]),
        f"{facts['url']}/messenger",
        f"{facts['url']}/lambda",
    )


def connected(region: str | None, *, emulator: str | None = None) -> Aws:
    """Connect to AWS with the owner's credentials, or to an emulator, without them and without a proxy."""
    import boto3  # noqa: PLC0415 (slow; `--help` does without)
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    from scripts.stage.explain import explain_setup  # noqa: PLC0415

    credentials = "test" if emulator else None
    config = Config(
        connect_timeout=_TIMEOUT_S,
        read_timeout=_ANSWER_S,
        max_pool_connections=_CONNECTIONS,
        retries={"total_max_attempts": _TRIES, "mode": "standard"},
        proxies={} if emulator else None,
        use_fips_endpoint=False if emulator else None,
        use_dualstack_endpoint=False if emulator else None,
    )
    unset = {name: (None, None, default, None) for name, default in _OF_THIS_MACHINE.items()} if emulator else None
    try:
        known = botocore.session.Session(unset)
        session = boto3.Session(credentials, credentials, region_name=region, botocore_session=known)
        return Aws(session, config, emulator)
    except BotoCoreError as exc:
        raise ConfigError(explain_setup(exc) or f"AWS cannot be reached: {exc}") from exc


def _ours(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(PREFIX)}
