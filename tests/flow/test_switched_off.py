"""What happens to messages that are still open when their channel is switched off, and what the heartbeat then does."""

from dataclasses import replace

from chalicelib.channels.router import ChannelRouter
from chalicelib.conversation.worker import Outcome
from tests.channels import MESSENGER
from tests.flow.bot import Bot


def test_a_message_whose_channel_is_gone_ends_unanswered_and_uncharged_and_stops_no_worker(bot: Bot):
    bot.accepts("anna", "Are you there?")
    bot.sender = ChannelRouter({})
    assert bot.works() == [Outcome.DRAINED]
    assert (bot.states("anna"), bot.used("anna")) == (["dropped"], 0)
    assert not any("cannot write" in mail for mail in bot.told_owner)
    bot.clock.tick(minutes=5)
    assert bot.beats().swept == 0


def test_commands_and_notices_end_too(bot: Bot):
    for text in ("/help", "/usage", "x" * 5000):
        bot.accepts("anna", text)
    bot.sender = ChannelRouter({})
    bot.works()
    assert bot.states("anna") == ["dropped"] * 3


def test_without_the_web_chat_the_heartbeat_looks_for_no_silent_connections(bot: Bot):
    assert "closed" in bot.beats().counts
    stage = replace(bot.settings.stage, channels=MESSENGER)
    bot.settings = replace(bot.settings, stage=stage)
    assert "closed" not in bot.beats().counts
