"""Tests that the owner gets from a person to their log lines, in which there are pseudonyms only."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from chalicelib.access import identity
from chalicelib.ids import ConversationId, PersonId
from chalicelib.log import Log
from chalicelib.settings.stage import Secret
from tests.cli.chats import ANNA, BERT, KITCHEN, OTHER_VISITOR, SHOP, VISITOR, Chats
from tests.cli.conftest import Run
from tests.cli.test_logs import ANNAS, API, BERTS, START, WORKER, Put, line, put, stages  # noqa: F401 (put is a fixture)

KEY = "the stage's key"
PARAMETER = f"/parley/dev/{Secret.PSEUDONYM_KEY}"
AGAIN = "0000111122223333"


def alias(name: PersonId | ConversationId, *, key: str = KEY) -> str:
    return Log(lambda: key, "dev", stream=io.StringIO).pseudonym(name)


@pytest.fixture
def key(owner: Run) -> Iterator[Callable[[str], None]]:
    """Replaces the key of the pseudonyms."""
    client: Any = boto3.client("ssm", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")

    def replace(value: str) -> None:
        client.put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)

    replace(KEY)
    yield replace
    client.delete_parameter(Name=PARAMETER)


@pytest.fixture
def logged(put: Put, chats: Chats) -> None:  # noqa: F811 (the fixture of the same name)
    """A message of Anna and one of Bert, in an order as functions write it."""
    chats.answer(ANNA)
    chats.answer(BERT)
    put(API, START, line("accept", corr=ANNAS, person=alias(ANNA), outcome="queued"), minutes_ago=5)
    put(API, line("accept", corr=BERTS, person=alias(BERT), outcome="queued"), minutes_ago=4)
    put(WORKER, line("model", corr=ANNAS, ms=7), minutes_ago=3)
    put(WORKER, line("turn", corr=BERTS, person=alias(BERT), outcome="done"), minutes_ago=2)
    put(WORKER, line("hand_back", error="StoreError", conversation=alias(ANNA)), minutes_ago=1)


@pytest.mark.usefixtures("key", "logged")
@pytest.mark.parametrize("name", [ANNA, ANNA.rpartition(":")[2], ANNA[-6:]])
def test_only_the_lines_of_one_person_are_shown(run: Run, name: str):
    result = run("logs", "--person", name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert stages(result.stdout) == ["accept", "model", "hand_back"]
    assert stages(run("logs", "--person", name, "--errors").stdout) == ["hand_back"]


@pytest.mark.usefixtures("key", "logged")
def test_the_command_that_people_show_prints_leads_there(run: Run):
    (row,) = [text for text in run("people", "show", ANNA).stdout.splitlines() if text.startswith("Their log lines: ")]
    program, *words = row.removeprefix("Their log lines: ").split()
    assert program == "scripts/parley"
    assert stages(run(*words).stdout) == ["accept", "model", "hand_back"]
    documents = [json.loads(text) for text in run(*words, "--json").stdout.splitlines()]
    assert ANNA not in json.dumps(documents)


@pytest.mark.usefixtures("key", "logged")
def test_what_an_invocation_reports_without_a_name_belongs_to_its_person(run: Run, put: Put):  # noqa: F811
    put(WORKER, line("turn", corr=AGAIN, person=alias(ANNA), request_id="of-anna"), minutes_ago=0.9)
    put(WORKER, line("warm", request_id="of-anna"), line("warm", request_id="of-another"), minutes_ago=0.8)
    assert stages(run("logs", "--person", ANNA).stdout)[-2:] == ["turn", "warm"]
    assert stages(run("logs", "--person", BERT).stdout) == ["accept", "turn"]


@pytest.mark.usefixtures("key")
def test_all_own_conversations_count_and_rooms_with_others_do_not(run: Run, put: Put, chats: Chats):  # noqa: F811
    chats.store.keys.create(SHOP)
    own = identity.room(VISITOR, "~second")
    for place in (own, KITCHEN):
        chats.answer(VISITOR, room=place)
        chats.answer(OTHER_VISITOR, room=KITCHEN)
    put(WORKER, line("lease", error="StoreError", conversation=alias(own)))
    put(WORKER, line("wake", error="WakeError", conversation=alias(KITCHEN)))
    assert stages(run("logs", "--person", VISITOR).stdout) == ["lease"]


@pytest.mark.usefixtures("logged")
def test_lines_from_before_the_key_was_replaced_are_not_found(run: Run, key: Callable[[str], None]):
    key("another key")
    result = run("logs", "--person", ANNA)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"nothing was logged about {ANNA} in that time; use --since to look further back\n"


@pytest.mark.usefixtures("key", "chats")
@pytest.mark.parametrize("name", ["nobody-here", "messenger:", "web:only-two"])
def test_an_unknown_person_is_not_found(run: Run, name: str):
    result = run("logs", "--person", name)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "Error: there is no person with that id: see scripts/parley people list --stage dev\n"


def test_without_a_key_the_owner_reads_what_to_do(run: Run):
    result = run("logs", "--person", ANNA)
    cure = "scripts/parley deploy --stage dev"
    what = f"stage dev has no key for the names in its log, which `deploy` makes: {cure}"
    assert (result.exit_code, result.stderr) == (1, f"Error: {what}\n")


def test_a_message_and_a_person_are_not_asked_for_together(run: Run):
    result = run("logs", ANNAS, "--person", ANNA)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
