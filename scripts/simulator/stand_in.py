"""The fake model by itself, on a port of this machine, for as long as a block runs."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette

from scripts.simulator.model import ModelServer
from scripts.simulator.recorder import Behaviour
from scripts.simulator.sockets import KEPT_S

_PATIENCE_S: Final = 30.0
_WORDS_A_SECOND: Final = 200.0


@contextmanager
def stand_in() -> Iterator[str]:
    """Serve the fake model; the block gets its base URL. Raises OSError if this machine has no free port."""
    model = ModelServer()
    model.recorder.behaviour = Behaviour(tokens_per_second=_WORDS_A_SECOND)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = Starlette(routes=model.routes())
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_keep_alive=KEPT_S)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + _PATIENCE_S
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE_S)
