"""Entitlements in the web chat, over real sockets: what is refused, and that a refusal costs no model call."""

import asyncio
import base64
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import boto3
import jwt
import pytest

from chalicelib.access import ticket
from chalicelib.ids import KeyId
from scripts.simulator.aws import CREDENTIALS
from tests.client import Frame
from tests.flow.chat import ulid
from tests.simulator.chatting import Chat, Tab, chat, new_key, revoke
from tests.simulator.conftest import Demo

ORIGIN, ELSEWHERE = "https://shop.example", "https://elsewhere.example"
SENDS, AT_ONCE = 200, 20


def ticket_key(demo: Demo) -> str:
    """What the demo signs its tickets with."""
    ssm = boto3.client(
        "ssm",
        endpoint_url=demo.facts["aws_endpoint_url"],
        region_name=demo.facts["aws_region"],
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    found = ssm.get_parameter(Name=f"/parley/{demo.facts['stage']}/ticket-key", WithDecryption=True)
    return str(found["Parameter"]["Value"])


def ticket_of(demo: Demo, key: Mapping[str, Any]) -> str:
    """As a page gets one."""
    return str(demo.http.get(f"/config/{key['id']}").json()["ticket"])


def unsigned(text: str) -> str:
    """The same claims by a signer who needs no key."""
    return jwt.encode(jwt.decode(text, options={"verify_signature": False}), "", algorithm="none")


def changed(text: str, **claims: Any) -> str:
    """Other claims under the signature that was there."""
    head, _, signature = text.split(".")
    claimed = {**jwt.decode(text, options={"verify_signature": False}), **claims}
    body = base64.urlsafe_b64encode(json.dumps(claimed).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


async def turned_away(tab: Tab, **options: Any) -> str:
    """Enter, and be sent away for good; with which code."""
    refused = await tab.enter(**options)
    assert refused["type"] == "error", refused
    assert await tab.until_closed() == 1000
    assert [frame["type"] for frame in tab.frames] == ["error"]
    return str(refused["code"])


def test_forged_unsigned_and_expired_tickets_and_foreign_tokens_open_nothing(demo: Demo):
    key = new_key(demo)
    good, secret = ticket_of(demo, key), ticket_key(demo)
    then = jwt.decode(good, options={"verify_signature": False})["iat"] * 1000
    old = ticket.mint(KeyId(key["id"]), "anna", secret=secret, now=then - 301_000)
    proofs: Mapping[str, Sequence[Mapping[str, str]]] = {
        "auth_failed": [
            {"ticket": unsigned(good)},
            {"ticket": changed(good, sub="somebody-else")},
            {"ticket": ticket.mint(KeyId(key["id"]), "anna", secret="x" * 32, now=then)},
            {"ticket": unsigned(old)},
            {"ticket": "no ticket at all"},
            {"apiKey": key["key"][:-1] + ("a" if key["key"][-1] != "a" else "b")},
            {"apiKey": demo.facts["api_key"].replace(demo.facts["config_id"], key["id"])},
            {"token": good},
        ],
        "ticket_expired": [{"ticket": old}],
    }

    async def try_them_all(chat: Chat) -> None:
        for code, given in proofs.items():
            tabs = [chat.tab(**proof) for proof in given]
            assert await asyncio.gather(*map(turned_away, tabs)) == [code] * len(tabs)
        assert (await chat.tab(ticket=good).enter())["type"] == "ready"

    chat(demo, try_them_all)


def test_a_page_of_another_origin_is_turned_away_with_a_key_and_with_a_ticket(demo: Demo):
    key = new_key(demo, origins=[ORIGIN])
    new_key(demo, origins=["*"])  # so that the demo itself lets every page open a WebSocket
    proofs = {"apiKey": key["key"]}, {"ticket": ticket_of(demo, key)}

    async def from_everywhere(chat: Chat) -> None:
        allowed: tuple[str | None, ...] = (ORIGIN, demo.url, None)
        for proof in proofs:
            for origin in (ELSEWHERE, f"{ORIGIN}.evil.example", "null"):
                assert await turned_away(chat.tab(**proof), origin=origin) == "wrong_origin"
            for own in allowed:
                assert (await chat.tab(**proof).enter(origin=own))["type"] == "ready"

    chat(demo, from_everywhere)
    for origin, status in ((ELSEWHERE, 403), (ORIGIN, 200)):
        assert demo.http.get(f"/config/{key['id']}", headers={"Origin": origin}).status_code == status


def test_a_second_authenticate_changes_nothing(demo: Demo):
    async def try_to_become_ben(chat: Chat) -> tuple[Tab, str]:
        anna = chat.visitor("anna")
        await anna.enter()
        await anna.send("authenticate", apiKey=demo.facts["api_key"], visitor="ben")
        assert (await anna.until(lambda frame: frame["type"] == "error"))["code"] == "already_authenticated"
        await anna.send("authenticate", apiKey="parley_no_key")
        assert (await anna.until(lambda frame: frame["type"] == "error"))["code"] == "already_authenticated"
        assert demo.calls("model") == []
        turn = await anna.ask("Who am I?")
        await anna.until_over(turn)
        return anna, turn

    anna, turn = chat(demo, try_to_become_ben)
    assert anna.client.turns[turn].by == anna.client.you
    assert anna.client.turns[turn].state == "done"


def test_a_revoked_key_ends_the_chat_on_open_sockets_and_opens_no_new_one(demo: Demo):
    key = new_key(demo)

    async def go_on_after_it_was_revoked(chat: Chat) -> Sequence[Frame]:
        by_key, by_ticket = chat.visitor("anna", key=key["key"]), chat.tab(ticket=ticket_of(demo, key))
        await asyncio.gather(by_key.enter(), by_ticket.enter())
        revoke(demo, key)
        for tab in (by_key, by_ticket):
            await tab.until_closed()
        assert await turned_away(chat.visitor("ben", key=key["key"])) == "key_revoked"
        still_good = ticket.mint(key["id"], "eve", secret=ticket_key(demo), now=by_key.client.now)
        assert await turned_away(chat.tab(ticket=still_good)) == "key_revoked"
        return [frame for tab in (by_key, by_ticket) for frame in tab.about_turns]

    told = chat(demo, go_on_after_it_was_revoked)
    assert told == []
    assert demo.calls("model") == []
    assert demo.http.get(f"/config/{key['id']}").status_code == 404


def test_a_key_whose_messages_are_used_up_answers_nobody_any_more(demo: Demo):
    key = new_key(demo, max_messages=2)

    async def use_it_up(chat: Chat) -> tuple[Tab, Tab]:
        anna, ben = chat.visitor("anna", key=key["key"]), chat.visitor("ben", key=key["key"])
        for tab in (anna, ben, anna, ben):
            if not tab.frames:
                await tab.enter()
            await tab.until_over(await tab.ask("Another one?"))
        return anna, ben

    for tab in chat(demo, use_it_up):
        answered, refused = tab.client.turns.values()
        assert (answered.code, refused.code) == ("", "key_spent")
        assert refused.text
    assert len(demo.calls("model")) == 2


def test_a_visitors_day_ends_with_the_last_question_and_another_visitors_goes_on(demo: Demo):
    key = new_key(demo, daily_messages=1)

    async def ask_on(chat: Chat) -> tuple[Tab, Tab]:
        anna, ben = chat.visitor("anna", key=key["key"]), chat.visitor("ben", key=key["key"])
        for tab, remaining in ((anna, 1), (ben, 1)):
            assert (await tab.enter())["remaining"] == remaining
        for tab in (anna, anna, ben):
            await tab.until_over(await tab.ask("Another one?"))
        return anna, ben

    anna, ben = chat(demo, ask_on)
    assert [turn.code for turn in anna.client.turns.values()] == ["", "limit_reached"]
    assert [turn.code for turn in ben.client.turns.values()] == [""]
    assert anna.client.remaining == 0
    assert len(demo.calls("model")) == 2


@pytest.mark.parametrize(
    ("limit", "visitors", "code"), [({"max_messages": 1}, 20, "key_spent"), ({"daily_messages": 1}, 1, "limit_reached")]
)
def test_of_two_hundred_questions_at_once_with_one_left_one_is_answered(
    demo: Demo, limit: Mapping[str, int], visitors: int, code: str
):
    key = new_key(demo, **limit)["key"]

    async def listen(tab: Tab) -> None:
        """A client that stops reading would hold the worker up with each answer to the others."""
        while True:
            await tab.receive()

    async def ask_all_at_once(chat: Chat) -> Sequence[Tab]:
        tabs = [chat.visitor(f"visitor{number % visitors}", key=key) for number in range(SENDS // AT_ONCE)]
        await asyncio.gather(*(tab.enter() for tab in tabs))
        listening = asyncio.gather(*(listen(tab) for tab in tabs))
        await ask_until_all_are_answered(tabs, listening)
        listening.cancel()
        return tabs

    tabs = chat(demo, ask_all_at_once)
    turns = {turn.turn: turn for tab in tabs for turn in tab.client.turns.values() if turn.is_over}
    assert Counter(turn.code for turn in turns.values()) == {"": 1, code: len(turns) - 1}
    assert turns.keys() == {turn for tab in tabs for turn in accepted_by(tab)}
    assert {error["code"] for tab in tabs for error in told(tab, "error")} <= {"too_many_open", "slow_down", "crowded"}
    assert len(demo.calls("model")) == 1


async def ask_until_all_are_answered(tabs: Sequence[Tab], listening: asyncio.Future[Any]) -> None:
    """Ask at once, and wait until each question is refused, or accepted and answered.

    Ask again after twenty seconds for what is missing: a busy machine loses frames. Earlier, a connection would have
    sent more frames than it may. Each pause is twice as long as the one before.
    """
    now, numbers = time.time_ns() // 1_000_000, count()
    next_time, pauses = 0, 400
    asked = {tab: {ulid(now, next(numbers)): f"Question {number}" for number in range(AT_ONCE)} for tab in tabs}
    for pause in count():
        silent = {
            tab: asked[tab].keys() - {frame.get("id") for frame in told(tab, "accepted", "error")} for tab in tabs
        }
        unfinished = {tab: [turn for turn in accepted_by(tab) if not is_over(tab, turn)] for tab in tabs}
        if not any(silent.values()) and not any(unfinished.values()):
            return
        assert not listening.done(), listening.exception()
        if pause == next_time:
            next_time, pauses = pause + pauses, 2 * pauses
            again = [tab.send("send_message", id=id_, message=asked[tab][id_]) for tab in tabs for id_ in silent[tab]]
            await asyncio.gather(*again, *(tab.send("resume", turn=turn) for tab in tabs for turn in unfinished[tab]))
        await asyncio.sleep(0.05)


def accepted_by(tab: Tab) -> set[str]:
    return {frame["turn"] for frame in told(tab, "accepted")}


def is_over(tab: Tab, turn: str) -> bool:
    return turn in tab.client.turns and tab.client.turns[turn].is_over


def told(tab: Tab, *kinds: str) -> Sequence[Frame]:
    """What a tab was told of these kinds."""
    return [frame for frame in tab.frames if frame["type"] in kinds]
