"""Deploys the functions and their APIs with the `chalice` command, and reports its errors in one line."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chalicelib.errors import ConfigError
from scripts.deploy.stack import Say
from scripts.deploy.state import made_by_chalice
from scripts.stage.environment import full_name, functions
from scripts.stage.explain import refusal

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_UPLOAD_S: Final = 600
"""Seconds in which the zip of one function must be sent: the timeout of the connection limits the whole upload.

botocore's own 60 s need 3.6 Mbit/s for the 27 MB that a zip has in a request, and each attempt is repeated four times.
"""
_CHALICE: Final = Path(sys.executable).with_name("chalice")
_ERROR_RESPONSE: Final = re.compile(r"An error occurred \((\w+)\) when calling the (\w+) operation(?: \(.*?\))?: (.*)")
_UNREACHABLE: Final = re.compile(
    r"(Could not connect to the|[Tt]imeout on) endpoint URL|Connection (was closed|aborted)|Failed to connect to proxy"
)
_WRAPPED: Final = re.compile(r"received\s+the\s+following\s+error:\s+(.+?)(\n\n|$)", re.DOTALL)
"""Chalice wraps its error messages to lines of 79 columns."""


@dataclass(frozen=True)
class Code:
    """The functions and APIs of a stage, which Chalice deploys from a built folder."""

    client: "LambdaClient"
    region: str
    stage: str
    folder: Path
    chalice: Path = _CHALICE
    """The command."""

    def foreign(self) -> list[str]:
        """List functions with the stage's names that Parley did not create: Chalice would overwrite them."""
        names = [full_name(self.stage, function) for function in functions(self.stage)]
        return [name for name in names if not self._is_ours(name)]

    def deploy(self, *, say: Say) -> None:
        """Run `chalice deploy`; `say` gets its progress line by line. Raises ConfigError."""
        if foreign := self.foreign():
            raise ConfigError(
                f"the function {foreign[0]} exists but was not created by Parley: delete it, or choose another --stage"
            )
        self._run("deploy", "--connection-timeout", str(_UPLOAD_S), say=say)

    def delete(self, *, say: Say) -> None:
        """Run `chalice delete`; `say` gets its progress line by line. Raises ConfigError."""
        self._run("delete", say=say)

    def _run(self, command: str, *options: str, say: Say) -> None:
        arguments = command, "--stage", self.stage, *options
        run_chalice(*arguments, folder=self.folder, region=self.region, say=say, chalice=self.chalice)

    def _is_ours(self, name: str) -> bool:
        """Return True for a function that Parley created, or that does not exist."""
        try:
            found = self.client.get_function(FunctionName=name)
        except self.client.exceptions.ResourceNotFoundException:
            return True
        return made_by_chalice(self.client, found, self.stage)


def run_chalice(command: str, *arguments: str, folder: Path, region: str, say: Say, chalice: Path = _CHALICE) -> None:
    """Run `chalice` in a built folder. Raises ConfigError with the reason if it fails."""
    words = [str(chalice), "--project-dir", str(folder), command, *arguments]
    environment = {**os.environ, "AWS_DEFAULT_REGION": region, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PARLEY_CHANNELS", None)  # config.json has it, so that what is built is what the functions have
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603 (a command of this virtual environment)
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if line.startswith(("Creating", "Updating", "Deleting")):
                say(line.strip())
    if process.returncode:
        raise ConfigError(_in_one_line(command, lines, region))


def _in_one_line(command: str, lines: Sequence[str], region: str) -> str:
    """Find the reason of a failure in the output of `chalice`."""
    output = "\n".join(lines)
    if match := _ERROR_RESPONSE.search(output):
        code, operation, message = match.groups()
        return refusal(code, message, region=region) or f"AWS refused {operation} ({code}): {message}"
    if _UNREACHABLE.search(output):
        return f"AWS cannot be reached in {region}: check the network, --region and any proxy"
    wrapped = _WRAPPED.search(output)
    last = next((line for line in reversed(lines) if line.strip()), "no output")
    return f"chalice {command} failed: {' '.join((wrapped[1] if wrapped else last).split())}"
