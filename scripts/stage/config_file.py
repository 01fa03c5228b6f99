"""Reads `.chalice/config.json` and finds what Chalice, a function or a command could not use, or would ignore."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import ConfigError
from chalicelib.settings import stage as settings
from chalicelib.settings.stage import Settings
from scripts.stage import json_text
from scripts.stage.json_text import JsonText

NAME: Final = ".chalice/config.json"
PREFIX: Final = "PARLEY_"
REGION: Final = "aws_region"
"""The name of a stage's AWS region, which Chalice ignores and commands read."""

_VARIABLES: Final = "environment_variables"
_FUNCTIONS: Final = "lambda_functions"
_STAGES: Final = "stages"
_SIZES: Final = ("lambda_memory_size", "lambda_timeout")
_OBJECTS: Final = (_VARIABLES, _FUNCTIONS, _STAGES)
_HANDLERS: Final = (
    "api_handler",
    "worker",
    "heartbeat",
    "websocket_connect",
    "websocket_message",
    "websocket_disconnect",
)
"""The functions in `app.py`."""
OF_FACEBOOK: Final = ("PARLEY_APP_ID", "PARLEY_APP_SECRET", "PARLEY_PAGE_TOKEN")
"""Variables from which `parley deploy` takes the secrets of app and page."""
_SECRETS: Final = (*OF_FACEBOOK, "OPENAI_API_KEY")
OF_COMMANDS: Final = (
    *_SECRETS,
    "PARLEY_API_URL",
    "PARLEY_WEBSOCKET_URL",
    "PARLEY_DEMO_URL",
    "PARLEY_CALLED_FROM",
)
"""Variables that commands read beside the settings."""
_OF_CHALICE: Final = (
    *(
        *_OBJECTS,
        *_SIZES,
        "version",
        "app_name",
        "autogen_policy",
        "minimum_compression_size",
        "tags",
        "xray",
        "layers",
    ),
    *("api_gateway_endpoint_type", "api_gateway_endpoint_vpce", "api_gateway_stage", "api_gateway_policy_file"),
    *("api_gateway_custom_domain", "websocket_api_custom_domain", "iam_policy_file", "iam_role_arn", "manage_iam_role"),
    *("automatic_layer", "lambda_architecture", "log_retention_in_days", "reserved_concurrency"),
    *("security_group_ids", "subnet_ids"),
)
"""The names that Chalice 1.34 reads (`chalice/config.py`); it ignores others."""
_ALIKE: Final = 0.85


@dataclass(frozen=True)
class StageVariables:
    """The environment variables of a stage, and where each comes from."""

    values: Mapping[str, str]
    places: Mapping[str, str]
    """File and line of the variables that the file has; others come from the shell."""

    def settings(self) -> Settings:
        """Parse the settings. Raises ConfigError with a line for each setting that is invalid."""
        parsed, errors = settings.read(self.values)
        if errors:
            raise ConfigError("\n".join(self.located(name, reason) for name, reason in errors.items()))
        return parsed

    def located(self, name: str, reason: str) -> str:
        """Return the reason why a variable is invalid, after its file and line if the file has it."""
        return f"{self.places[name]}: {reason}" if name in self.places else reason


