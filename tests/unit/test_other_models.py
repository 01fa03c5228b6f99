"""What `doctor` says of the models beside the deployment's own."""

from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.errors import ModelBusy, ModelFault, ModelUnusable
from chalicelib.llm.choice import ModelChoice
from chalicelib.llm.other_models import OtherModels
from chalicelib.operations.findings import Finding, Severity
from tests.fakes.model import ScriptedModel


def found(*lines: Any, has_money: bool = True) -> tuple[Sequence[Finding], list[ScriptedModel]]:
    models = [ScriptedModel([line]) for line in lines]
    others = {f"model-{number}": (lambda model=model: model) for number, model in enumerate(models)}
    check = OtherModels(ModelChoice(ScriptedModel(), others), tuple(others), lambda _: has_money, "prod").check()
    return list(check.run()), models


def test_nothing_is_said_where_there_are_no_others():
    assert found() == ([], [])


def test_each_is_asked_a_tiny_question_under_its_name():
    findings, models = found(["Hi."], ["Hello."])
    assert findings == [Finding.ok("other-models", "also answering: model-0, model-1")]
    assert [[(prompt.model, prompt.max_output_tokens) for prompt in model.asked] for model in models] == [
        [("model-0", 16)],
        [("model-1", 16)],
    ]


@pytest.mark.parametrize(
    ("error", "state", "cure"),
    [
        (ModelBusy("busy"), Severity.WARNING, "run it again in a minute"),
        (ModelUnusable("no such model", cause=ModelFault.MISSING), Severity.BROKEN, "PARLEY_FALLBACK_MODEL"),
    ],
)
def test_one_that_does_not_answer_is_named_and_the_others_are_asked_all_the_same(
    error: Exception, state: Severity, cure: str
):
    [answers, fault], _ = found(error, ["Hello."])
    assert answers == Finding.ok("other-models", "also answering: model-1")
    assert (fault.state, fault.what) == (state, f"model-0: {error}")
    assert cure in fault.remedy


def test_without_money_none_is_asked():
    findings, [model] = found(["Hi."], has_money=False)
    assert (findings, model.asked) == ([], [])
