"""Two personas practise with each other in the demo: the page asks for one line after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from chalicelib.content import persona
from chalicelib.errors import ModelError
from scripts.simulator.functions import FunctionFailed
from scripts.stage.trial import BudgetSpent, Line, Trial

BUDGET: Final = 50_000
"""Micro-USD that a trial may cost."""
TURNS: Final = 10
_MOST_LINES: Final = 2 * TURNS
_LONGEST_LINE: Final = 4_000
_SECONDS: Final = 120.0
_PAGE: Final = Path(__file__).parent / "page" / "practise.html"


@dataclass(frozen=True)
class Practice:
    """The page on which two personas practise, and what it asks."""

    call: Callable[..., Mapping[str, Any]]
    """As `Functions.call`."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes."""
        return [
            Route("/practise", self.page),
            Route("/world/personas", self.personas),
            Route("/world/practise", self.say, methods=["POST"]),
        ]

    async def page(self, _: Request) -> Response:
        """Serve the page."""
        return FileResponse(_PAGE)

    async def personas(self, _: Request) -> Response:
        """Return the personas that have an opening, and what a trial may be."""
        known = {name: persona.load(name) for name in persona.names()}
        listed = [{"id": name, "name": who.name, "opening": who.welcome.opening} for name, who in known.items()]
        return JSONResponse({"personas": listed, "turns": TURNS, "usd": BUDGET / 1_000_000})

    async def say(self, request: Request) -> Response:
        """Return the next line of a trial, given those before it and what they cost."""
        body = await request.json()
        try:
            first, second, lines = str(body["first"]), str(body["second"]), [str(line) for line in body["lines"]]
            spent = int(body["spent"])
        except (KeyError, TypeError, ValueError) as exc:
            raise HTTPException(400, "a trial is {first, second, lines, spent}") from exc
        wrong = persona.name_error(first) or persona.name_error(second)
        is_long = len(lines) >= _MOST_LINES or any(len(line) > _LONGEST_LINE for line in lines)
        if wrong or is_long or not lines or not 0 <= spent <= BUDGET:
            raise HTTPException(400, wrong or f"a trial has from 1 to {_MOST_LINES} lines")
        asked = partial(next_line, first, second, tuple(lines), BUDGET - spent)
        try:
            return JSONResponse(await run_in_threadpool(self.call, asked, timeout_s=_SECONDS))
        except FunctionFailed as exc:
            raise HTTPException(502, str(exc)) from exc


def next_line(first: str, second: str, lines: tuple[str, ...], left: int) -> Mapping[str, Any]:
    """Return what is said next, or why nothing is. Call it in a process that may read the model's key.

    What it may cost is also taken from the demo's budget of the day.
    """
    from chalicelib.bootstrap import worker  # noqa: PLC0415 (slow, and reads the environment)

    pair = persona.load(first), persona.load(second)
    model = worker.model()
    said = [Line(pair[place % 2], text) for place, text in enumerate(lines)]
    trial = Trial((model, model), pair, left, said)
    if not worker.set_aside(trial.next_usage()):
        return {"stopped": "The demo's budget of today has no room for the next answer."}
    try:
        line = trial.next_line()
    except BudgetSpent:
        return {"stopped": "The trial's budget has no room for the next answer."}
    except ModelError as exc:
        return {"stopped": f"The model gave no answer: {exc}."}
    return {"text": line.text, "cut": line.was_cut, "cost": line.cost}
