"""Doctor's question to a model of OpenAI's API: what is refused is said, even if people are answered without it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from chalicelib.content.persona import Persona
from chalicelib.llm.question import TrialQuestion
from chalicelib.operations.findings import Finding, Severity
from tests.contract.openai_server import Server, chat, error, model
from tests.contract.tool_situations import TOOLS

COOK = Persona("Cook", "You cook.", 100, temperature=0.5, tools=("look_up",))


def asked(*answers: httpx2.Response) -> tuple[Server, Sequence[Finding]]:
    server = Server(*answers)
    usual = model("chat", server, name="mixtral", effort="", is_openai=False)
    strict = replace(usual, requests=1, refused=set())
    trial = TrialQuestion(usual, lambda: ["cook"], lambda _: True, "prod", lambda _: COOK, lambda _: TOOLS[:1], strict)
    return server, trial.findings()


def test_a_persona_is_tried_with_its_tools_and_nothing_is_said_if_all_is_answered():
    server, [finding] = asked(chat("Hello."))
    assert finding == Finding.ok("model-answer", "mixtral answers as cook")
    [(_, body)] = server.asked
    assert [tool["function"]["name"] for tool in body["tools"]] == ["look_up"]


@pytest.mark.parametrize(
    ("refusal", "what", "cure"),
    [
        (error(400, message="mixtral does not support tools"), "tools are refused", "llama.cpp: --jinja"),
        (error(400, param="temperature"), "the request is refused: temperature", "change the setting or the persona"),
    ],
)
def test_what_people_are_answered_without_is_a_warning_with_its_cure(refusal: httpx2.Response, what: str, cure: str):
    server, [answers, less] = asked(refusal, refusal, chat("Hello."))
    assert answers.state is Severity.OK
    assert (less.state, less.what) == (Severity.WARNING, f"as cook: {what}")
    assert cure in less.remedy
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([error(503), error(503), chat("Hello.")], Severity.OK),
        ([error(503), error(503), error(503)], Severity.WARNING),
        ([error(400, param="input")] * 2, Severity.BROKEN),
        ([error(401)] * 2, Severity.BROKEN),
    ],
    ids=["busy for a moment", "busy", "refused for good", "the key"],
)
def test_whatever_else_is_wrong_is_found_as_ever(answers: list[Any], state: Severity):
    _, [finding] = asked(*answers)
    assert finding.state is state
