"""The owner learns from the health check that questions are not checked, which no person notices."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace

import pytest

from chalicelib.content import persona
from chalicelib.content.persona_file import Moderating
from chalicelib.conversation.moderation import Moderation, NoModeration, Verdict
from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelUnusable
from chalicelib.llm.moderation_health import ModerationHealth
from chalicelib.operations.findings import Finding, Severity
from tests.fakes.moderation import ScriptedModeration


def findings(moderation: Moderation, personas: Mapping[str, str]) -> list[Finding]:
    """What is found where these personas are in use, with how each has questions checked."""
    known = {name: replace(persona.load("web"), moderation=Moderating(how)) for name, how in personas.items()}
    return list(ModerationHealth(lambda: moderation, lambda: known, known.__getitem__, "prod").check().run())


def test_without_a_persona_that_wants_it_nothing_is_asked_or_said():
    moderation = ScriptedModeration()
    assert findings(moderation, {"web": "off", "santa": "off"}) == []
    assert moderation.checked == []


def test_a_service_that_works_is_asked_once_for_all_personas():
    moderation = ScriptedModeration()
    (found,) = findings(moderation, {"web": "score", "santa": "block", "assistant": "off"})
    assert (found.state, found.what) == (Severity.OK, "questions for santa, web are checked")
    assert moderation.checked == ["Say hello."]


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (ModelBusy("the verdict took too long"), "run it again in a minute"),
        (ModelError("the verdict makes no sense"), "run it again in a minute"),
        (ModelUnusable("x", cause=ModelFault.KEY), "make a key that may ask models and run scripts/parley deploy"),
        (ModelUnusable("x", cause=ModelFault.ROUTE), 'set moderation = "off" in these personas'),
    ],
)
def test_without_verdicts_the_owner_reads_that_questions_are_not_checked_and_what_to_do(error: ModelError, remedy: str):
    script: deque[Verdict | ModelError] = deque([error])
    (found,) = findings(ScriptedModeration(script), {"santa": "block"})
    assert (found.state, found.what) == (Severity.WARNING, f"no verdict for santa: {error}")
    assert found.why == "the model answers questions that nothing has checked"
    assert remedy in found.remedy


def test_a_provider_without_such_a_service_is_named():
    (found,) = findings(NoModeration(), {"santa": "block"})
    assert "the model's provider has no moderation service" in found.what
