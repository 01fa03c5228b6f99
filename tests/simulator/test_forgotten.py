"""A person's data end to end: a copy by a link, and nothing left after `/forget` in the whole table and all logs."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.aws.dynamodb.writes import unmarshal
from tests.simulator.chatting import dynamo
from tests.simulator.conftest import Demo

ANNA: Final = "27182818284590452"
CAT: Final = "Minka"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
OF_A_MONTH: Final = re.compile(r"m[a-z]*_\d{4}-\d\d")
KEPT: Final = {
    "PERSON": {
        *("pk", "sk", "quota", "refunds", "spent", "months", "told_day", "told_at", "announced", "forgotten_at"),
        *("full_at", "open_conversations", "expires_at"),
    },
    "CONV": {
        *("pk", "sk", "fence", "arrivals", "open_turns", "history_from", "words_version", "expires_at", "woken_at"),
    },
    "TURN": {
        *("pk", "sk", "state", "person", "at", "erased", "expires_at", "place", "model_calls", "deliveries"),
        *("receipts", "language", "says_ai"),
    },
}
"""What the privacy page says is kept: no attribute of these can hold a word."""


def items(demo: Demo) -> list[Mapping[str, Any]]:
    return [unmarshal(item) for item in dynamo(demo).scan(TableName=demo.facts["table"])["Items"]]


def says(demo: Demo, *texts: str) -> None:
    for text in texts:
        before = len(demo.answers_to(ANNA))
        assert demo.say(ANNA, text) == 200
        demo.wait_until(lambda before=before: len(demo.answers_to(ANNA)) > before)  # type: ignore[misc]
        demo.wait_until(lambda: all(turn["state"] in ("done", "dropped") for turn in demo.turns(ANNA)))


def link(demo: Demo) -> str:
    says(demo, "/export")
    [address] = re.findall(r"https?://\S+/export/[\w-]+", demo.answers_to(ANNA)[-1])
    return str(urlsplit(address).path)


def test_a_link_gives_a_copy_once_and_a_preview_does_not_use_it_up(demo: Demo):
    says(demo, f"my cat is {CAT}")
    path = link(demo)
    for _ in range(2):
        page = demo.http.get(path)
        assert (page.status_code, page.headers["cache-control"], CAT in page.text) == (200, "no-store", False)
    copy = demo.http.post(path, content=b"", headers=FORM)
    assert copy.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert [turn["text"] for turn in copy.json()["turns"]] == [f"my cat is {CAT}", "/export"]
    for answer in (demo.http.get(path), demo.http.post(path, content=b"", headers=FORM)):
        assert (answer.status_code, "/export" in answer.text) == (404, True)


def test_after_forget_a_scan_of_the_table_and_of_all_logs_finds_nothing_but_what_is_documented(
    demo: Demo, log_of: Callable[[], list[Mapping[str, Any]]]
):
    says(
        demo, f"my cat is {CAT}", f"/memory yes {CAT} eats fish", f"/remember {CAT} naps", "/memory", "/usage", "/hepl"
    )
    path = link(demo)
    assert CAT in json.dumps(items(demo), default=str)
    says(demo, "/forget yes")
    demo.wait_until(lambda: CAT not in json.dumps(items(demo), default=str))
    demo.wait_until(lambda: all("lease_owner" not in item for item in items(demo)))
    for item in items(demo):
        if ANNA in json.dumps(item, default=str):
            kind = "TURN" if item["sk"].startswith("TURN#") else item["sk"]
            named = {name for name in item if not OF_A_MONTH.fullmatch(name)}
            assert named <= KEPT[kind], (kind, named - KEPT[kind])
            assert item["expires_at"], item
    logged = json.dumps(log_of())
    assert CAT not in logged
    assert ANNA not in logged
    assert path.rpartition("/")[2] not in logged
    assert demo.http.get(path).status_code == 404


def test_the_copy_after_forget_says_what_was_left(demo: Demo):
    says(demo, f"my cat is {CAT}", "/forget yes")
    document = demo.http.post(link(demo), content=b"", headers=FORM).json()
    assert CAT not in json.dumps(document)
    assert len(document["forgotten"]["kept"]) == 4
    assert sum(document["quota"].values()) == 1
