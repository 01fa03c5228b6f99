"""Serves a part of the simulator alone, on its own port."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from scripts.simulator.aws import free_port
from scripts.simulator.sockets import SERVER


@contextmanager
def served(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """Serve the routes with the settings of the simulator; yields the address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), port=port, log_level="warning", lifespan="off", **SERVER)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "it did not start"
            thread.join(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
