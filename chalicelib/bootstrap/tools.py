"""The tools that personas may name. It is imported when the first persona with tools answers."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

from chalicelib.access.facts import Facts
from chalicelib.bootstrap.ports import Ports
from chalicelib.conversation.tool_ports import PersonLists, Toolbox
from chalicelib.tools.facts import forget, remember
from chalicelib.tools.hand_over import Owner, hand_over
from chalicelib.tools.look_up import Web, addresses, dial, look_up
from chalicelib.tools.mcp_tools import JOINT, AllTools, McpTools
from chalicelib.tools.now import now
from chalicelib.tools.person_list import add_to_list, remove_from_list, show_list
from chalicelib.tools.toolbox import FunctionTools

TOOLS: Final = (now, add_to_list, remove_from_list, show_list, look_up, hand_over, remember, forget)
"""A new tool gets its place here, and what it needs beside the `Caller` in the services below."""


def missing(names: Sequence[str], servers: Collection[str]) -> str:
    """Return `there is no …; there are …` and the remedy for names of tools that do not exist; empty if all do.

    Of a tool at one of the MCP `servers` it is not known whether that has it.
    """
    known = [tool.name for tool in TOOLS]
    gone = [name for name in names if name not in known and not (JOINT in name and name.partition(JOINT)[0] in servers)]
    if not gone:
        return ""
    unknown = " and ".join(dict.fromkeys(name.partition(JOINT)[0] for name in gone if JOINT in name))
    remedy = f"; for a tool of an MCP server, PARLEY_MCP_SERVERS must name the server {unknown}" if unknown else ""
    return f"there is no {' and no '.join(gone)}; there are {', '.join(known)}{remedy}"


def toolbox(ports: Ports, tokens: Callable[[], str]) -> Toolbox:
    """Return the tools over these ports. `tokens` are those of MCP servers, as in `Secret.MCP_TOKENS`."""
    stage = ports.settings.stage.name
    services: dict[type, object] = {
        PersonLists: ports.lists,
        Facts: ports.facts,
        Owner: Owner(ports.notifier, ports.sent_alerts, ports.texts, ports.log.pseudonym, stage),
        Web: Web(ports.settings.tools.look_up_hosts, addresses, dial),
    }
    report = partial(ports.log.failure, "tool")
    own, servers = FunctionTools(TOOLS, services, report), ports.settings.tools.mcp_servers
    if not servers:
        return own
    from chalicelib.bootstrap import mcp  # noqa: PLC0415 (most bots have no servers)

    return AllTools(own, McpTools(mcp.servers(servers, tokens), ports.tool_lists, ports.clock, report))
