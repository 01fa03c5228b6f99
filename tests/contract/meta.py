"""Meta's simulator on a port of its own, with a webhook that proves itself as the bot does."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from chalicelib.channels.meta import signature
from chalicelib.errors import InvalidSignature
from scripts.simulator.aws import free_port, wait_for
from scripts.simulator.meta import Meta
from scripts.simulator.sockets import KEPT_S


@contextmanager
def serving(meta: Meta) -> Iterator[str]:
    """The address below which `/graph/v25.0` is the Graph API and `/webhook` the bot's."""

    async def webhook(request: Request) -> Response:
        try:
            if request.method == "GET":
                query = dict(request.query_params)
                return PlainTextResponse(signature.challenge(query, verify_tokens=[meta.verify_token]))
            signed = request.headers.get("x-hub-signature-256")
            signature.verify(await request.body(), signed, secrets=[meta.app_secret])
        except InvalidSignature:
            return PlainTextResponse("forbidden", 403)
        return PlainTextResponse("EVENT_RECEIVED")

    port = free_port()
    routes = [
        Mount("/graph", routes=meta.routes()),
        Route("/webhook", webhook, methods=["GET", "POST"]),
        Route("/", lambda _: PlainTextResponse("ready")),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), port=port, log_level="error", lifespan="off", timeout_keep_alive=KEPT_S
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        await server.serve()
        await meta.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
