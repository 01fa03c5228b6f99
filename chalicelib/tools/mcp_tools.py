"""The tools of remote MCP servers, which personas name as `<server>__<tool>`; no other tool of a server can be called.

What a server says of its tools is not trusted: each counts as one that changes something, and is never called twice.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from chalicelib.clock import Clock
from chalicelib.conversation.json_object import parsed
from chalicelib.conversation.remote_tools import KnownTools, ToolLists
from chalicelib.conversation.tool import LONGEST_NAME, NO_SUCH_TOOL, ToolCall, ToolResult, ToolSpec, accepted_name
from chalicelib.conversation.tool_ports import Caller, Prepared, Toolbox
from chalicelib.errors import ConfigError, StoreError
from chalicelib.tools.tool import ToolFailed

JOINT: Final = "__"
"""Between a server's name and the name of its tool."""
LEAST_FRESH_MS: Final = 5 * 60 * 1000
MOST_FRESH_MS: Final = 24 * 60 * 60 * 1000
_LIST_S: Final = 5.0
"""For which a person may wait for a server's list."""
_HASH: Final = 8


class Server(Protocol):
    """A remote server. Its methods raise ToolFailed with a reason for the model."""

    @property
    def url(self) -> str:
        """Its address."""

    def tools(self, *, seconds: float) -> tuple[tuple[ToolSpec, ...], int]:
        """Return its tools, and for how many milliseconds it says that they stay the same."""

    def call(self, name: str, arguments: Mapping[str, Any], *, seconds: float) -> ToolResult:
        """Return what a call of a tool gives."""


@dataclass(frozen=True)
class PreparedRemoteCall:
    """`conversation.tool_ports.Prepared` of a tool at a server."""

    server: Server
    name: str
    arguments: Mapping[str, Any]
    report: Callable[[BaseException], None]
    writes: bool = True
    may_be_repeated: bool = False

    def run(self, caller: Caller) -> ToolResult:
        try:
            return self.server.call(self.name, self.arguments, seconds=caller.seconds)
        except ToolFailed as exc:
            return ToolResult(str(exc), is_error=True)
        except Exception as exc:  # noqa: BLE001 (whatever a server sends, the model goes on without it)
            self.report(exc)
            return ToolResult("The tool failed, and the reason is not known.", is_error=True)


@dataclass(frozen=True)
class McpTools:
    """`conversation.tool_ports.Toolbox` of the servers that the owner has listed, by their names."""

    servers: Mapping[str, Server]
    lists: ToolLists
    clock: Clock
    report: Callable[[BaseException], None]
    """Logs why a server's tools are not known, or what a call raised."""
    _known: dict[str, KnownTools] = field(default_factory=dict)
    """What this process knows, by the servers' names."""

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        offered = {
            name: spec for server in dict.fromkeys(map(_server_of, names)) for name, spec in self._offered(server)
        }
        for name in names:
            if name not in offered:
                self.report(ConfigError(f"the persona names a tool that its server does not list: {name}"))
        return tuple(replace(offered[name], name=name) for name in names if name in offered)

    def prepare(self, call: ToolCall) -> Prepared | ToolResult:
        server = self.servers.get(_server_of(call.name))
        found = dict(self._offered(_server_of(call.name))).get(call.name)
        if server is None or found is None:
            return NO_SUCH_TOOL
        arguments = parsed(call.arguments.strip() or "{}")
        if arguments is None:
            return ToolResult("The arguments are wrong: they must be a JSON object", is_error=True)
        return PreparedRemoteCall(server, found.name, arguments, self.report)

    def _offered(self, server: str) -> Iterator[tuple[str, ToolSpec]]:
        """Yield the tools of a server by the names under which the model knows them."""
        if server in self.servers:
            for spec in self._tools(server):
                yield known_as(server, spec.name), spec

    def _tools(self, name: str) -> Iterable[ToolSpec]:
        """Return a server's tools: as known, if that is fresh or the server cannot be asked, else as listed now."""
        now, known = self.clock(), self._known.get(name) or self._kept(name)
        if known is None or known.fresh_until <= now:
            try:
                known = self._listed(name, now)
            except Exception as exc:  # noqa: BLE001 (whatever a server sends, the model goes on without its tools)
                is_known = isinstance(exc, (ToolFailed, ConfigError))
                reason = exc if is_known else type(exc).__name__
                self.report(ConfigError(f"the tools of {name} cannot be listed: {reason}"))
                known = replace(known or KnownTools((), now), fresh_until=now + LEAST_FRESH_MS)
        self._known[name] = known
        return known.tools

    def _kept(self, name: str) -> KnownTools | None:
        try:
            return self.lists.get(self.servers[name].url)
        except StoreError as exc:
            self.report(exc)
            return None

    def _listed(self, name: str, now: int) -> KnownTools:
        tools, ttl = self.servers[name].tools(seconds=_LIST_S)
        known = KnownTools(tools, now + min(max(ttl, LEAST_FRESH_MS), MOST_FRESH_MS))
        try:
            self.lists.put(self.servers[name].url, known)
        except StoreError as exc:
            self.report(exc)
        return known


@dataclass(frozen=True)
class AllTools:
    """`conversation.tool_ports.Toolbox` of the bot's own tools and those of servers."""

    own: Toolbox
    remote: Toolbox

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        own = {spec.name: spec for spec in self.own.specs([name for name in names if JOINT not in name])}
        remote = {spec.name: spec for spec in self.remote.specs([name for name in names if JOINT in name])}
        found = own | remote
        return tuple(found[name] for name in names if name in found)

    def prepare(self, call: ToolCall) -> Prepared | ToolResult:
        return (self.remote if JOINT in call.name else self.own).prepare(call)


def known_as(server: str, tool: str) -> str:
    """Return the name of a server's tool for the model: letters, digits, `_` and `-`, of which there may be 64.

    A name that has other characters, or is longer, ends in a hash of the server's own.
    """
    own = f"{server}{JOINT}{tool}"
    if own == accepted_name(own):
        return own
    mark = hashlib.sha256(tool.encode()).hexdigest()[:_HASH]
    return f"{accepted_name(own)[: LONGEST_NAME - _HASH - 1]}_{mark}"


def _server_of(name: str) -> str:
    return name.partition(JOINT)[0]
