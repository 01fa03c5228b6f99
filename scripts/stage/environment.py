"""Where a stage lives: its settings, and a way to AWS. The demo's are asked of the demo itself."""

import json
import re
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chalicelib.errors import ConfigError, StoreError, WakeError
from chalicelib.settings import APP_NAME, Settings

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

    from chalicelib.aws.dynamodb.table import Table


ROOT: Final = Path(__file__).parents[2]
DEMO: Final = "demo"
_CONFIG = ROOT / ".chalice" / "config.json"
_DEMO_STATES = ROOT / ".parley"
_OURS = "PARLEY_"
_STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")
"""As the template takes it: without a hyphen, no stage's names begin with another's."""
_TIMEOUT_S = 5
_TRIES = 3


class UsageError(click.ClickException):
    """What was typed cannot be meant; shown as one line."""

    exit_code = 2


@dataclass(frozen=True)
class Aws:
    """One account and region, as the credentials of this machine see it."""

    session: "boto3.Session"
    config: "Config"
    endpoint: str | None = None

    @property
    def region(self) -> str:
        """Its name."""
        return str(self.session.region_name)

    def client(self, service: Any) -> Any:
        """A client, made anew. Raises ConfigError where this machine is not set up for AWS."""
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 (slow; `--help` does without)

        from scripts.stage.explain import explain_setup  # noqa: PLC0415

        try:
            return self.session.client(service, endpoint_url=self.endpoint, config=self.config)
        except BotoCoreError as exc:
            raise ConfigError(explain_setup(exc) or f"AWS cannot be asked: {exc}") from exc
        except ValueError as exc:  # an endpoint in the environment that is no URL
            raise ConfigError(f"AWS cannot be asked: {exc}") from exc


@dataclass(frozen=True)
class Environment:
    """A stage that can be asked."""

    settings: Settings
    aws: Aws
    log_file: Path | None = None
    """The demo's log; elsewhere CloudWatch has it."""

    @property
    def table(self) -> "Table":
        """The stage's table."""
        from chalicelib.aws.dynamodb.table import Table  # noqa: PLC0415 (brings boto3)

        return Table(self.aws.client("dynamodb"), self.settings.stage.table)

    def account(self) -> str:
        """The number of the AWS account. Raises ConfigError unless credentials, region and network are good."""
        region = self.aws.session.region_name
        if not region:
            raise ConfigError("no AWS region is set: set AWS_REGION, for example to eu-central-1")
        if self.aws.endpoint is None and region not in self.aws.session.get_available_regions("lambda"):
            raise ConfigError(f"there is no AWS region {self.aws.region}: set AWS_REGION, for example to eu-central-1")
        with self.explaining():
            return str(self.aws.client("sts").get_caller_identity()["Account"])

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Whatever AWS refuses is said in one line, with what the owner can do about it, as ConfigError."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (slow; `--help` does without)

        from scripts.stage.explain import explain  # noqa: PLC0415

        try:
            yield
        except (StoreError, WakeError) as exc:
            line = explain(exc.__cause__, table=self.settings.stage.table, region=self.aws.region)
            raise ConfigError(line or str(exc)) from exc
        except (ClientError, BotoCoreError) as exc:
            line = explain(exc, table=self.settings.stage.table, region=self.aws.region)
            raise ConfigError(line or f"AWS does not do as asked: {' '.join(str(exc).split())}") from exc


def find(stage: str, env: Mapping[str, str]) -> Environment:
    """The stage's place. Raises ConfigError; a stage that nobody defined is refused."""
    return _demo(env) if stage == DEMO else _deployed(stage, env)


def memory_mb(stage: str) -> Mapping[str, int]:
    """What `chalice deploy` gives each function; the demo is taken for any stage."""
    return {name: function["lambda_memory_size"] for name, function in functions(stage).items()}


def functions(stage: str) -> Mapping[str, Mapping[str, Any]]:
    """How `chalice deploy` makes each function, by its name in the code."""
    config = _read(_CONFIG)
    own = config.get("stages", {}).get(stage, {}).get("lambda_functions", {})
    return {name: {**common, **own.get(name, {})} for name, common in config.get("lambda_functions", {}).items()}


