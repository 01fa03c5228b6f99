"""A part of the world alone, on a port of its own."""

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
    """Its address, while it is served as the world serves it."""
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
