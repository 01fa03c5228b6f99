"""The settings of the tools that the model may call."""

import re
from dataclasses import dataclass
from typing import Final

from chalicelib.errors import ConfigError
from chalicelib.variables import Variables

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[a-z]{_LABEL}", re.ASCII)
_MOST: Final = 20
_SHOWN: Final = 100


@dataclass(frozen=True)
class ToolSettings:
    """What tools may reach."""

    look_up_hosts: frozenset[str]
    """The hosts of which the tool `look_up` may read pages, in small letters."""

    @classmethod
    def from_env(cls, env: Variables) -> "ToolSettings":
        """Parse PARLEY_LOOK_UP_HOSTS."""
        return cls(look_up_hosts=env.read("PARLEY_LOOK_UP_HOSTS", "", _hosts))


def _hosts(variable: str, value: str) -> frozenset[str]:
    """Parse names of hosts with commas between them; there may be none, and an address of the network is none."""
    names = [name.strip().lower() for name in value.split(",") if name.strip()]
    for name in names:
        if not _HOST.fullmatch(name):
            shown = "".join(character if character.isprintable() else "?" for character in name[:_SHOWN])
            wanted = "the name of a host such as ideas.example.org"
            raise ConfigError(f'{variable} has "{shown}"; each part between commas must be {wanted}')
    if len(names) > _MOST:
        raise ConfigError(f"{variable} has {len(names)} hosts; it may have {_MOST}")
    return frozenset(names)
