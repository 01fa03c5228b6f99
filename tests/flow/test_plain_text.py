"""Answers on Messenger are plain text, whatever the model writes; what is stored is what the model wrote."""
# ruff: noqa: RUF001 (signs that look alike are what this is about)

import pytest

from chalicelib.access.channel_traits import TRAITS
from chalicelib.channels.router import ChannelRouter
from chalicelib.ids import Channel
from tests.flow.bot import SAYS, Bot
from tests.flow.chat import Chat, words

MARKDOWN = "# Chairs\n- **Red**: 2*3*4 EUR, [here](https://shop.example/red_chair)\n- `blue`"
PLAIN = "Chairs\n\n• Red: 2×3×4 EUR, here (https://shop.example/red_chair)\n• blue"


@pytest.fixture
def messenger(bot: Bot) -> Bot:
    bot.sender = ChannelRouter({Channel.MESSENGER: bot.outbox})
    return bot


def test_an_answer_in_markdown_is_delivered_as_plain_text(messenger: Bot):
    messenger.model.script = [[MARKDOWN]]
    messenger.receives("anna", "Which chairs?")
    assert messenger.sent_to("anna") == [PLAIN]


def test_the_model_gets_its_own_words_later(messenger: Bot):
    messenger.model.script = [[MARKDOWN]]
    messenger.receives("anna", "Which chairs?")
    messenger.receives("anna", "And tables?")
    [exchange] = messenger.last_prompt.history
    assert exchange.answer == MARKDOWN
    [first, _] = messenger.turns("anna")
    assert first.reply
    assert first.reply.text == MARKDOWN


def test_the_bots_own_sentences_stay_as_they_are(messenger: Bot):
    messenger.receives("anna", "/help")
    assert messenger.sent_to("anna") == [SAYS("help")]


def test_an_answer_in_the_web_chat_stays_markdown(chat: Chat):
    chat.model_says(MARKDOWN)
    tab = chat.opens()
    tab.says("Which chairs?")
    chat.works()
    assert words(tab.frames) == MARKDOWN


@pytest.mark.parametrize("channel", Channel)
def test_only_the_web_chat_shows_markdown(channel: Channel):
    assert TRAITS[channel].shows_markdown is (channel is Channel.WEB)
