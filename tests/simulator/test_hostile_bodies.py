import json
import random
from collections.abc import Iterator
from typing import Any

from tests.flow.bot import SAYS
from tests.simulator.conftest import Demo
from tests.simulator.meta import event, text_item

JUNK: list[Any] = [None, True, -1, 1e308, "", "x" * 5000, [], {}, [[]], {"id": None}, "\ud800", "\0", 10**40, "🤷"]
FIELDS = ["sender", "recipient", "timestamp", "message", "postback", "message_edit", "policy_enforcement", "read"]
MESSAGE = ["mid", "text", "attachments", "quick_reply", "is_echo", "is_deleted", "metadata", "app_id", "is_unsupported"]


def bad_items(page: str, chance: random.Random) -> Iterator[Any]:
    """Items that are wrong in one or two places, and things that are no items at all."""
    while True:
        item: Any = text_item("mallory", "hello", page=page)
        for _ in range(chance.randint(1, 2)):
            if chance.random() < 0.5:
                item["message"] = {**dict(item.get("message") or {}), chance.choice(MESSAGE): chance.choice(JUNK)}
            else:
                item[chance.choice(FIELDS)] = chance.choice(JUNK)
                item["message"] = item["message"] if isinstance(item.get("message"), dict) else {}
        yield chance.choice([item, item, item, chance.choice(JUNK)])


def broken_bodies(good: bytes, chance: random.Random) -> Iterator[bytes]:
    """Bodies that are not, or hardly, JSON."""
    whole = [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"page"',
        b"NaN",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"object":"page","entry":{}}',
        b'{"object":"page","entry":[null,1,[],{"messaging":{}},{"messaging":[null]}]}',
        b'{"object":"instagram","entry":[{"id":"1","messaging":[{"sender":{"id":"2"}}]}]}',
        b'{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{}}]}]}',
        b'{"object":"page","entry":[{"id":' + b"9" * 100_000 + b"}]}",
    ]
    yield from whole
    while True:
        cut = chance.randrange(len(good))
        yield good[:cut]
        mangled = bytearray(good)
        for _ in range(3):
            mangled[chance.randrange(len(good))] = chance.randrange(256)
        yield bytes(mangled)


def test_of_five_hundred_hostile_bodies_none_fails_and_no_good_message_beside_a_bad_one_is_lost(demo: Demo):
    chance = random.Random(2026)
    page = demo.facts["page_id"]
    items, broken = (
        bad_items(page, chance),
        broken_bodies(event(text_item("mallory", "hi", page=page), page=page), chance),
    )
    demo.behave("model", answer="fine")
    for _ in range(200):
        assert demo.webhook(next(broken)) < 500
    people = [f"good{number}" for number in range(20)]
    for number in range(300):
        batch = [next(items) for _ in range(chance.randint(1, 4))]
        if number < len(people):
            batch.insert(chance.randrange(len(batch)), text_item(people[number], "I am fine", page=page))
        assert demo.webhook(event(*batch, page=page)) == 200
    deep = json.dumps(text_item("deep", "still here", page=page)).encode()
    begin = b'{"object":"page","entry":[{"id":"' + page.encode() + b'","messaging":['
    body = begin + b"[" * 100_000 + b"]" * 100_000 + b"," + deep + b"]}]}"
    assert demo.webhook(body) == 200
    demo.wait_until_answered(*people, "deep")
    answer = f"fine\n\n{SAYS('ai_notice')}"
    assert [(person, said) for person in people if (said := demo.answers_to(person)) != [answer]] == []


def test_strangers_get_403_and_large_bodies_413(demo: Demo):
    body = event(text_item("anna", "hi", page="1"), page="1")
    json_type = ("Content-Type", "application/json")
    assert demo.http.post("/webhook", content=body, headers=[json_type]).status_code == 403
    for signature in ("", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=ü"):
        headers = {b"Content-Type": b"application/json", b"X-Hub-Signature-256": signature.encode()}
        assert demo.http.post("/webhook", content=body, headers=headers).status_code == 403
    assert demo.webhook(b" " * (1024 * 1024 + 1)) == 413
    assert demo.turns("anna") == []


def test_the_handshake_answers_the_challenge_verbatim_and_nothing_else(demo: Demo):
    def ask(**query: str) -> tuple[int, str, str]:
        answer = demo.http.get("/webhook", params={name.replace("_", ".", 1): value for name, value in query.items()})
        return answer.status_code, answer.text, answer.headers["content-type"].split(";")[0]

    token = demo.facts["verify_token"]
    right = ask(hub_mode="subscribe", hub_verify_token=token, hub_challenge="1158201444")
    assert right == (200, "1158201444", "text/plain")
    assert ask(hub_mode="subscribe", hub_verify_token="guess", hub_challenge="1")[0] == 403
    assert ask(hub_mode="unsubscribe", hub_verify_token=token, hub_challenge="1")[0] == 403
    assert ask()[0] == 403
