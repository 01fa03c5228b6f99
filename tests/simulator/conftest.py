"""A simulator for each test process: the real app, headless, over HTTP."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Final

import httpx2
import pytest
from playwright.sync_api import Browser, Page

from chalicelib.content import text
from chalicelib.llm.question import QUESTION
from chalicelib.settings.languages import LANGUAGES
from scripts.simulator.aws import free_port
from tests.simulator.chat_server import ChatServer, chat_server
from tests.simulator.chromium import chromium
from tests.simulator.lent_page import Lender
from tests.simulator.meta import signed

ROOT = Path(__file__).parents[2]
HALF_HOUR_MS = 30 * 60_000
ENDED_IN_S = 3.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.5
QUICK: Final = 1000
"""Words a second of the model's answers, where a test does not look at them while they grow."""
PATIENCE_S = 60
"""How long what a test waits for may take on busy cores."""
STILL_WRITING: Final = frozenset(text.load(language)("still_writing") for language in LANGUAGES)


class Demo:
    """A running demo."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx2.Client(base_url=url, timeout=2 * PATIENCE_S, trust_env=False)
        self.facts: Mapping[str, Any] = self.http.get("/world").json()
        self.behave("model")

    def say(self, person: str, text: str) -> int:
        """Deliver a message as Meta would; returns the webhook's status."""
        return int(self.http.post("/world/say", json={"person": person, "text": text}).json()["status"])

    def webhook(self, body: bytes) -> int:
        """Send a signed body to the webhook; returns its status."""
        return self.http.post("/webhook", content=body, headers=signed(body, self.facts["app_secret"])).status_code

    def wants_deletion(self, form: bytes) -> httpx2.Response:
        """Send a deletion request as Meta does, and return the response."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.http.post("/data-deletion", content=form, headers=headers)

    def behave(self, fake: str, **behaviour: Any) -> None:
        """Set how the Graph API or the model responds."""
        if fake == "model":
            behaviour.setdefault("tokens_per_second", QUICK)
        self.http.put(f"/world/{fake}/behaviour", json=behaviour).raise_for_status()

    def reset(self) -> None:
        """Forget all that has happened."""
        response = self.http.post("/world/reset")
        assert response.status_code == 200, f"{response}\n{self.log()[-2000:]}"
        self.behave("model")

    def log(self) -> str:
        """Return what the demo has logged so far."""
        return Path(self.facts["log_file"]).read_text()

    def heartbeat(self) -> Mapping[str, Any]:
        """Run one heartbeat."""
        beat: Mapping[str, Any] = self.http.post("/world/heartbeat").raise_for_status().json()
        return beat

    def calls(self, fake: str) -> Sequence[Mapping[str, Any]]:
        """Return the requests that a fake recorded; not the health check's question, which may come at any time."""
        calls: Sequence[Mapping[str, Any]] = self.http.get(f"/world/{fake}/calls").json()
        return [call for call in calls if not _is_trial(call["body"])]

    def answers_to(self, person: str) -> list[str]:
        """Return the texts that were sent to a person, in order, without the word that an answer takes longer.

        A busy machine makes that word come.
        """
        texts = [
            call["body"]["message"]["text"]
            for call in self.calls("graph")
            if call["body"]["recipient"]["id"] == person and "message" in call["body"] and call["status"] == 200
        ]
        return [text for text in texts if text not in STILL_WRITING]

    def actions_for(self, person: str) -> list[str]:
        """Return the sender actions for a person, such as `mark_seen` and `typing_on`."""
        bodies = [call["body"] for call in self.calls("graph")]
        return [
            body["sender_action"] for body in bodies if body["recipient"]["id"] == person and "sender_action" in body
        ]

    def turns(self, person: str) -> list[Mapping[str, Any]]:
        """Return the turns of a person."""
        turns: list[Mapping[str, Any]] = self.http.get("/world/turns", params={"person": person}).json()
        return turns

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = PATIENCE_S) -> None:
        """Wait until a condition holds; fails after a time.

        Asks less and less often, since what is asked takes the processor's time from what is waited for.
        """
        deadline, pause = time.monotonic() + seconds, FIRST_PAUSE_S
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(pause)
            pause = min(1.3 * pause, LONGEST_PAUSE_S)

    def wait_until_answered(self, *people: str, turns: int = 1, seconds: float = 2 * PATIENCE_S) -> None:
        """Wait until a number of turns of each person have ended."""

        def over(person: str) -> bool:
            return sum(turn["state"] in ("done", "dropped") for turn in self.turns(person)) >= turns

        waiting = list(people)

        def all_over() -> bool:
            while waiting and over(waiting[0]):
                waiting.pop(0)
            return not waiting

        self.wait_until(all_over, seconds=seconds)


