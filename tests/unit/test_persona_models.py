"""What `doctor` says of a persona whose model or temperature cannot be kept."""

from collections.abc import Sequence

import pytest

from chalicelib.content.persona import Persona
from chalicelib.llm.persona_models import NAME, PersonaModels
from chalicelib.operations.findings import Finding, Severity
from chalicelib.settings.stage import Settings

NOW = 1_795_000_000_000
"""18 November 2026."""


def found(*personas: Persona, **env: str) -> Sequence[Finding]:
    by_name = {who.name: who for who in personas}
    return list(PersonaModels(Settings.from_env(env), lambda: by_name, by_name.__getitem__, lambda: NOW).check().run())


def persona(name: str = "cook", *, model: str = "", temperature: float | None = None) -> Persona:
    return Persona(name, "You cook.", 100, model=model, temperature=temperature)


@pytest.mark.parametrize("model", ["", "gpt-6-luna", "gpt-6-sol"])
@pytest.mark.parametrize("temperature", [None, 0.6])
def test_nothing_is_said_where_all_is_kept(model: str, temperature: float | None):
    assert found(persona(model=model, temperature=temperature), PARLEY_MODELS="gpt-6-sol") == []


def test_a_model_that_is_not_listed_is_named_with_the_one_that_answers_and_the_cure():
    [finding] = found(persona(model="gpt-6-sol"), persona("baker"), PARLEY_STAGE="prod")
    assert finding == Finding.warning(
        NAME,
        "cook wants gpt-6-sol, which is not in PARLEY_MODELS",
        "gpt-6-luna answers in its place",
        "add it there and run scripts/parley deploy --stage prod",
    )


@pytest.mark.parametrize(
    ("env", "model"),
    [
        ({"PARLEY_REASONING_EFFORT": "low"}, ""),
        ({"PARLEY_MODEL": "gpt-5-mini"}, ""),
        ({"PARLEY_MODEL": "gpt-6-astra"}, ""),
        ({"PARLEY_MODELS": "gpt-6.1-sol"}, "gpt-6.1-sol"),
        ({"PARLEY_MODEL": "bedrock:us.openai.gpt-6-luna"}, ""),
        ({"PARLEY_MODEL": "bedrock:eu.anthropic.claude-sonnet-5"}, ""),
        ({"PARLEY_MODEL": "bedrock:eu.anthropic.claude-sonnet-4-6", "PARLEY_REASONING_EFFORT": "low"}, ""),
    ],
)
def test_a_temperature_that_the_model_does_not_take_is_said_and_not_dropped_in_silence(env: dict[str, str], model: str):
    [finding] = [one for one in found(persona(model=model, temperature=0.6), **env) if "temperature" in one.what]
    assert finding.state is Severity.WARNING
    assert finding.what.startswith("cook has the temperature 0.6, and ")
    assert "PARLEY_REASONING_EFFORT" in finding.remedy


def test_the_end_of_a_listed_model_and_of_the_fallback_is_said_in_time():
    findings = found(PARLEY_MODELS="gpt-5.1,gpt-4o-mini", PARLEY_FALLBACK_MODEL="gpt-5-nano")
    assert [(one.state, one.what.partition(" ")[0]) for one in findings] == [
        (Severity.WARNING, "gpt-4o-mini"),
        (Severity.WARNING, "gpt-5-nano"),
    ]


def test_a_listed_model_whose_price_is_not_known_is_said():
    nova, local = "bedrock:eu.amazon.nova-9-v1:0", {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}
    findings = found(PARLEY_MODELS=f"gpt-9,{nova}")
    assert [one.what for one in findings] == [
        "the price of gpt-9 is not known",
        "the price of eu.amazon.nova-9-v1:0 is not known",
    ]
    assert found(PARLEY_MODEL="llama3", PARLEY_MODELS="qwen3", **local) == []


@pytest.mark.parametrize("model", ["eu.amazon.nova-lite-v1:0", "eu.anthropic.claude-sonnet-4-6"])
def test_nothing_is_said_of_a_model_of_bedrock_that_keeps_the_temperature(model: str):
    assert found(persona(temperature=0.6), PARLEY_MODEL=f"bedrock:{model}") == []
