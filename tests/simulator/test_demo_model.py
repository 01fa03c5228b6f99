"""Tests that a demo whose model does not answer says so, with the reason and the cure."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, expect
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelUnusable
from scripts.simulator.aws import free_port
from scripts.simulator.model import ModelServer
from scripts.simulator.model_question import Problem, place_of, problem
from scripts.simulator.model_watch import ModelWatch, State
from tests.simulator.chromium import needs_chromium
from tests.simulator.conftest import PATIENCE_S
from tests.simulator.served import served
from tests.simulator.terminal import in_terminal, widest


def refusing(status: int, error: dict[str, Any], *models: str) -> list[Route]:
    """Return a model's server that answers no question, and lists models."""

    async def refuse(_: Request) -> Response:
        return JSONResponse({"error": error}, status)

    async def listed(_: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": name} for name in models]})

    return [Route("/models", listed), Route("/{path:path}", refuse, methods=["GET", "POST"])]


def page(url: str) -> str:
    return httpx2.get(url, trust_env=False, timeout=PATIENCE_S).text


def model(url: str) -> dict[str, Any]:
    state = httpx2.get(f"{url}/world/messenger", trust_env=False, timeout=PATIENCE_S).json()
    shown: dict[str, Any] = state["model"]
    return shown


@needs_chromium
def test_a_server_that_is_not_started_or_lacks_the_model_is_said_with_the_cure_and_on_the_messenger_page(
    browser: Browser,
):
    port = free_port()
    env = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}", "PARLEY_MODEL": "llama9"}
    with in_terminal(env=env) as demo, browser.new_context() as context:
        said = demo.wait_for("The demo is at")
        assert f"http://127.0.0.1:{port} cannot be reached: nothing listens there." in said
        assert "ollama serve" in said
        assert "Your bot is running" not in said
        assert widest(demo.printed) <= 80
        assert model(demo.url)["state"] == "silent"
        assert "nothing listens there" in page(demo.url)
        shown = context.new_page()
        shown.goto(f"{demo.url}/messenger")
        expect(shown.get_by_test_id("model")).to_contain_text("nothing listens there", timeout=1000 * PATIENCE_S)
        shown.set_viewport_size({"width": 360, "height": 740})
        expect(shown.get_by_test_id("panel-toggle")).to_contain_text("The model does not answer")
        gone = {"code": "model_not_found", "message": "model 'llama9' not found"}
        with served(refusing(404, gone, "llama3.2:latest", "qwen3"), port=port):
            demo.wait_for("such as llama3.2:latest or qwen3")
            demo.wait_for("`ollama pull llama9`")


def test_a_key_that_is_refused_is_said_and_that_the_model_answers_at_last():
    port = free_port()
    env = {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}", "OPENAI_API_KEY": "sk-4711", "PARLEY_MODEL": "llama3.2"}
    refuse = refusing(401, {"code": "invalid_api_key", "message": "Incorrect API key"})
    with ExitStack() as stack:
        with served(refuse, port=port):
            demo = stack.enter_context(in_terminal(env=env))
            said = demo.wait_for("The demo is at")
            assert "the key is refused" in said
            assert "Set OPENAI_API_KEY to a valid key" in said
            assert "sk-4711" not in said + page(demo.url)
        with served(ModelServer().routes(), port=port):
            demo.wait_for("llama3.2 answers now.")
            assert (model(demo.url)["state"], model(demo.url)["problem"]) == ("answers", None)
            assert "does not answer" not in page(demo.url)


def test_a_model_that_answers_is_said_to_run():
    with (
        served(ModelServer().routes()) as url,
        in_terminal(env={"OPENAI_BASE_URL": url, "PARLEY_MODEL": "qwen3"}) as demo,
    ):
        said = demo.wait_for("Your bot is running")
        assert f"Asking qwen3 at {url} for a word" in said
        assert f"goes to qwen3 at {url}" in page(demo.url)


@pytest.mark.parametrize("address", ["127.0.0.1:11434/v1", "localhost:11434", "ollama", "//localhost/v1"])
def test_an_address_without_a_scheme_ends_the_start_with_the_cure(address: str):
    with in_terminal(env={"OPENAI_BASE_URL": address}) as demo:
        demo.process.wait(PATIENCE_S)
        assert demo.end() == (
            f'Error: OPENAI_BASE_URL is "{address}"; it must be an address that begins with https:// or http://'
        )


BEYOND: list[tuple[ModelError, str, str]] = [
    (ModelUnusable("no credit", cause=ModelFault.CREDIT), "no credit", "Add credit"),
    (ModelUnusable("no such route", cause=ModelFault.ROUTE), "no such route", "mostly ends with /v1"),
    (ModelBusy("the provider is busy: HTTP 503"), "does not answer yet", "asks again"),
    (ModelError("the provider's answer makes no sense"), "makes no sense", "such an API"),
]


@pytest.mark.parametrize(("error", "reason", "cure"), BEYOND, ids=lambda value: str(value)[:20])
def test_each_fault_has_its_reason_and_its_cure(error: ModelError, reason: str, cure: str):
    said = problem(error, name="m", place="http://127.0.0.1:1/v1")
    assert reason in said.reason
    assert cure in said.cure


def test_a_name_and_password_in_an_address_are_not_shown():
    assert place_of("https://anna:secret@models.example:8443/v1") == "https://models.example:8443/v1"


def watched(answers: list[Problem | None], told: Callable[[ModelWatch], None]) -> ModelWatch:
    watch = ModelWatch("m", "http://m", iter(answers).__next__, threading.Event(), pause_s=0)
    watch.start(told)
    return watch


def test_the_same_problem_is_told_once_and_its_end_too():
    told: list[str] = []
    over = threading.Event()

    def tell(watch: ModelWatch) -> None:
        told.append(watch.problem.reason if watch.problem else watch.state.value)
        if watch.state is State.ANSWERS:
            over.set()

    asleep, wrong = Problem("asleep", "wake it"), Problem("wrong", "mend it")
    watched([asleep, asleep, wrong, wrong, None], tell)
    assert over.wait(PATIENCE_S)
    assert told == ["asking", "asleep", "wrong", "answers"]
