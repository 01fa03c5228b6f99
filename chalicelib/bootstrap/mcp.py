"""Builds the clients of the owner's MCP servers. It is imported when the first persona with tools answers."""

from collections.abc import Callable, Mapping
from functools import cache, partial

import httpx2

from chalicelib.tools.mcp_client import McpServer


def servers(addresses: Mapping[str, str], tokens: Callable[[], str]) -> Mapping[str, McpServer]:
    """Return the servers by their names; `tokens` are as in `Secret.MCP_TOKENS`."""
    return {name: McpServer(url, partial(_token, name, tokens), _http) for name, url in addresses.items()}


def _token(server: str, tokens: Callable[[], str]) -> str:
    """Return the server's token; empty for none. Raises ConfigError."""
    pairs = (pair.strip().partition("=") for pair in tokens().split(","))
    return next((token for name, _, token in pairs if name == server), "")


@cache
def _http() -> httpx2.Client:
    """All servers share it; what the environment says of proxies does not count."""
    return httpx2.Client(trust_env=False)
