"""The privacy page in every language of the bot."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from chalicelib.content.text import load
from chalicelib.ids import Channels
from chalicelib.settings.languages import LANGUAGES
from tests.flow.bot import Bot

COMMANDS = ("/forget", "/memory", "/export")
MARKUP = re.compile(r"</?(?:ul|li|h2|p|div|strong|code|a)\b|href=\"[^\"]*\"")


def page(bot: Bot, languages: str) -> str:
    return bot.privacy.policy(languages).html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channels", [Channels(True, True), Channels(True, False), Channels(False, True)], ids=str)
def test_the_page_has_the_same_parts_in_every_language(bot: Bot, language: str, channels: Channels):
    bot.settings = replace(bot.settings, stage=replace(bot.settings.stage, channels=channels))
    own, english = page(bot, language), page(bot, "en")
    assert f'<html lang="{language}">' in own
    assert Counter(MARKUP.findall(own)) == Counter(MARKUP.findall(english))
    assert [command for command in COMMANDS if own.count(command) != english.count(command)] == []
    assert [left for left in ("$", "<!--", "{") if left in own.partition("</style>")[2]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_the_button_as_it_is_in_the_language(bot: Bot, language: str):
    assert load(language)("forget_yes") in page(bot, language)
    assert load(language)("days", number=30) in page(bot, language)


@pytest.mark.parametrize(
    ("languages", "chosen"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fi-FI, ko;q=0.9", "ko"),
        ("pt", "pt-BR"),
        ("fi", "fr"),
        ("", "fr"),
        (";;,,", "fr"),
    ],
)
def test_the_readers_language_decides_else_the_deployments(bot: Bot, languages: str, chosen: str):
    bot.settings = replace(bot.settings, language="fr")
    assert f'<html lang="{chosen}">' in page(bot, languages)
