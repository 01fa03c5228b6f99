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
def served(routes: Sequence[BaseRoute], *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve the routes on a free port, or on `port`, with the settings of the simulator; yields the address.

    Another `host` of this machine, such as 127.0.0.2, is another site to a browser.
    """
    port = port or free_port()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), host=host, port=port, log_level="warning", lifespan="off", **SERVER)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "it did not start"
            thread.join(0.01)
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()
