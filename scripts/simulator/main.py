"""Puts the simulator together: all its parts on one port, and every process that it starts."""

import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys
from chalicelib.aws.dynamodb.table import Table
from chalicelib.content import persona
from chalicelib.settings.bedrock import PREFIX
from chalicelib.settings.stage import Secret, Settings
from chalicelib.settings.variables import MOST_NAMES
from scripts.simulator.aws import CREDENTIALS, REGION, TICK, Emulator, LambdaApi, OwnerTopic
from scripts.simulator.control import Control
from scripts.simulator.functions import FunctionFailed, Functions, Spec
from scripts.simulator.held_key import REFERENCE, HeldKey
from scripts.simulator.isolation import has_model
from scripts.simulator.keeping import Item, Keeper, Keeping, Kept, put_items
from scripts.simulator.mapping import EventSourceMapping
from scripts.simulator.meta import PAGE_ID, Meta
from scripts.simulator.model import ModelServer
from scripts.simulator.model_question import ask, place_of
from scripts.simulator.model_watch import ModelWatch
from scripts.simulator.origins import OwnOriginOnly
from scripts.simulator.practice import Practice
from scripts.simulator.sockets import WebSocketApi
from scripts.simulator.table import create_table, put_secrets
from scripts.simulator.way_back import WayBack
from scripts.simulator.web_key import may_open, ready_key
from scripts.stage import demos, environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STAGE = "demo"
TABLE = f"parley-{STAGE}"
WORKER = f"{TABLE}-worker"
STATE = environment.DEMO_FOLDER
_BEAT_S = 60.0
_ASKING_S = 90.0
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


