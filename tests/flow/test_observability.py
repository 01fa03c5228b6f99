"""What the owner can see of every step, and that it stays short."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace

import pytest

from chalicelib.access.person import Access
from chalicelib.channels.messenger.webhook import MAX_BODY
from chalicelib.channels.meta.signature import sign
from chalicelib.content import persona
from chalicelib.conversation.moderation import Verdict
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.conversation.turn import IncomingMessage, Lease
from chalicelib.errors import (
    ChannelBroken,
    ConfigError,
    DeliveryError,
    DeliveryRefused,
    InvalidSignature,
    LeaseLost,
    ModelBusy,
    ParleyError,
    PersonUnreachable,
    StoreError,
    WakeError,
)
from chalicelib.log import invocation
from chalicelib.metrics import METRICS
from tests.fakes.adapters import FakeClock
from tests.fakes.inbox import FakeInbox
from tests.fakes.model import ScriptedModel
from tests.flow.bot import SECRET, VERIFY_TOKEN, Bot, InterruptedModel, conversation_of, person_of

HANDSHAKE = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}


@dataclass
class SlowModel(ScriptedModel):
    """Thinks, says a word, thinks again."""

    clock: FakeClock = field(default_factory=FakeClock)

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        self.clock.tick(seconds=0.4)
        yield TextDelta("An ")
        self.clock.tick(seconds=0.6)
        yield TextDelta("answer.")
        self.clock.tick(seconds=0.1)
        yield Finished(FinishReason.STOP, self.usage)


@dataclass(frozen=True)
class BrokenInbox(FakeInbox):
    """Fails when it accepts a message, or at the end of a turn."""

    at_accept: bool = True
    at_the_end: ParleyError | None = None

    def accept(self, message: IncomingMessage, *, now: int) -> Accepted:
        if self.at_accept:
            raise StoreError("DynamoDB refused: InternalServerError")
        return super().accept(message, now=now)

    def hand_back(self, lease: Lease, *, due_at: int | None = None) -> None:
        if self.at_the_end:
            raise self.at_the_end
        super().hand_back(lease, due_at=due_at)


def die(*_: Prompt) -> None:
    raise KeyboardInterrupt


# One message.


def test_one_query_shows_a_messages_life(bot: Bot):
    bot.receives("anna", "what do you note?")
    [accept] = bot.log_lines("accept")
    life = [line for line in bot.log_lines() if line.get("corr") == accept["corr"]]
    assert [(line["stage"], line.get("outcome")) for line in life] == [
        ("accept", "queued"),
        ("model", None),
        ("turn", "delivered"),
    ]


def test_every_line_about_a_message_names_the_person_by_the_same_pseudonym(bot: Bot):
    bot.model.script = [["yes"], ModelBusy("busy"), ["no"], ["again"]]
    bot.outbox.script = [None, None, PersonUnreachable("gone"), ChannelBroken("code 190")]
    for _ in range(3):
        bot.receives("anna", "who am I to you?")
    bot.accepts("anna", "who am I to you?")
    bot.works_badly()
    about = [line for line in bot.log_lines() if "corr" in line]
    assert {line["stage"] for line in about} == {"accept", "model", "turn", "deliver", "channel"}
    assert {line["person"] for line in about} == {bot.log.pseudonym(person_of("anna"))}


def test_a_plain_message_takes_few_short_lines_with_all_that_meta_tells_of_it(bot: Bot):
    with invocation("8fdb0e40-06a6-4a3b-a7d0-d54f0d5a4f3e"):
        bot.receives("anna", "how much do you write down?")
        bot.posted(bot.receipt(bot.turns("anna")[0], 0))
        bot.posted(bot.item("anna", delivery={"mids": ["m_1"], "watermark": bot.clock()}))
        bot.posted(bot.item("anna", read={"watermark": bot.clock()}))
    assert len(bot.log_lines()) <= 8
    assert len(bot.logged.getvalue()) <= 4096


def test_the_models_line_names_the_model_and_what_it_took(bot: Bot):
    bot.receives("anna", "what do you cost?")
    [model] = bot.log_lines("model")
    assert model["gen_ai.request.model"] == bot.settings.model.name
    assert (model["gen_ai.usage.input_tokens"], model["gen_ai.usage.output_tokens"]) == (100, 20)


def test_the_time_until_the_first_word_and_until_the_last_one_is_measured(bot: Bot):
    bot.model = SlowModel(clock=bot.clock)
    bot.receives("anna", "how fast are you?")
    assert (bot.counted("FirstTokenMs"), bot.counted("ModelMs")) == ([400], [1100])


def test_how_long_a_message_waited_for_its_worker_is_measured(bot: Bot):
    bot.accepts("anna", "how long do I wait?")
    bot.clock.tick(seconds=7)
    bot.works()
    assert bot.counted("QueueDelayMs") == [7000]


# The webhook.


def test_each_call_of_the_webhook_is_one_line_with_what_was_in_it(bot: Bot):
    done, again = bot.message("carl", "answered before"), bot.message("anna", "once more")
    bot.posted(done)
    bot.works()
    bot.posted(again)
    bot.posted(done, again, bot.message("bert", "hello there"), bot.item("bert", read={"watermark": 1}))
    _, first, second = bot.log_lines("door")
    assert (first["call"], first["outcome"]) == ("webhook", "ok")
    assert (first["events"], first["kept"], first["duplicates"], "ignored" in first) == (1, 1, 0, False)
    assert (second["events"], second["kept"], second["duplicates"], second["ignored"]) == (4, 1, 2, "read")
    assert bot.counted("AckMs") == [0, 0, 0]


def test_the_handshake_is_one_line_too(bot: Bot):
    bot.webhook.handshake(HANDSHAKE)
    with pytest.raises(InvalidSignature):
        bot.webhook.handshake({**HANDSHAKE, "hub.verify_token": "a guess"})
    lines = bot.log_lines("door")
    assert [(line["call"], line["outcome"], line.get("error")) for line in lines] == [
        ("handshake", "ok", None),
        ("handshake", "failed", "InvalidSignature"),
    ]
    assert "a guess" not in bot.logged.getvalue()


@pytest.mark.parametrize("body", [b"{}", b"x" * (MAX_BODY + 1)], ids=["forged", "too large"])
def test_a_call_that_is_turned_away_is_one_line_and_nothing_of_it(bot: Bot, body: bytes):
    with pytest.raises(ParleyError) as turned_away:
        bot.webhook.handle(body, "sha256=" + "0" * 64)
    [line] = bot.log_lines()
    assert (line["stage"], line["outcome"], line["error"]) == ("door", "failed", turned_away.type.__name__)
    assert "events" not in line


def test_a_call_that_could_not_be_kept_says_so_and_which_message_it_was(bot: Bot):
    bot.inbox = BrokenInbox(bot.memory)
    with pytest.raises(StoreError):
        bot.accepts("anna", "will this be kept?")
    store, door = bot.log_lines()
    assert (store["stage"], store["error"], len(store["corr"])) == ("store", "StoreError", 16)
    assert (door["stage"], door["error"], door["events"], door["kept"]) == ("door", "StoreError", 1, 0)


def test_a_worker_that_could_not_be_woken_is_told_with_the_conversation(bot: Bot):
    bot.wake.fails = True
    bot.accepts("anna", "does anybody wake up?")
    [line] = bot.log_lines("wake")
    assert line["conversation"] == bot.log_lines("accept")[0]["person"]


def test_the_lines_of_conversations_side_by_side_belong_to_the_same_run(bot: Bot):
    with invocation("run-1"):
        bot.posted(*(bot.message(f"person-{number}", "one of many") for number in range(20)))
    assert len(bot.log_lines("accept")) == 20
    assert {line["request_id"] for line in bot.log_lines()} == {"run-1"}


def test_a_missing_secret_is_logged_by_the_webhook(bot: Bot):
    def missing() -> list[str]:
        raise ConfigError("the SSM parameter is missing")

    body = bot.body(bot.message("anna", "are you set up?"))
    with pytest.raises(ConfigError):
        replace(bot.webhook, app_secrets=missing).handle(body, f"sha256={sign(body, secret=SECRET)}")
    [line] = bot.log_lines("door")
    assert (line["error"], line["message"]) == ("ConfigError", "the SSM parameter is missing")


# The worker.


def test_a_turns_line_says_where_it_stood_and_how_it_ended(bot: Bot):
    bot.receives("anna", "an ordinary question")
    bot.model = InterruptedModel(meanwhile=die)
    bot.accepts("anna", "a question that kills")
    with pytest.raises(KeyboardInterrupt):
        bot.works()
    bot.model = ScriptedModel()
    bot.clock.tick(minutes=3)
    bot.run(conversation_of("anna"))
    told = [(line["from"], line["to"], line["model_calls"], line["outcome"]) for line in bot.log_lines("turn")]
    assert told == [("queued", "done", 1, "delivered"), ("running", "done", 2, "delivered")]


def test_a_turn_that_must_be_tried_again_says_why(bot: Bot):
    bot.outbox.script = [DeliveryError("code 613")]
    bot.accepts("anna", "what is for dinner?")
    bot.works_badly()
    bot.clock.tick(minutes=1)
    bot.run(conversation_of("anna"))
    failed, done = bot.log_lines("turn")
    assert (failed["from"], failed["error"], failed["message"]) == ("queued", "DeliveryPostponed", "code 613")
    assert (done["from"], done["outcome"], done["corr"]) == ("answered", "delivered", failed["corr"])


def test_a_lease_that_cannot_be_handed_back_is_told_with_the_conversation(bot: Bot):
    bot.inbox = BrokenInbox(bot.memory, at_accept=False, at_the_end=LeaseLost("too late"))
    bot.outbox.script = [DeliveryError("code 613")]
    bot.accepts("anna", "what is for dinner?")
    bot.works_badly()
    [line] = bot.log_lines("hand_back")
    assert line["conversation"] == bot.log_lines("accept")[0]["person"]


def test_everybody_who_is_over_the_limit_is_counted_each_time(bot: Bot):
    bot.limits_to(1)
    for _ in range(3):
        bot.receives("anna", "one more question")
    assert bot.counted("Refused") == [1, 1]
    assert [line["reason"] for line in bot.log_lines("refuse")] == ["limit", "limit"]
    assert bot.counted("Failed") == []


def test_an_apology_is_a_failed_turn(bot: Bot):
    bot.model.script = [ModelBusy("busy")]
    bot.receives("anna", "a hard question")
    assert bot.counted("Failed") == [1]
    assert bot.log_lines("model")[0]["gen_ai.request.model"] == bot.settings.model.name


@pytest.mark.parametrize("error", [PersonUnreachable("gone"), DeliveryRefused("code 36103")])
def test_an_answer_that_nobody_will_get_is_a_failed_turn(bot: Bot, error: DeliveryError):
    bot.outbox.script = [error]
    bot.receives("anna", "is anybody there?")
    assert bot.counted("Failed") == [1]
    assert bot.log_lines("turn")[0]["outcome"] == "undelivered"


def test_a_turn_too_old_to_be_answered_is_a_failed_turn(bot: Bot):
    bot.accepts("anna", "is anybody there?")
    bot.clock.tick(hours=1, seconds=1)
    bot.works()
    assert (bot.counted("Failed"), bot.log_lines("turn")[0]["outcome"]) == ([1], "silent")


def test_silence_on_purpose_is_no_failed_turn(bot: Bot):
    bot.accepts("anna", "before I was blocked")
    bot.decides("anna", Access.BLOCKED)
    bot.works()
    assert [line["reason"] for line in bot.log_lines("drop")] == ["blocked"]
    assert sum(bot.counted("Failed")) == 0


def test_each_answer_that_a_broken_channel_refuses_is_counted(bot: Bot):
    bot.outbox.script = [ChannelBroken("code 190")] * 2
    for psid in ("anna", "bert"):
        bot.accepts(psid, "is anybody there?")
        bot.works_badly()
    assert bot.counted("ChannelBroken") == [1, 1]


# The heartbeat.


def test_how_long_the_oldest_message_waits_is_measured_every_minute(bot: Bot):
    bot.beats()
    bot.accepts("anna", "I am waiting")
    bot.clock.tick(minutes=2)
    bot.accepts("bert", "I am waiting too")
    bot.clock.tick(minutes=1)
    bot.beats()
    bot.works()
    bot.beats()
    assert bot.counted("OldestWaitingMs") == [0, 181_000, 0]


def test_when_nobody_can_be_woken_the_waiting_is_measured_all_the_same(bot: Bot):
    bot.accepts("anna", "I am waiting")
    bot.clock.tick(minutes=5)
    bot.wake.fails = True
    with pytest.raises(WakeError):
        bot.beats()
    [line] = bot.log_lines("heartbeat")
    assert (line["error"], line["OldestWaitingMs"]) == ("WakeError", 300_000)


# All of it.


def test_every_metric_is_written_by_somebody(bot: Bot):
    bot.limits_to(2)
    bot.outbox.script = [PersonUnreachable("gone"), ChannelBroken("code 190")]
    bot.receives("anna", "a question like others")
    bot.accepts("anna", "a question like others")
    bot.works_badly()
    bot.clock.tick(minutes=1)
    for _ in range(4):
        bot.receives("anna", "a question like others")
    bot.model.script = [ModelBusy("busy")]
    bot.receives("bert", "a hard question")
    bot.accepts("bert", "an old question")
    bot.clock.tick(hours=2)
    bot.works()
    moderated = f'moderation = "score"\n{persona.shipped("assistant")}'
    bot.persona_texts.put("assistant", moderated, now=bot.clock())
    bot.moderation.script.extend([Verdict(), ModelBusy("the verdict took too long")])
    bot.receives("cara", "a question like others")
    bot.receives("cara", "a question like others")
    bot.beats()
    written = {(line["stage"], name) for line in bot.log_lines() for name in line}
    assert METRICS.keys() - written == set()
