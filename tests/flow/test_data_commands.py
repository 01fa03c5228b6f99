"""`/privacy` says in the chat what is stored; `/export` gives a link to a copy of it, on each channel."""

import json
import re

import pytest

from chalicelib.errors import ConfigError
from chalicelib.operations.data_copy import DataCopies
from chalicelib.operations.export import Exports
from chalicelib.settings.stage import Settings
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat

ADDRESS = "https://bot.example/api/export/"


def copies(bot: Bot) -> DataCopies:
    exports = Exports(bot.people, bot.transcript, bot.journal, bot.lists, bot.clock)
    return DataCopies(bot.export_links, exports, bot.settings, bot.clock)


def link_in(text: str) -> str:
    [link] = re.findall(re.escape(ADDRESS) + r"([\w-]{43})$", text)
    return str(link)


def asks_for_link(bot: Bot, psid: str = "anna") -> str:
    bot.receives(psid, "/export")
    return link_in(bot.sent_to(psid)[-1])


@pytest.mark.parametrize(("days", "said"), [("0", "an hour"), ("14", "14 days"), ("30", "30 days")])
def test_privacy_says_how_long_words_are_kept_and_where_more_is_said(bot: Bot, days: str, said: str):
    bot.settings = Settings.from_env({"PARLEY_KEEP_DAYS": days})
    bot.receives("anna", "/privacy")
    [text] = bot.sent_to("anna")
    assert f"are stored for {said};" in text
    assert text.endswith("All of it in detail: https://bot.example/api/privacy")
    assert all(command in text for command in ("/export", "/forget", "/memory"))
    assert (bot.asked, bot.used("anna")) == ([], 0)


def test_the_link_gives_everything_once(bot: Bot):
    bot.receives("anna", "my cat is Minka")
    bot.receives("anna", "/memory yes I am a vegetarian")
    link = asks_for_link(bot)
    document = copies(bot).take(link)
    assert document
    assert "my cat is Minka" in json.dumps(document)
    assert document["person"].endswith(":anna")
    assert copies(bot).take(link) is None


def test_a_preview_of_the_link_does_not_use_it_up_and_shows_no_word(bot: Bot):
    bot.receives("anna", "my cat is Minka")
    link = asks_for_link(bot)
    for _ in range(3):
        page = copies(bot).offer(link)
        assert (page.status, "Minka" in page.html) == (200, False)
        assert '<form method="post">' in page.html
        assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert copies(bot).take(link)
    assert copies(bot).offer(link).status == 404


@pytest.mark.parametrize(
    ("languages", "button"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "Als Datei herunterladen"),
        ("ko", "파일로 내려받기"),
        ("pt-BR", "Baixar como arquivo"),
        ("fr", "Télécharger le fichier"),
        ("es-MX", "Descargar como archivo"),
        ("", "Download it as a file"),
        ("xx", "Download it as a file"),
    ],
)
def test_the_page_is_in_the_readers_language(bot: Bot, languages: str, button: str):
    shown = copies(bot).offer(asks_for_link(bot), languages)
    assert f'<button type="submit">{button}</button>' in shown.html
    assert "/export" in copies(bot).offer("x", languages).html


@pytest.mark.parametrize("link", ["", "x", "a" * 43, "a" * 44, "../privacy", "\ud800", "%00"])
def test_another_link_leads_to_a_page_that_says_how_to_get_one(bot: Bot, link: str):
    asks_for_link(bot)
    page = copies(bot).offer(link)
    assert (page.status, "/export" in page.html, copies(bot).take(link)) == (404, True, None)


def test_the_link_is_of_its_person_alone(bot: Bot):
    for psid in ("anna", "bert"):
        bot.receives(psid, f"I am {psid}")
    document = copies(bot).take(asks_for_link(bot, "bert"))
    assert "I am anna" not in json.dumps(document)


def test_a_link_is_forgotten_with_the_person(bot: Bot):
    link = asks_for_link(bot)
    bot.receives("anna", "/forget yes")
    assert (copies(bot).offer(link).status, copies(bot).take(link), bot.memory.export_links) == (404, None, {})


def test_after_forget_the_export_says_so_and_has_no_word_from_before(bot: Bot):
    bot.receives("anna", "my cat is Minka")
    bot.receives("anna", "/forget yes")
    document = copies(bot).take(asks_for_link(bot))
    assert document
    assert "Minka" not in json.dumps(document)
    assert document["forgotten"]["kept"]
    assert [turn["text"] for turn in document["turns"] if turn["text"]] == ["/export"]


def test_no_link_is_in_the_log(bot: Bot):
    link = asks_for_link(bot)
    copies(bot).take(link)
    assert link not in bot.logged.getvalue()


def test_where_the_bot_does_not_know_its_address_the_owner_is_named(bot: Bot):
    def unknown() -> str:
        raise ConfigError("the bot has no address yet")

    bot.api_url = unknown
    for command in ("/export", "/privacy"):
        bot.receives("anna", command)
    assert bot.sent_to("anna") == [SAYS("export_by_owner"), SAYS("privacy", kept="30 days")]


def test_in_the_web_chat_it_works_alone_and_not_in_a_room(chat: Chat):
    chat.opens("anna", room="kitchen").says("/export")
    chat.opens("anna").says("/export")
    in_room, alone = (kept.turn.reply for kept in chat.bot.memory.turns.values())
    assert in_room
    assert alone
    assert in_room.text == SAYS("export_not_here")
    assert copies(chat.bot).take(link_in(alone.text))
