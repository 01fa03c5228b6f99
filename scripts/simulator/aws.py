"""Simulates AWS: an emulator of DynamoDB, SSM and SQS in its own process, and the APIs of Lambda and SNS."""

import asyncio
import json
import multiprocessing
import os
import secrets
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from scripts.simulator.functions import FunctionFailed
from scripts.simulator.isolation import of_the_emulator
from scripts.simulator.locked import Locked
from scripts.simulator.recorder import Recorder

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
_START_S = 60.0
TICK: Mapping[str, Any] = {
    "version": "0",
    "id": "tick",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "region": REGION,
    "resources": [],
    "detail": {},
}
"""The event that EventBridge sends to a scheduled function."""


class Emulator:
    """An AWS endpoint on a free port of this machine, in its own process, with a secret in its address."""

    def __init__(self, model_url: str = "") -> None:
        """Prepare it; `model_url` is the root of an OpenAI-compatible server that answers for Bedrock's models."""
        port, secret = free_port(), secrets.token_urlsafe(32)
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(port, secret, model_url), daemon=True
        )
        self.url = f"http://127.0.0.1:{port}/{secret}"

    def start(self) -> None:
        """Start the process and return when it responds. Raises TimeoutError."""
        self._process.start()
        wait_for(f"{self.url}/_ministack/health")

    def stop(self) -> None:
        """End the process; all data are lost."""
        self._process.kill()
        self._process.join()


def _serve(port: int, secret: str, model_url: str) -> None:
    """Serve until killed, or until the parent process has ended."""
    environment = of_the_emulator(os.environ)
    os.environ.clear()
    os.environ |= environment
    os.environ |= {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR", **CREDENTIALS}
    os.environ["MINISTACK_BEDROCK_PROXY_URL"] = model_url
    os.environ["IOT_MTLS_ENABLED"] = "0"  # it would listen on all interfaces
    from hypercorn.asyncio import serve  # noqa: PLC0415 (only where the emulator runs)
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack.app import app  # noqa: PLC0415 (reads the environment when imported)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Ctrl+C the simulator ends this process
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.loglevel = "ERROR"
    locked: Any = Locked(app, secret)
    asyncio.run(serve(locked, config, shutdown_trigger=_orphaned))


async def _orphaned() -> None:
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 (there is no event for it)
        await asyncio.sleep(1)


def wait_for(url: str, *, seconds: float = _START_S) -> None:
    """Return when a server responds at `url`. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        with suppress(URLError, ConnectionError), direct.open(url):
            return
        time.sleep(0.02)
    raise TimeoutError(f"no response from {url}")


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Check whether a server can listen on a port."""
    with socket.socket() as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


class LambdaApi:
    """Lambda's Invoke API."""

    def __init__(self, invoke: Callable[[str, Any], Any], invoke_later: Callable[[str, Any], None]) -> None:
        self._invoke = invoke
        self._invoke_later = invoke_later

    async def serve(self, request: Request) -> Response:
        """Handle `POST /2015-03-31/functions/{name}/invocations`."""
        name, event = request.path_params["name"], json.loads(await request.body() or b"null")
        try:
            if request.headers.get("x-amz-invocation-type") == "Event":
                self._invoke_later(name, event)
                return Response(status_code=202)
            return JSONResponse(await run_in_threadpool(self._invoke, name, event))
        except KeyError:
            headers = {"x-amzn-errortype": "ResourceNotFoundException"}
            return JSONResponse({"Message": f"Function not found: {name}"}, 404, headers)
        except FunctionFailed as exc:
            return JSONResponse({"errorMessage": str(exc)}, headers={"X-Amz-Function-Error": "Unhandled"})


class OwnerTopic:
    """SNS's Publish API: records the e-mails to the owner."""

    TOPIC = f"arn:aws:sns:{REGION}:000000000000:parley-owner"

    def __init__(self) -> None:
        self.recorder = Recorder()

    async def serve(self, request: Request) -> Response:
        """Handle any request to SNS as a call of Publish."""
        form: Mapping[str, list[str]] = parse_qs((await request.body()).decode())
        mail = {"subject": form.get("Subject", [""])[0], "text": form.get("Message", [""])[0]}
        call = self.recorder.record("POST", "Publish", mail, 200)
        body = (
            '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
            f"<MessageId>{call.n}</MessageId></PublishResult></PublishResponse>"
        )
        return Response(body, media_type="text/xml")
