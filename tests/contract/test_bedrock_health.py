"""What `doctor` says of a model at Bedrock: it asks a real question, and names the cure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from chalicelib.errors import ModelError
from chalicelib.llm.bedrock_catalogue import BedrockCatalogue
from chalicelib.llm.health import Catalogue, ModelHealth
from chalicelib.llm.question import TrialQuestion
from chalicelib.operations.findings import Finding, Severity
from tests.contract.converse_server import NOVA, Answer, Refusal, model, text, whole
from tests.fakes.adapters import FakeClock
from tests.fakes.model import FakeCatalogue

DENIED = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: bedrock:InvokeModelWithResponseStream"
UNKNOWN = "The provided model identifier is invalid."
NEEDS_PROFILE = "Invocation of model ID x with on-demand throughput isn't supported. Use an inference profile."
FORM = "Model use case details have not been submitted for this account."


@dataclass
class Doctor:
    """The health check of a model, and what was asked."""

    asked: list[object] = field(default_factory=list)

    def says(self, *answers: Answer, catalogue: Catalogue | None = None) -> Sequence[Finding]:
        asked_model, script = model(*answers)
        health = ModelHealth(
            name=NOVA,
            question=TrialQuestion(asked_model, lambda: ["assistant"], lambda _: True, "prod"),
            catalogue=catalogue or FakeCatalogue(),
            shutdown=None,
            stage="prod",
            clock=FakeClock(),
        )
        findings = list(health.check().run())
        self.asked += script.asked
        return findings


@pytest.fixture
def doctor() -> Doctor:
    return Doctor()


def test_a_model_that_answers_is_asked_for_sixteen_tokens_as_each_persona(doctor: Doctor):
    found = doctor.says(whole(*text("Hello.")))
    assert {finding.state for finding in found} == {Severity.OK}
    [asked] = doctor.asked
    assert isinstance(asked, dict)
    assert asked["inferenceConfig"]["maxTokens"] == 16
    assert asked["messages"] == [{"role": "user", "content": [{"text": "Say hello."}]}]


@pytest.mark.parametrize(
    ("refusal", "what", "cure"),
    [
        (Refusal(403, "AccessDeniedException", DENIED), "AWS does not let the bot ask", "run scripts/parley deploy"),
        (
            Refusal(400, "ValidationException", UNKNOWN),
            "does not know the model's id in this region",
            "set PARLEY_MODEL and PARLEY_BEDROCK_REGION so that they go together",
        ),
        (Refusal(400, "ValidationException", NEEDS_PROFILE), "its id begins with us., eu.", "set PARLEY_MODEL to"),
        (
            Refusal(404, "ResourceNotFoundException", FORM),
            "as its maker wants",
            "open the model in the Bedrock console",
        ),
    ],
    ids=["access denied", "unknown id", "no profile", "form"],
)
def test_what_only_the_owner_can_mend_is_broken_with_its_cure(doctor: Doctor, refusal: Refusal, what: str, cure: str):
    [broken] = [finding for finding in doctor.says(refusal) if finding.state is Severity.BROKEN]
    assert what in broken.what
    assert cure in broken.remedy
    assert refusal.message not in str(broken)


def test_a_region_without_bedrock_is_broken_with_the_settings_to_change(doctor: Doctor):
    nowhere = BedrockCatalogue(lambda: "bedrock-runtime.mars-north-1.invalid")
    busy = Refusal(503, "ServiceUnavailableException")
    [broken] = [f for f in doctor.says(busy, busy, catalogue=nowhere) if f.state is Severity.BROKEN]
    assert "bedrock-runtime.mars-north-1.invalid has no address" in broken.what
    assert "PARLEY_BEDROCK_REGION" in broken.remedy


def test_a_region_with_bedrock_has_an_address():
    try:
        found = BedrockCatalogue(lambda: "127.0.0.1").find()
    except ModelError as exc:
        pytest.fail(str(exc))
    assert found.listed is None
