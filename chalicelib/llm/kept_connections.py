"""The connections to the model's server that outlive an answer, so that the next one waits for no handshake."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx2

KEPT_S: Final = 240.0
"""How long an idle connection is used again. The SDK closes it after 5 s; OpenAI's side keeps it for 400 s."""
_GOODBYE_S: Final = 1.0
"""How long the end of connections may take."""
LIMITS: Final = httpx2.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=KEPT_S)
"""For a worker, which asks one question at a time."""


@dataclass
class KeptConnections:
    """An event loop and the HTTP client whose connections live in it. Not thread-safe."""

    create: Callable[[], httpx2.AsyncClient]
    now: Callable[[], float] = time.time
    """Seconds since 1970: the monotonic clock may stand still while Lambda freezes the process."""
    _loop: asyncio.AbstractEventLoop | None = field(default=None, repr=False)
    _client: httpx2.AsyncClient | None = field(default=None, repr=False)
    _used_at: float = field(default=0.0, repr=False)

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop for the next request: a new one if something still runs, or the connections are too old."""
        now = self.now()
        if self._loop and asyncio.all_tasks(self._loop):
            self._loop, self._client = None, None
        if self._loop and now - self._used_at > KEPT_S:
            self._close(self._loop)
        self._used_at = now
        self._loop = self._loop or asyncio.new_event_loop()
        return self._loop

    def client(self) -> httpx2.AsyncClient:
        """Return the client, which may be used in the loop only."""
        self._client = self._client or self.create()
        return self._client

    def close(self) -> None:
        """Close the connections; the next request opens another one."""
        if self._loop:
            self._close(self._loop)

    def _close(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._client:
            loop.run_until_complete(asyncio.wait({loop.create_task(self._client.aclose())}, timeout=_GOODBYE_S))
        loop.close()
        self._loop, self._client = None, None
