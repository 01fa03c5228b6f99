"""Whatever Meta may sign, DynamoDB takes what becomes of it: a refusal would be a 500, again and again."""

from typing import Any

import pytest

from tests.contract.stores import Store
from tests.flow.bot import Bot

WIDE = "\U0001f937"
LONGEST_ID = WIDE * 128
TURN = "1795185376744#" + "0" * 64


def item(**what: Any) -> dict[str, Any]:
    return {"sender": {"id": LONGEST_ID}, "recipient": {"id": LONGEST_ID}, "timestamp": 1_795_176_000_000, **what}


def person(**what: Any) -> dict[str, Any]:
    return item(sender={"id": LONGEST_ID[:-1] + "x"}, **what)


EXTREMES: dict[str, dict[str, Any]] = {
    "longest ids": person(message={"mid": WIDE * 1000, "text": WIDE * 10_000}),
    "text of nothing but zero": person(message={"mid": "m", "text": "\0" * 5000}),
    "lone surrogates": person(message={"mid": "\ud800", "text": "\udfff \ud83d"}),
    "many attachments": person(message={"mid": "m", "attachments": [{"type": WIDE * 500}] * 100}),
    "a far future": person(timestamp=9_999_999_999_999, message={"mid": "m", "text": "hello"}),
    "no time at all": person(timestamp=None, message={"mid": "m", "text": "hello"}),
    "unsent": person(message={"mid": WIDE * 5000, "is_deleted": True}),
    "edited": person(message_edit={"mid": WIDE * 5000, "text": WIDE * 10_000, "num_edit": 10**25}),
    "an echo of another app": item(message={"mid": "m", "is_echo": True, "metadata": WIDE * 900 + "#1"}),
    "an echo of a turn that never was": item(message={"mid": "m", "is_echo": True, "metadata": f"{TURN}#999"}),
    "a human's echo": item(message={"mid": "m", "is_echo": True, "app_id": 263902037430900}),
    "a postback": person(postback={"mid": "m", "title": WIDE * 10_000, "payload": "/" + WIDE * 10_000}),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_the_table_takes_whatever_becomes_of(name: str, store: Store):
    bot = Bot()
    bot.inbox, bot.transcript, bot.people, bot.alerts = store.inbox, store.transcript, store.people, store.alerts
    for _ in range(2):
        bot.posted(EXTREMES[name])
        bot.works()
