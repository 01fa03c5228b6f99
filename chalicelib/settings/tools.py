"""The settings of the tools that the model may call."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.errors import ConfigError
from chalicelib.settings.variables import Variables

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[a-z]{_LABEL}", re.ASCII)
_SERVER: Final = re.compile(
    r"([a-z][a-z0-9]{0,19})=(https://[!-~]{1,500}|http://127\.0\.0\.1:[0-9]+[!-~]{0,500})", re.ASCII
)
_MOST: Final = 20
_MOST_SERVERS: Final = 5
_SHOWN: Final = 100


@dataclass(frozen=True)
class ToolSettings:
    """What tools may reach."""

    look_up_hosts: frozenset[str]
    """The hosts of which the tool `look_up` may read pages, in small letters."""
    mcp_servers: Mapping[str, str]
    """The addresses of the MCP servers whose tools personas may name, by the servers' names."""

    @classmethod
    def from_env(cls, env: Variables) -> "ToolSettings":
        """Parse PARLEY_LOOK_UP_HOSTS and PARLEY_MCP_SERVERS."""
        return cls(
            look_up_hosts=env.read("PARLEY_LOOK_UP_HOSTS", "", _hosts),
            mcp_servers=env.read("PARLEY_MCP_SERVERS", "", _servers),
        )


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


def _servers(variable: str, value: str) -> Mapping[str, str]:
    """Parse `name=address` with commas between them; there may be none."""
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, value.split(","))):
        server = _SERVER.fullmatch(part)
        if server is None or "@" in part:
            raise ConfigError(
                f"{variable} must look like ideas=https://mcp.example.org/mcp: a name of small letters and digits, and "
                "an address with https; several have commas between them"
            )
        found[server[1]] = server[2]
    if len(found) > _MOST_SERVERS:
        raise ConfigError(f"{variable} has {len(found)} servers; it may have {_MOST_SERVERS}")
    return found