@dataclass(frozen=True)
class ConfigFile:
    """The file, of which every name and every type is valid."""

    text: JsonText

    @property
    def stages(self) -> Mapping[str, Any]:
        """The configuration of each stage, by its name."""
        stages: Mapping[str, Any] = self.text.values[_STAGES]
        return stages

    def functions(self, stage: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the configuration of each function, by its name in `app.py`. A stage may be undefined."""
        own = self.stages.get(stage, {}).get(_FUNCTIONS, {})
        return {name: {**common, **own.get(name, {})} for name, common in self.text.values[_FUNCTIONS].items()}

    def variables(self, stage: str, shell: Mapping[str, str]) -> StageVariables:
        """Return the variables of a stage, where those of `shell` win. An undefined stage has only the common ones.

        Raises ConfigError if the shell has a variable whose name begins with PARLEY_ and is unknown.
        """
        for name in shell:
            if name.startswith(PREFIX) and name not in (*known(), *OF_COMMANDS):
                raise ConfigError(f"the variable {_unknown(name, (*known(), *OF_COMMANDS))}")
        blocks = ((_VARIABLES,), (_STAGES, stage, _VARIABLES))
        found = {name: (value, path) for path in blocks for name, value in self._at(path).items()}
        places = {name: self.text.where(*path, name) for name, (_, path) in found.items() if name not in shell}
        return StageVariables({**{name: value for name, (value, _) in found.items()}, **shell}, places)

    def chooses(self, stage: str, name: str) -> bool:
        """Whether the stage has a value of its own for this variable."""
        return name in self._at((_STAGES, stage, _VARIABLES))

    def region(self, stage: str) -> str:
        """The AWS region of the stage; empty if the owner has chosen none here."""
        return str(self.stages[stage].get(REGION, ""))

    def error(self, reason: str, stage: str) -> ConfigError:
        """Return the error to raise because of a stage."""
        return self.text.error(reason, _STAGES, stage)

    def _at(self, path: tuple[str, ...]) -> Mapping[str, Any]:
        value: Any = self.text.values
        for name in path:
            value = value.get(name, {})
        return value if isinstance(value, dict) else {}


def load(root: Path) -> ConfigFile:
    """Read and check the file of the project at `root`. Raises ConfigError with file, line and remedy."""
    text = json_text.load(root / NAME, NAME)
    for reason, path in _faults(text):
        raise text.error(reason, *path)
    return ConfigFile(text)


def write(root: Path, stage: str, variables: Mapping[str, str], *, region: str = "") -> None:
    """Give a stage its own values for these variables, and a region if it is given.

    The file is written whole, or not at all.
    """
    file = root / NAME
    values = json.loads(file.read_text("utf-8"))
    own = values[_STAGES][stage]
    own[_VARIABLES] = {**own.get(_VARIABLES, {}), **variables}
    if region:
        own[REGION] = region
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
    partial.replace(file)


@cache
def known() -> frozenset[str]:
    """Return the names of all settings."""
    return settings.names()


Fault = tuple[str, tuple[str, ...]]
"""The reason, and the path of the value."""


def _faults(text: JsonText) -> Iterator[Fault]:
    yield from _block(text.values, ())
    stages = text.values.get(_STAGES)
    if not isinstance(stages, dict) or not stages:
        yield "stages is missing: it has an object for each stage, such as dev", ()
        return
    for stage, values in stages.items():
        if not isinstance(values, dict):
            yield f"the stage {stage} must be an object: {{…}}", (_STAGES, stage)
        yield from _block(values, (_STAGES, stage))
    functions = text.values.get(_FUNCTIONS, {})
    for name in _HANDLERS:
        if name not in functions:
            yield f"lambda_functions has no {name}", (_FUNCTIONS,)
        for size in _SIZES:
            if size not in functions[name]:
                yield f"{name} has no {size}: it must be a whole number", (_FUNCTIONS, name)


def _block(values: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Fault]:
    """Yield the faults of the top level, a stage or a function, and of its parts."""
    for name, value in values.items():
        if reason := _fault(name, value):
            yield reason, (*path, name)
        if name == REGION:
            yield from _region(value, (*path, name))
    yield from _variables(values.get(_VARIABLES, {}), (*path, _VARIABLES))
    for name, function in values.get(_FUNCTIONS, {}).items():
        if not isinstance(function, dict):
            yield f"the function {name} must be an object: {{…}}", (*path, _FUNCTIONS, name)
        if not path and _VARIABLES in function:
            yield f"{_VARIABLES} has no effect here: Chalice reads it in stages only", (_FUNCTIONS, name, _VARIABLES)
        yield from _block(function, (*path, _FUNCTIONS, name))


def _region(value: Any, path: tuple[str, ...]) -> Iterator[Fault]:
    if path[0] != _STAGES or len(path) != len((_STAGES, "stage", REGION)):
        yield f"{REGION} has no effect here: move it into a stage", path
    if not isinstance(value, str):
        yield f"{REGION} must be a text in double quotes", path


def _fault(name: str, value: Any) -> str:
    """Return what is wrong with a name of Chalice's and its value; empty if nothing is."""
    if name in _OBJECTS and not isinstance(value, dict):
        return f"{name} must be an object: {{…}}"
    if name in _SIZES and (type(value) is not int or value <= 0):
        return f"{name} must be a whole number without quotes, such as 512"
    if name.startswith(PREFIX):
        return f"{name} has no effect here: move it into {_VARIABLES}"
    known_here = (*_OF_CHALICE, REGION)
    if name not in known_here and (alike := get_close_matches(name.lower(), known_here, 1, _ALIKE)):
        return f'Chalice does not know "{name}"; did you mean {alike[0]}?'
    return ""


def _variables(block: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Fault]:
    for name, value in block.items():
        if name in _SECRETS:
            yield f"{name} does not belong into this file: `deploy` asks for it and stores it in SSM", (*path, name)
        if name not in known() and _means_a_setting(name):
            yield _unknown(name, known()), (*path, name)
        if not isinstance(value, str):
            yield f"{name} must be a text in double quotes{_quoted(value)}", (*path, name)


def _means_a_setting(name: str) -> bool:
    """Whether an unknown name is a setting without its prefix, or misspelt; other variables are the owner's own."""
    upper = name.upper()
    return upper.startswith(PREFIX) or PREFIX + upper in known() or bool(get_close_matches(upper, known(), 1, _ALIKE))


def _unknown(name: str, names: Iterable[str]) -> str:
    alike = get_close_matches(f"{PREFIX}{name.upper().removeprefix(PREFIX)}", names, 1, cutoff=0.6)
    return f"{name} is not a setting" + (f"; did you mean {alike[0]}?" if alike else ": docs/owner.md lists them")


def _quoted(value: Any) -> str:
    """Return how a number or a truth value is written as text; empty for other values."""
    match value:
        case bool():
            return f': "{str(value).lower()}"'
        case int() | float():
            return f': "{value}"'
    return ""