def full_name(stage: str, function: str) -> str:
    """What Chalice calls a function in Lambda, by its name in the code."""
    return f"{APP_NAME}-{stage}" if function == "api_handler" else f"{APP_NAME}-{stage}-{function}"


def _deployed(stage: str, env: Mapping[str, str]) -> Environment:
    _check(stage)
    settings = Settings.from_env({**configured(stage), **_ours(env), "PARLEY_STAGE": stage})
    return Environment(settings, _aws(env.get("AWS_REGION") or None))


def configured(stage: str) -> dict[str, str]:
    """The environment that the stage's functions are given. A stage that nobody defined is refused."""
    config = _read(_CONFIG)
    stages = config.get("stages", {})
    if stage not in stages:
        raise UsageError(f'there is no stage "{stage}": there are {", ".join(stages)} and {DEMO}')
    return {**config.get("environment_variables", {}), **stages[stage].get("environment_variables", {})}


def _check(stage: str) -> None:
    """Raise ConfigError unless all that is made for the stage would carry its name, and no other stage's."""
    where = f'stage "{stage}" of .chalice/config.json'
    told = configured(stage).get("PARLEY_STAGE")
    if not _STAGE.fullmatch(stage):
        raise ConfigError(f"{where} cannot be deployed: name it with up to 16 small letters and digits, a letter first")
    if (told, _read(_CONFIG)["stages"][stage].get("api_gateway_stage")) != (stage, stage):
        raise ConfigError(f'{where} must say "{stage}" as its api_gateway_stage and as its PARLEY_STAGE')


def _demo(env: Mapping[str, str]) -> Environment:
    """As the world says it is set up."""
    named = env.get("PARLEY_DEMO_URL")
    for url in [named] if named else _demo_urls():
        if facts := _ask_demo(url):
            aws = _aws(facts["region"], emulator=facts["endpoint"])
            return Environment(Settings.from_env(facts["settings"]), aws, Path(facts["log_file"]))
    raise ConfigError("no demo is running: start one with scripts/parley demo")


def _demo_urls() -> list[str]:
    """Where demos were started, the latest first; some may have been killed."""
    states = sorted(_DEMO_STATES.glob("demo-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [str(_read(state).get("url", "")) for state in states]


def _ask_demo(url: str) -> Mapping[str, Any] | None:
    """What is where in the world at `url`; None when there is none."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/world", timeout=_TIMEOUT_S) as answer:
            facts = json.load(answer)
        return {
            "settings": {name: str(value) for name, value in facts["settings"].items()},
            "region": str(facts["aws_region"]),
            "endpoint": str(facts["aws_endpoint_url"]),
            "log_file": str(facts["log_file"]),
        }
    except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return None


def _aws(region: str | None, *, emulator: str | None = None) -> Aws:
    """The owner's way to AWS, or the one to an emulator, which wants neither the owner's credentials nor a proxy."""
    import boto3  # noqa: PLC0415 (slow; `--help` does without)
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    from scripts.stage.explain import explain_setup  # noqa: PLC0415

    credentials = "test" if emulator else None
    config = Config(
        connect_timeout=_TIMEOUT_S,
        read_timeout=_TIMEOUT_S,
        retries={"total_max_attempts": _TRIES, "mode": "standard"},
        proxies={} if emulator else None,
    )
    try:
        return Aws(boto3.Session(credentials, credentials, region_name=region), config, emulator)
    except BotoCoreError as exc:
        raise ConfigError(explain_setup(exc) or f"AWS cannot be asked: {exc}") from exc


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content: Any = json.loads(path.read_text())
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{path.relative_to(ROOT)} cannot be read: {type(exc).__name__}") from exc
    if not isinstance(content, dict):
        raise ConfigError(f"{path.relative_to(ROOT)} is not an object of JSON")
    return content


def _ours(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_OURS)}
