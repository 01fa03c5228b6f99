import io
import json

from chalicelib.errors import StoreError
from chalicelib.messages import PersonId, TurnId
from chalicelib.observability import Log, correlation


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_stage_is_one_line_of_json():
    stream = io.StringIO()
    Log(lambda: "key", stream=lambda: stream, now=lambda: 1.5)("accept", corr="abc", outcome="queued")
    assert lines(stream) == [{"ts": 1.5, "stage": "accept", "corr": "abc", "outcome": "queued"}]


def test_our_own_errors_are_told_in_words_and_foreign_ones_only_by_kind():
    stream = io.StringIO()
    log = Log(lambda: "key", stream=lambda: stream, now=lambda: 1)
    log.failure("store", StoreError("DynamoDB refused"))
    log.failure("model", ValueError("my secret is 42"))
    assert [(line["error"], line["message"]) for line in lines(stream)] == [
        ("StoreError", "DynamoDB refused"),
        ("ValueError", ""),
    ]


def test_a_pseudonym_is_the_same_for_the_same_person_and_depends_on_the_key():
    one, other = Log(lambda: "one"), Log(lambda: "other")
    anna, bert = PersonId("messenger:1:anna"), PersonId("messenger:1:bert")
    assert one.pseudonym(anna) == one.pseudonym(anna)
    assert len({one.pseudonym(anna), one.pseudonym(bert), other.pseudonym(anna)}) == 3
    assert "anna" not in one.pseudonym(anna)


def test_all_lines_about_a_turn_share_the_start_of_its_hash():
    assert correlation(TurnId("0001795185376#058db1653f7998dbe7697131403ed4ee")) == "058db1653f7998db"
