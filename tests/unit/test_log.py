import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

from chalicelib.access.budget import Usage
from chalicelib.conversation.agent import model_answered, model_asked
from chalicelib.errors import StoreError
from chalicelib.ids import PersonId, TurnId
from chalicelib.log import Log, correlation, invocation
from tests import emf
from tests.fakes.model import ScriptedModel

ROOT = Path(__file__).parents[2]
TURN = TurnId("0001795185376#058db1653f7998dbe7697131403ed4ee")
ANNA, BERT = PersonId("messenger:1:anna"), PersonId("messenger:1:bert")

STARTS = """
from chalicelib.log import Log, invocation
log = Log(lambda: "key", "prod")
log("before")
for name in ("one", "two"):
    with invocation(name):
        log("first")
        log("second")
"""


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> Log:
    return Log(lambda: "key", "prod", stream=lambda: stream, now=lambda: 1_795_176_000.5)


def test_a_stage_is_one_line_of_json(log: Log, stream: io.StringIO):
    log("accept", corr="abc", outcome="queued")
    assert lines(stream) == [{"ts": 1_795_176_000.5, "stage": "accept", "corr": "abc", "outcome": "queued"}]
    assert stream.getvalue().count("\n") == 1


def test_a_line_brings_its_metrics_along_under_the_deployments_stage(log: Log, stream: io.StringIO):
    log("door", call="webhook", ms=12)
    [line] = lines(stream)
    assert emf.problems(line) == []
    assert (emf.values(line), line["Stage"], line["stage"]) == ({"AckMs": 12}, "prod", "door")
    assert line["_aws"]["Timestamp"] == 1_795_176_000_500


def test_our_own_errors_are_told_in_words_and_foreign_ones_only_by_kind(log: Log, stream: io.StringIO):
    log.failure("store", StoreError("DynamoDB refused"))
    log.failure("model", ValueError("my secret is 42"))
    assert [(line["error"], line["message"]) for line in lines(stream)] == [
        ("StoreError", "DynamoDB refused"),
        ("ValueError", ""),
    ]


def test_a_failure_can_be_counted(log: Log, stream: io.StringIO):
    log.failure("channel", StoreError("code 190"), broken=1)
    log.failure("deliver", StoreError("code 551"), failed=1)
    assert [emf.values(line) for line in lines(stream)] == [{"ChannelBroken": 1}, {"Failed": 1}]


def test_lines_about_a_turn_carry_its_correlation_and_the_persons_pseudonym(log: Log, stream: io.StringIO):
    log.about(TURN, ANNA)("turn", outcome="delivered")
    log("heartbeat")
    about, not_about = lines(stream)
    assert (about["corr"], about["person"]) == ("058db1653f7998db", log.pseudonym(ANNA))
    assert not {"corr", "person"} & not_about.keys()


def test_a_pseudonym_is_the_same_for_the_same_person_and_depends_on_the_key():
    one, other = Log(lambda: "one", "prod"), Log(lambda: "other", "prod")
    assert one.pseudonym(ANNA) == one.pseudonym(ANNA)
    assert len({one.pseudonym(ANNA), one.pseudonym(BERT), other.pseudonym(ANNA)}) == 3
    assert "anna" not in one.pseudonym(ANNA)


def test_all_lines_about_a_turn_share_the_start_of_its_hash():
    assert correlation(TURN) == "058db1653f7998db"


def test_while_a_function_runs_its_lines_carry_the_id_of_the_run(log: Log, stream: io.StringIO):
    with invocation("run-1"):
        log("during")
    log("after")
    assert [line.get("request_id") for line in lines(stream)] == ["run-1", None]


def test_runs_side_by_side_do_not_mix_their_ids(log: Log, stream: io.StringIO):
    def run(name: str) -> None:
        with invocation(name):
            log(name)

    with invocation("run-0"), ThreadPoolExecutor(4) as pool:
        list(pool.map(run, [f"run-{number}" for number in range(1, 20)]))
        pool.submit(copy_context().run, log, "run-0").result()
    assert len(lines(stream)) == 20
    assert all(line["request_id"] == line["stage"] for line in lines(stream))


def test_an_error_ends_the_run_as_well(log: Log, stream: io.StringIO):
    with pytest.raises(StoreError), invocation("run-1"):
        raise StoreError
    log("after")
    assert "request_id" not in lines(stream)[0]


def test_only_the_first_run_of_a_process_is_cold():
    done = subprocess.run([sys.executable, "-c", STARTS], cwd=ROOT, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("cold") for line in found] == [None, True, True, None, None]


def test_a_model_call_is_logged_in_the_names_of_opentelemetrys_conventions():
    assert model_asked(ScriptedModel(name="gpt-6-luna", provider="openai")) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-6-luna",
    }
    other = model_asked(ScriptedModel(name="luna", provider="aws.bedrock"))
    assert (other["gen_ai.provider.name"], other["gen_ai.request.model"]) == ("aws.bedrock", "luna")
    assert model_answered(Usage(input=100, cached=64, output=20), first_words_ms=412) == {
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.cache_read.input_tokens": 64,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.response.time_to_first_chunk": 0.412,
    }
