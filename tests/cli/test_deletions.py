import json
from datetime import UTC, datetime

from chalicelib.operations.deletion import Deletion
from tests.cli.chats import Chats
from tests.cli.conftest import Run

CODE, OTHER = "0123456789abcdef" * 2, "f" * 32
USER = "10293847560192837"


def test_an_empty_list_of_requests_is_a_sentence(people: Run):
    assert people("deletions").output == "There are no open deletion requests.\n"


def test_open_requests_are_listed_oldest_first_and_fit_80_columns(people: Run, chats: Chats):
    chats.store.deletions.keep(Deletion(CODE, received_at=chats.clock(), user=USER))
    chats.clock.tick(days=-1)
    chats.store.deletions.keep(Deletion(OTHER, received_at=chats.clock(), user=USER))
    day = datetime.fromtimestamp(chats.clock() / 1000, UTC).date().isoformat()
    head, oldest, newest, _, footer, hint = people("deletions").output.splitlines()
    assert head.split() == ["code", "requested", "app-scoped", "id"]
    assert oldest == f"{OTHER}  {day}  {USER}"
    assert newest.startswith(CODE)
    assert footer == "2 open requests"
    assert hint == "How to finish one: scripts/parley people deletions --stage dev --help"
    assert max(map(len, people("deletions").output.splitlines())) <= 80


def test_a_program_gets_the_requests_as_one_document(people: Run, chats: Chats):
    chats.store.deletions.keep(Deletion(CODE, received_at=chats.clock(), user=USER))
    asked_at = f"{datetime.fromtimestamp(chats.clock() / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert json.loads(people("deletions", "--json").output) == {
        "deletions": [{"code": CODE, "asked_at": asked_at, "app_scoped_id": USER}]
    }


def test_a_request_that_is_done_is_no_longer_listed(people: Run, chats: Chats):
    chats.store.deletions.keep(Deletion(CODE, received_at=chats.clock(), user=USER))
    assert people("deleted", CODE).output == f"{CODE} is done. The person's status page now says so.\n"
    assert people("deletions").output == "There are no open deletion requests.\n"


def test_a_program_learns_that_a_request_is_done(people: Run, chats: Chats):
    chats.store.deletions.keep(Deletion(CODE, received_at=chats.clock(), user=USER))
    assert json.loads(people("deleted", CODE, "--json").output) == {"code": CODE, "done": True}


def test_only_an_open_request_can_be_closed(people: Run, chats: Chats):
    chats.store.deletions.keep(Deletion(CODE, received_at=chats.clock(), user=USER))
    people("deleted", CODE)
    for code in (CODE, OTHER):
        result = people("deleted", code)
        line = (
            f'Error: there is no open request with the code "{code}": see scripts/parley people deletions --stage dev\n'
        )
        assert (result.exit_code, result.stderr) == (3, line)


def test_help_tells_how_to_finish_a_request(people: Run):
    help_text = people("deletions", "--help").output
    assert "send /forget to your page" in help_text
    assert "people deleted CODE" in " ".join(help_text.split())
