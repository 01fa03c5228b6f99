"""Serves the simulator's control routes for its page and for tests: addresses, recorded calls, and failures to cause.

`docs/simulator.md` documents their requests and responses.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from chalicelib.access import quota
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock
from chalicelib.conversation.ports import Transcript
from chalicelib.ids import ConversationId, PersonId
from chalicelib.settings.stage import Limits
from scripts.simulator.functions import FunctionFailed
from scripts.simulator.meta import PAGE_ID, PAGE_NAME, Meta
from scripts.simulator.model_watch import ModelWatch
from scripts.simulator.page_inbox import PageInbox
from scripts.simulator.recorder import Behaviour, Recorder
from scripts.simulator.start_page import start_page

_PAGE = Path(__file__).parent / "page"
_CHAT = Path(__file__).parents[2] / "chalicelib" / "content" / "static" / "chat"
"""The chat page's modules, of which the simulator's pages import some."""


class Control:
    """The control routes of one simulator."""

    def __init__(
        self,
        *,
        facts: Mapping[str, Any],
        model: ModelWatch,
        meta: Meta,
        recorders: Mapping[str, Recorder],
        transcript: Transcript,
        people: People,
        limits: Limits,
        beat: Callable[[], Any],
        kill_workers: Callable[[], int],
        reset: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._facts = facts
        self._model = model
        self._meta = meta
        self._recorders = recorders
        self._transcript = transcript
        self._people = people
        self._limits = limits
        self._beat = beat
        self._kill_workers = kill_workers
        self._reset = reset
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/", self.start),
            Route("/messenger", self.page),
            Mount("/page/chat", StaticFiles(directory=_CHAT)),
            Mount("/page", StaticFiles(directory=_PAGE)),
            Route("/world", self.facts),
            Route("/world/{fake:str}/calls", self.calls),
            Route("/world/{fake:str}/behaviour", self.behave, methods=["PUT"]),
            Route("/world/heartbeat", self.heartbeat, methods=["POST"]),
            Route("/world/workers/kill", self.kill, methods=["POST"]),
            Route("/world/say", self.say, methods=["POST"]),
            Route("/world/turns", self.turns),
            Route("/world/quota", self.quota),
            Route("/world/reset", self.reset, methods=["POST"]),
            Route("/world/messenger", self.messenger),
            Route("/world/messenger/people", self.add_person, methods=["POST"]),
            Route("/world/messenger/send", self.send, methods=["POST"]),
            Route("/world/messenger/inbox", self.by_hand, methods=["POST"]),
        ]

    async def start(self, _: Request) -> Response:
        """Serve the start page, which links to Messenger and the web chat."""
        return HTMLResponse(start_page((_PAGE / "start.html").read_text(), self._model, self._facts["config_id"]))

    async def page(self, _: Request) -> Response:
        """Serve the page that behaves like Messenger."""
        return FileResponse(_PAGE / "index.html")

    async def facts(self, _: Request) -> Response:
        """Return addresses, names, secrets and settings."""
        return JSONResponse(dict(self._facts))

    async def calls(self, request: Request) -> Response:
        """Return the calls that a fake recorded."""
        since = int(request.query_params.get("since") or 0)
        return JSONResponse([asdict(call) for call in self._recorder(request).since(since)])

    async def behave(self, request: Request) -> Response:
        """Set how a fake behaves from now on."""
        try:
            behaviour = Behaviour.of(await _body(request))
        except (ValueError, KeyError, TypeError) as exc:
            raise HTTPException(
                400, "a behaviour is {delay_ms, failures: [{status, body, times}], answer, tokens_per_second}"
            ) from exc
        self._recorder(request).behaviour = behaviour
        return JSONResponse(behaviour.as_json())

    async def heartbeat(self, _: Request) -> Response:
        """Run one heartbeat."""
        try:
            return JSONResponse(await run_in_threadpool(self._beat))
        except FunctionFailed as exc:
            raise HTTPException(502, str(exc)) from exc

    async def kill(self, _: Request) -> Response:
        """End all running workers as a crash would."""
        return JSONResponse({"killed": await run_in_threadpool(self._kill_workers)})

    async def say(self, request: Request) -> Response:
        """Sign and deliver a message as Meta would."""
        body = await _body(request)
        mid, status = await self._meta.say(_psid(_text(body, "person")), _text(body, "text"))
        return JSONResponse({"mid": mid, "status": status})

    async def turns(self, request: Request) -> Response:
        """Return the turns of a person, without text."""
        conversation = ConversationId(self._person(request))
        turns = await run_in_threadpool(lambda: list(self._transcript.turns(conversation, now=self._clock())))
        return JSONResponse(
            [
                {
                    "id": turn.id,
                    "at": turn.at,
                    "state": turn.state.value,
                    "charged": turn.charged_day is not None,
                    "model_calls": turn.model_calls,
                    "receipts": len(turn.receipts),
                }
                for turn in turns
            ]
        )

    async def quota(self, request: Request) -> Response:
        """Return a person's limit and use of today."""
        person_id = self._person(request)
        known = await run_in_threadpool(self._people.get, person_id)
        person, now = known or Person(person_id), self._clock()
        day = quota.date_at(now, zone=self._limits.zone)
        moment = quota.resets_at(day, zone=self._limits.zone)
        return JSONResponse(
            {
                "known": known is not None,
                "access": person.access.value,
                "used": person.quota.get(day, 0),
                "limit": quota.limit_of(person, default_limit=self._limits.daily_limit),
                "resets_at": f"{moment:%H:%M} ({self._limits.zone.key})",
            }
        )

    async def reset(self, _: Request) -> Response:
        """Restore the initial state."""
        await run_in_threadpool(self._reset)
        return JSONResponse({})

    async def messenger(self, _: Request) -> Response:
        """Return everything that the Messenger page shows."""
        people = [person.as_json() for person in self._meta.people.values()]
        page = {"id": PAGE_ID, "name": PAGE_NAME}
        state = {"began_at": self._meta.began_at, "page": page, "model": self._model.as_json(), "people": people}
        return JSONResponse(state)

    async def add_person(self, request: Request) -> Response:
        """Add a test person."""
        return JSONResponse(self._meta.add(_text(await _body(request), "name")).as_json(), 201)

    async def send(self, request: Request) -> Response:
        """Do what a test person does on the Messenger page: write, tap, attach or unsend."""
        match await _body(request):
            case {"person": str(psid), "attachment": "image" | "sticker" as kind}:
                sent = self._meta.attach(psid, kind)
            case {"person": str(psid), "ref": str(ref)}:
                sent = self._meta.open_link(psid, ref)
            case {"person": str(psid), "unsend": str(mid)}:
                sent = self._meta.unsend(psid, mid)
            case {"person": str(psid), "postback": str(payload), "title": str(title)}:
                sent = self._meta.tap(psid, title, payload)
            case {"person": str(psid), "text": str(text), "payload": str(payload)} if text.strip():
                sent = self._meta.say(psid, text, payload=payload)
            case {"person": str(psid), "text": str(text)} if text.strip():
                sent = self._meta.say(psid, text)
            case _:
                raise HTTPException(400, "not an action of a person")
        mid, status = await sent
        return JSONResponse({"mid": mid, "status": status})

    async def by_hand(self, request: Request) -> Response:
        """Do what a human does in the page's inbox: write to a person, take their thread or give it back."""
        inbox = PageInbox(self._meta)
        match await _body(request):
            case {"person": str(psid), "text": str(text)} if text.strip():
                sent = inbox.write(psid, text)
            case {"person": str(psid), "thread": "inbox" | "bot" as holder}:
                sent = inbox.take(psid) if holder == "inbox" else inbox.give_back(psid)
            case _:
                raise HTTPException(400, "not an action of a human in the inbox")
        mid, status = await sent
        return JSONResponse({"mid": mid, "status": status})

    def _recorder(self, request: Request) -> Recorder:
        try:
            return self._recorders[request.path_params["fake"]]
        except KeyError as exc:
            raise HTTPException(404, "no such fake") from exc

    def _person(self, request: Request) -> PersonId:
        return PersonId(f"messenger:{PAGE_ID}:{_psid(request.query_params.get('person', ''))}")


def _psid(person: str) -> str:
    """Extract the page-scoped id from a complete person id, or from the page-scoped id itself."""
    return person.removeprefix(f"messenger:{PAGE_ID}:")


async def _body(request: Request) -> Any:
    try:
        return await request.json()
    except json.JSONDecodeError as exc:
        raise HTTPException(400, "the body must be JSON") from exc


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise HTTPException(400, f'"{name}" must be a text')
    return value