@contextmanager
def running_demo(*options: str, env: Mapping[str, str] | None = None) -> Iterator[tuple[Demo, subprocess.Popen[str]]]:
    """Start a demo on a free port and end it as a terminal would."""
    command = [sys.executable, "-m", "scripts.simulator", "--headless", "--port", str(free_port()), *options]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", _output(process).readline())
        assert ready, "the demo did not start"
        demo = Demo(ready[1])
        with closing(demo.http):
            yield demo, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_S)
        _output(process).close()


def _is_trial(body: Any) -> bool:
    said = (body.get("messages") or body.get("input")) if isinstance(body, dict) else None
    return isinstance(said, list) and bool(said) and said[-1].get("content") == QUESTION


def _output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


@pytest.fixture(scope="session")
def _running() -> Iterator[Demo]:
    with running_demo() as (demo, _):
        yield demo


@pytest.fixture
def demo(_running: Demo) -> Demo:
    """A demo in which nothing has happened yet."""
    _running.reset()
    return _running


@pytest.fixture(scope="session")
def _running_by_queue() -> Iterator[Demo]:
    with running_demo(env={**os.environ, "PARLEY_WAKE": "fifo"}) as (demo, _):
        yield demo


@pytest.fixture(params=["lambda", "fifo"])
def either_demo(request: pytest.FixtureRequest) -> Demo:
    """A demo whose worker is invoked directly, and one whose worker is invoked by a queue."""
    running: Demo = request.getfixturevalue("_running" if request.param == "lambda" else "_running_by_queue")
    running.reset()
    return running


@pytest.fixture
def log_of(demo: Demo) -> Callable[[], list[Mapping[str, Any]]]:
    """Return the demo's log lines so far."""

    def read() -> list[Mapping[str, Any]]:
        lines = demo.log().rpartition("\n")[0].splitlines()  # the last one may be half written
        return [json.loads(line) for line in lines if line.startswith("{")]

    return read


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of a test process. Its event loop occupies the main thread: see `tests.threads.run`."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def _chat_server() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


@pytest.fixture(scope="session")
def _lender(browser: Browser, _chat_server: ChatServer) -> Iterator[Lender]:
    permissions = ["clipboard-read", "clipboard-write"]
    with closing(Lender(browser, _chat_server, locale="en-GB", permissions=permissions)) as lender:
        yield lender


@pytest.fixture
def bot(request: pytest.FixtureRequest, _chat_server: ChatServer, _lender: Lender) -> ChatServer:
    """A controlled bot in its initial state; with `open_page`, as that page left it."""
    if "open_page" not in request.fixturenames:
        _lender.leave()
        _chat_server.begin()
    return _chat_server


@pytest.fixture
def half_hour_has_just_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the bot's clock: at its end a page whose field is closed asks whether it may open."""
    began = time.time_ns() // 1_000_000 // HALF_HOUR_MS * HALF_HOUR_MS
    monkeypatch.setattr("tests.simulator.chat_server.now", lambda: began)


@pytest.fixture
def chat(_lender: Lender, bot: ChatServer) -> Iterator[Page]:
    """The browser of a visitor who reads English."""
    with _lender.page() as page:
        yield page


@pytest.fixture
def open_page(_lender: Lender, bot: ChatServer) -> Iterator[Page]:
    """The same with an open chat, in which there may be answered questions of earlier tests.

    It is for tests of one answer or of a module, since most of a test's time is that for opening the page.
    """
    with _lender.open_page() as page:
        yield page