class Simulator:
    """All fakes of one run. The app finds them by its environment variables only."""

    def __init__(
        self,
        port: int,
        folder: Path,
        *,
        keeper: Keeper | None,
        worker_timeout: float | None = None,
        dynamodb_url: str | None = None,
    ) -> None:
        """Prepare a run that goes on with what `keeper` has kept. Raises ConfigError if that cannot be read."""
        self._port = port
        self._note = demos.note(folder, port) if keeper else None
        self._keeper = keeper
        self._kept = keeper.load() if keeper else Kept()
        self.url = f"http://127.0.0.1:{port}"
        self.websocket_url = f"ws://127.0.0.1:{port}/ws"
        self.log_file = folder / f"demo-{port}.log"
        self.emulator = Emulator(f"{self.url}/openai")
        self._real_model = has_model(os.environ)
        self.ended = threading.Event()
        self._resetting = threading.Lock()
        specs = _specs(worker_timeout)
        key = HeldKey(os.environ.pop("OPENAI_API_KEY", "") or "none")
        self.functions = Functions(specs, prepare=key.reveal)
        self._worker_timeout_s = specs[WORKER].timeout_s
        self._dynamodb_url = dynamodb_url
        self._mapping: EventSourceMapping | None = None
        self.meta = Meta(f"{self.url}/webhook", self._kept.secrets)
        self.meta.restore(self._kept.people)
        own = (Secret.TICKET_KEY, Secret.PSEUDONYM_KEY)
        self._secrets: dict[str, str] = {
            name: self._kept.secrets.get(name) or secrets.token_urlsafe(32) for name in own
        }
        self.model_server = ModelServer()
        self.web_key = ready_key(self._kept.key, now=_now())
        self.owner_topic = OwnerTopic()
        self._serving = False
        self._keeping: Keeping | None = None

    def start(self) -> None:
        """Start the emulator, and set the environment variables and data that the app needs."""
        self.emulator.start()
        os.environ |= self._environment()
        self._create_data()
        if self._keeper:
            self._keeping = Keeping(self._keeper, self._dynamodb, TABLE, self._to_keep)
        if self._note:
            demos.leave_note(self._note, self.url)

    def model(self) -> ModelWatch:
        """Return the model that answers; valid after `start`."""
        from chalicelib.bootstrap import clients  # noqa: PLC0415 (reads the environment)

        chosen = clients.settings().model
        place = place_of(chosen.base_url) if self._real_model else ""
        return ModelWatch(chosen.name, place, partial(self.functions.call, ask, timeout_s=_ASKING_S), self.ended)

    def interrupt(self, *_: object) -> None:
        """Handle a signal: exit, unless the server runs; it shuts down first and then raises the signal again."""
        if not self._serving:
            sys.exit(0)

    def ready(self) -> None:
        """Start the heartbeat of every minute and the keeping; the server accepts requests from now on."""
        self._serving = True
        if self._keeping:
            self._keeping.start()
        threading.Thread(target=self._beat_each_minute, daemon=True).start()

    def close(self) -> bool:
        """End all processes and delete the note for commands; return whether what there was is kept."""
        self.ended.set()
        self.functions.close()
        is_kept = bool(self._keeping and self._keeping.end())
        self.emulator.stop()
        if self._note:
            self._note.unlink(missing_ok=True)
        return is_kept

    def asgi(self, model: ModelWatch) -> ASGIApp:
        """Build the server: the routes of the simulator first, then all others for the app."""
        import app  # noqa: PLC0415 (reads the environment when imported)
        from chalicelib.bootstrap import api, clients  # noqa: PLC0415
        from scripts.simulator.gateway import ApiGateway, compressing  # noqa: PLC0415

        gateway, sockets = ApiGateway(app.app), WebSocketApi(app.app)
        api.webhook().warm()  # do the cold start before threads need it
        self.model_server.models = [clients.settings().model.name]
        lambda_api = LambdaApi(self._invoker(gateway, sockets), self.functions.invoke_later)
        served = Starlette(
            routes=[
                *self._control(model).routes(),
                *Practice(self.functions.call).routes(),
                *sockets.routes(),
                Mount("/graph", routes=self.meta.routes()),
                Mount("/openai/v1", routes=self.model_server.routes()),
                Route("/lambda/2015-03-31/functions/{name}/invocations", lambda_api.serve, methods=["POST"]),
                Route("/sns{_:path}", self.owner_topic.serve, methods=["POST"]),
                Route("/chat", compressing(WayBack(gateway.serve).serve)),
                Route("/{path:path}", compressing(gateway.serve), methods=_METHODS),
            ],
            exception_handlers={HTTPException: _error_response},
        )
        may_open_sockets = partial(may_open, DynamoApiKeys(clients.table()), clock=clients.clock)
        return OwnOriginOnly(served, self._port, is_allowed=may_open_sockets)

    def _control(self, model: ModelWatch) -> Control:
        from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415
        from chalicelib.aws.dynamodb.transcript import DynamoTranscript  # noqa: PLC0415
        from chalicelib.bootstrap import clients  # noqa: PLC0415

        return Control(
            facts=self._facts(),
            model=model,
            meta=self.meta,
            recorders={
                "graph": self.meta.recorder,
                "meta": self.meta.admin.recorder,
                "model": self.model_server.recorder,
                "owner": self.owner_topic.recorder,
            },
            transcript=DynamoTranscript(clients.table()),
            people=DynamoPeople(clients.table()),
            limits=clients.settings().limits,
            beat=self._beat,
            kill_workers=lambda: self.functions.kill(WORKER),
            reset=self._reset,
            clock=clients.clock,
        )

    def _environment(self) -> dict[str, str]:
        local = {
            "PARLEY_PERSONAS_OFFERED": ",".join(persona.names()[:MOST_NAMES]),  # all can be tried with /persona
            **environment.of_the_demo(os.environ).values,
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ENDPOINT_URL_LAMBDA": f"{self.url}/lambda",
            "AWS_ENDPOINT_URL_SNS": f"{self.url}/sns",
            **({"AWS_ENDPOINT_URL_DYNAMODB": self._dynamodb_url} if self._dynamodb_url else {}),
            "PARLEY_STAGE": STAGE,
            "PARLEY_CHANNELS": "messenger,web",  # the demo shows both, whatever is deployed
            "PARLEY_GRAPH_URL": f"{self.url}/graph/v25.0",
            "PARLEY_CONNECTIONS_URL": f"{self.url}/connections",
        }
        if not self._real_model:
            local["OPENAI_BASE_URL"] = f"{self.url}/openai/v1"
            if not local.get("PARLEY_MODEL", "").startswith(PREFIX):
                local.setdefault("PARLEY_REASONING_EFFORT", "none")  # so that the personas' temperature is sent
        return local

    def _facts(self) -> dict[str, Any]:
        return {
            "webhook_url": f"{self.url}/webhook",
            "websocket_url": self.websocket_url,
            "api_key": self.web_key.text,
            "config_id": self.web_key.key.id,
            "app_secret": self.meta.app_secret,
            "verify_token": self.meta.verify_token,
            "page_id": PAGE_ID,
            "stage": STAGE,
            "table": TABLE,
            "aws_endpoint_url": self.emulator.url,
            "aws_region": REGION,
            "graph_url": os.environ["PARLEY_GRAPH_URL"],
            "openai_base_url": os.environ.get("OPENAI_BASE_URL", ""),
            "log_file": str(self.log_file),
            "settings": {name: value for name, value in os.environ.items() if name.startswith("PARLEY_")},
        }

    def _create_data(self) -> None:
        self._create_table(self._kept.items)
        parameters: dict[str, str] = {
            Secret.OPENAI_KEY: REFERENCE,
            Secret.TOPIC_ARN: OwnerTopic.TOPIC,
            Secret.API_URL: self.url,
            Secret.WEBHOOK_URL: self.meta.webhook_url,
            Secret.WEBSOCKET_URL: self.websocket_url,
            Secret.PAGE_ID: PAGE_ID,
        }
        put_secrets(boto3.client("ssm"), STAGE, {**self.meta.secrets, **self._secrets, **parameters})
        settings = Settings.from_env(os.environ)
        if settings.stage.wake == "fifo":
            run = partial(self.functions.invoke, WORKER)
            self._mapping = EventSourceMapping(settings.stage.wake_queue, run, hidden_s=6 * self._worker_timeout_s)

    def _create_table(self, items: Sequence[Item] = ()) -> None:
        """Create the table with these items and the demo's API key."""
        create_table(self._dynamodb, TABLE)
        put_items(self._dynamodb, TABLE, items)
        self.web_key = self.web_key.keep(DynamoApiKeys(Table(self._dynamodb, TABLE)), now=_now())

    @cached_property
    def _dynamodb(self) -> "DynamoDBClient":
        return boto3.client("dynamodb")  # reads the environment

    def _to_keep(self, items: Sequence[Item]) -> Kept:
        return Kept({**self.meta.secrets, **self._secrets}, self.web_key.text, self.meta.kept(), items)

    def _reset(self) -> None:
        with self._resetting:
            self.functions.kill(WORKER)
            if self._mapping:
                self._mapping.reset()
            with suppress(self._dynamodb.exceptions.ResourceNotFoundException):  # a reset before has failed halfway
                self._dynamodb.delete_table(TableName=TABLE)
            self._create_table()
            self.meta.reset()
            self.model_server.recorder.reset()
            self.owner_topic.recorder.reset()

    def _invoker(self, gateway: Any, sockets: WebSocketApi) -> Callable[[str, Any], Any]:
        def invoke(name: str, event: Any) -> Any:
            handler = name.removeprefix(f"{TABLE}-")
            if name == TABLE:
                return gateway.invoke(event)
            if handler.startswith("websocket_"):
                return sockets.invoke(handler, event)
            return self.functions.invoke(name, event)

        return invoke

    def _beat(self) -> Any:
        return self.functions.invoke(f"{TABLE}-heartbeat", TICK)

    def _beat_each_minute(self) -> None:
        while True:
            with suppress(FunctionFailed):
                self._beat()
            if self.ended.wait(_BEAT_S):
                return


def _now() -> int:
    return time.time_ns() // 1_000_000


def _specs(worker_timeout_s: float | None) -> dict[str, Spec]:
    """Return the functions with the timeouts of `.chalice/config.json`, by their names in Lambda."""
    functions = environment.functions(STAGE)
    specs = {name: Spec(name, functions[name]["lambda_timeout"]) for name in ("worker", "heartbeat")}
    if worker_timeout_s:
        specs["worker"] = Spec("worker", worker_timeout_s)
    return {f"{TABLE}-{name}": spec for name, spec in specs.items()}


async def _error_response(_: Request, exc: Exception) -> Response:
    status, detail = (exc.status_code, exc.detail) if isinstance(exc, HTTPException) else (500, "")
    return JSONResponse({"error": detail}, status)
