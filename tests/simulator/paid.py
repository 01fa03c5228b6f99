"""A demo with a real key, and what a thief would send to its emulator."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import psutil
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.simulator.model import ModelServer
from tests.simulator.conftest import Demo, running_demo
from tests.simulator.served import served

KEY: Final = "sk-real-4711-nobody-elses"
OF_FACEBOOK: Final = {"PARLEY_APP_SECRET": "real-app-secret-0815", "PARLEY_PAGE_TOKEN": "real-page-token-0815"}
"""Secrets that an owner's shell may have for `parley deploy`."""
SECRETS: Final = (KEY, *OF_FACEBOOK.values())
SIGNED_AS_TEST: Final = "AWS4-HMAC-SHA256 Credential=test/20261129/us-east-1/ssm/aws4_request"
"""The credentials that every emulator of AWS accepts."""
WANTED: Final = json.dumps({"Name": "/parley/demo/openai-key", "WithDecryption": True})
ASK: Final = {
    "X-Amz-Target": "AmazonSSM.GetParameter",
    "Content-Type": "application/x-amz-json-1.1",
    "Authorization": SIGNED_AS_TEST,
}


@dataclass(frozen=True)
class Paid:
    """A demo with a real key, its process, and the keys that the model was sent."""

    demo: Demo
    process: psutil.Process
    keys: list[str]

    @property
    def emulator(self) -> str:
        """The address of the emulator, as a scan of the ports finds it."""
        return f"http://127.0.0.1:{urlsplit(self.demo.facts['aws_endpoint_url']).port}"

    @property
    def port(self) -> int:
        """The port of the demo itself."""
        return int(self.demo.url.rpartition(":")[2])


@contextmanager
def paid_demo() -> Iterator[Paid]:
    """Start a demo as an owner does who has a real key, and more secrets, in the shell."""
    keys: list[str] = []

    def noting(asked: Route) -> Route:
        async def note(request: Request) -> Response:
            keys.append(request.headers["authorization"])
            answer: Response = await asked.endpoint(request)
            return answer

        return Route(f"/v1{asked.path}", note, methods=list(asked.methods or ()))

    with served([noting(route) for route in ModelServer().routes()]) as url:
        real = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1", "PARLEY_MODEL": "gpt-6-luna"}
        env = {**os.environ, **OF_FACEBOOK, **real}
        with running_demo(env=env) as (demo, process):
            yield Paid(demo, psutil.Process(process.pid), keys)
