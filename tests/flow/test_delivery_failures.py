from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest

from chalicelib.channels.messenger.sender import MAX_UNITS, MessengerSender
from chalicelib.channels.meta.graph import Graph, GraphError
from chalicelib.channels.meta.graph_errors import Failure
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.conversation.worker import Outcome
from chalicelib.errors import ChannelBroken, DeliveryError, DeliveryPostponed, ModelBusy, PersonUnreachable
from tests.fakes.adapters import RememberingSender
from tests.flow.bot import SAYS, Bot, conversation_of


@dataclass(frozen=True)
class FakeGraph(Graph):
    """Meta, for messages: a call takes the next outcome of `script`; None is good."""

    base_url: str = ""
    token: Any = None
    app_secret: Any = None
    script: list[GraphError | None] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    refuses_typing: GraphError | None = None

    def post(self, path: str, body: Mapping[str, Any], query: Mapping[str, str] = MappingProxyType({})) -> None:
        if "message" not in body:
            if self.refuses_typing:
                raise self.refuses_typing
            return
        error = self.script.pop(0) if self.script else None
        if error:
            raise error
        self.sent.append(body["message"]["text"])


class DeadlySender(RememberingSender):
    """Kills the worker that delivers."""

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        raise KeyboardInterrupt


@pytest.fixture
def graph(bot: Bot) -> FakeGraph:
    """The bot sends on Messenger, in parts."""
    made = FakeGraph()
    bot.sender = MessengerSender(made, lambda _: "This takes longer.", sleep=lambda _: None)
    return made


def test_an_unreachable_user_is_not_charged_and_no_error_is_raised(bot: Bot):
    bot.receives("anna", "a first question")
    bot.notifier.told.clear()
    bot.outbox.script = [PersonUnreachable("gone")]
    bot.receives("anna", "a question and goodbye")
    assert (bot.states("anna"), bot.used("anna")) == (["done", "dropped"], 1)
    assert bot.told_owner == []
    assert bot.beats().swept == 0


def test_an_unreachable_user_gets_no_refund_for_a_notice(bot: Bot):
    bot.receives("anna", "a first question")
    bot.outbox.script = [PersonUnreachable("gone")]
    bot.receives("anna", "/help")
    assert (bot.states("anna"), bot.used("anna")) == (["done", "dropped"], 1)


def test_a_charge_taken_back_for_an_apology_is_not_taken_back_again_when_that_cannot_be_sent(bot: Bot):
    bot.receives("anna", "a first question")
    bot.model.script = [ModelBusy("busy")]
    bot.outbox.script = [PersonUnreachable("gone")]
    bot.receives("anna", "a second question")
    assert (bot.states("anna"), bot.used("anna")) == (["done", "dropped"], 1)


BROKEN = SAYS("owner_channel", reason="code 190", stage="prod")


def test_when_the_channel_is_broken_the_owner_is_told_once_a_day_and_the_answers_wait(bot: Bot):
    bot.outbox.script = [ChannelBroken("code 190")] * 2
    for psid in ("anna", "bert"):
        bot.accepts(psid, "is anybody there?")
        assert isinstance(bot.works_badly(), DeliveryPostponed)
    assert [told for told in bot.told_owner if told == BROKEN] == [BROKEN]
    assert (bot.states("anna"), bot.states("bert"), bot.counted("ChannelBroken")) == (
        ["answered"],
        ["answered"],
        [1, 1],
    )
    assert (bot.beats().swept, bot.counted("Failed")) == (0, [])


@pytest.mark.parametrize("minutes", [1, 3, 7, 15, 31])
def test_what_the_model_said_while_the_channel_was_broken_arrives_once_the_owner_has_mended_it(bot: Bot, minutes: int):
    bot.outbox.script = [ChannelBroken("code 190")] * 6
    bot.accepts("anna", "is anybody there?")
    bot.works_badly()
    for minute in range(1, minutes + 1):
        bot.clock.tick(minutes=1)
        if minute == minutes:
            bot.outbox.script = []
        bot.beats()
        with suppress(DeliveryPostponed):
            bot.works()
    assert (bot.states("anna"), bot.sent_to("anna")) == (["done"], ["An answer."])
    assert len(bot.asked) == bot.used("anna") == 1


def test_a_channel_that_nobody_mends_costs_no_second_call_of_the_model_and_no_charge(bot: Bot):
    bot.outbox.script = [ChannelBroken("code 190")] * 100
    bot.accepts("anna", "is anybody there?")
    for _ in range(60):
        with suppress(DeliveryPostponed):
            bot.works()
        bot.clock.tick(minutes=1)
        bot.beats()
    assert (bot.states("anna"), bot.used("anna"), len(bot.asked)) == (["dropped"], 0, 1)
    assert (bot.counted("ChannelBroken"), bot.counted("Failed")) == ([1] * 6, [1])
    bot.clock.tick(days=1)
    bot.accepts("anna", "is anybody there today?")
    bot.works_badly()
    assert [told for told in bot.told_owner if told == BROKEN] == [BROKEN, BROKEN]


def test_when_the_channel_breaks_during_the_model_call_the_answer_is_kept(bot: Bot):
    broken = GraphError(Failure.BROKEN, "code 190")
    bot.sender = MessengerSender(
        FakeGraph(refuses_typing=broken, script=[broken]), lambda _: "This takes longer.", sleep=lambda _: None
    )
    bot.accepts("anna", "is anybody there?")
    assert isinstance(bot.works_badly(), DeliveryPostponed)
    [turn] = bot.turns("anna")
    assert (bot.states("anna"), turn.reply and turn.reply.text) == (["answered"], "An answer.")
    assert bot.told_owner == [BROKEN]
    assert bot.spent().answers == 1


def test_a_page_that_may_not_show_typing_answers_all_the_same(bot: Bot):
    bot.has_talked_to("anna")
    graph = FakeGraph(refuses_typing=GraphError(Failure.BROKEN, "code 100, subcode 33"))
    bot.sender = MessengerSender(graph, lambda _: "This takes longer.", sleep=lambda _: None)
    bot.receives("anna", "is anybody there?")
    assert (graph.sent, bot.states("anna"), bot.used("anna")) == (["An answer."], ["done"], 1)


REFUSED = GraphError(Failure.REJECTED, "code 36103, subcode 0, HTTP 400")
CHANNEL = SAYS("owner_channel", reason=REFUSED.reason, stage="prod")


def refused(bot: Bot, graph: FakeGraph, *people: str) -> list[str]:
    """Each person asks, and Meta refuses the answer; what the owner is told of the channel."""
    for psid in people:
        graph.script.append(REFUSED)
        bot.accepts(psid, "is anybody there?")
        with suppress(DeliveryPostponed):
            bot.works()
    return [text for subject, text in bot.notifier.told if subject == SAYS("owner_channel_subject")]


def test_an_answer_refused_for_an_unknown_reason_is_not_charged_and_the_owner_is_not_bothered(
    bot: Bot, graph: FakeGraph
):
    assert refused(bot, graph, "anna", "bert") == []
    assert [line["error"] for line in bot.log_lines("deliver")] == ["DeliveryRefused"] * 2
    assert (bot.states("anna"), bot.used("anna"), bot.used("bert")) == (["dropped"], 0, 0)
    assert (bot.counted("ChannelBroken"), bot.counted("Failed")) == ([], [1, 1])
    assert bot.beats().swept == 0


def test_answers_to_several_people_refused_for_an_unknown_reason_mean_a_broken_channel(bot: Bot, graph: FakeGraph):
    bot.has_talked_to("anna", "bert", "cara")
    assert refused(bot, graph, "anna", "bert", "cara") == [CHANNEL]
    assert (bot.states("cara"), bot.counted("ChannelBroken")) == (["answered"], [1])
    bot.clock.tick(minutes=1)
    bot.beats()
    bot.works()
    assert (bot.states("cara"), graph.sent) == (["done"], ["An answer."])
    assert refused(bot, graph, "dora", "anna") == [CHANNEL]
    bot.clock.tick(days=1)
    assert refused(bot, graph, "emma", "frank") == [CHANNEL]
    assert refused(bot, graph, "gina") == [CHANNEL, CHANNEL]


def test_one_person_who_is_refused_again_and_again_is_one_person(bot: Bot, graph: FakeGraph):
    assert refused(bot, graph, *["anna"] * 5, *["bert"] * 5) == []


def test_nobody_who_is_refused_is_stored_by_name(bot: Bot, graph: FakeGraph):
    refused(bot, graph, "anna")
    assert "anna" not in repr(bot.memory.met)


def test_an_answer_that_cannot_be_sent_now_is_sent_later_without_asking_or_charging_again(bot: Bot):
    bot.outbox.script = [DeliveryError("code 613")]
    bot.accepts("anna", "what is for dinner?")
    assert isinstance(bot.works_badly(), DeliveryError)
    assert (bot.states("anna"), bot.sent_to("anna")) == (["answered"], [])
    bot.clock.tick(minutes=1)
    assert bot.run(conversation_of("anna")) is Outcome.DRAINED
    assert (bot.states("anna"), bot.sent_to("anna")) == (["done"], ["An answer."])
    assert len(bot.asked) == bot.used("anna") == 1


def test_the_heartbeat_brings_what_could_not_be_sent(bot: Bot):
    bot.outbox.script = [DeliveryError("code 613")] * 3
    bot.accepts("anna", "what is for dinner?")
    for minutes in (1, 2, 4):
        bot.works_badly()
        assert bot.beats().swept == 0, "the next attempt is not due yet"
        bot.clock.tick(minutes=minutes)
        assert bot.beats().swept == 1
    bot.works()
    assert bot.sent_to("anna") == ["An answer."]


@pytest.mark.parametrize("error", [DeliveryError("code 613"), DeliveryError("HTTP 500"), DeliveryError("timed out")])
def test_an_answer_that_can_never_be_sent_is_tried_six_times_in_half_an_hour_and_not_charged(
    bot: Bot, error: DeliveryError
):
    bot.outbox.script = [error] * 100
    bot.accepts("anna", "what is for dinner?")
    bot.works_badly()
    for minute in range(60):
        bot.clock.tick(minutes=1)
        if bot.beats().swept:
            with suppress(DeliveryError):
                bot.works()
        tried = 100 - len(bot.outbox.script)
        assert tried == 1 + sum(due <= minute + 1 for due in (1, 3, 7, 15, 31)), minute
    assert (bot.states("anna"), bot.sent_to("anna"), bot.used("anna")) == (["dropped"], [], 0)
    assert bot.counted("Failed") == [1]
    assert bot.log_lines("turn")[-1]["outcome"] == "undelivered"


def test_what_can_never_be_sent_does_not_hold_up_what_comes_after_it(bot: Bot):
    bot.model.script = [["first answer"], ["second answer"]]
    bot.outbox.script = [DeliveryError("code 613")] * 6
    bot.accepts("anna", "a first question")
    bot.works_badly()
    bot.accepts("anna", "a second question")
    for minutes in (1, 2, 4, 8, 16):
        bot.works_badly()
        bot.clock.tick(minutes=minutes)
        assert bot.beats().swept == 1
    bot.works()
    assert (bot.states("anna"), bot.sent_to("anna")) == (["dropped", "done"], ["second answer"])


def test_a_worker_that_is_woken_before_the_next_attempt_sends_and_counts_nothing(bot: Bot):
    bot.outbox.script = [DeliveryError("code 613")] * 2
    bot.accepts("anna", "what is for dinner?")
    bot.works_badly()
    for text in ("hello?", "are you there?"):
        bot.accepts("anna", text)
        assert isinstance(bot.works_badly(), DeliveryError), "the invocation fails, as Lambda has to count it"
    assert (len(bot.outbox.script), [turn.deliveries for turn in bot.turns("anna")]) == (1, [1, 0, 0])
    assert bot.beats().swept == 0


def test_a_worker_that_dies_over_each_delivery_is_not_replaced_for_ever(bot: Bot):
    """Killed, or out of time: no error is caught, and the lease has to expire."""
    bot.sender = DeadlySender()
    bot.accepts("anna", "what is for dinner?")
    for _ in range(6):
        with pytest.raises(KeyboardInterrupt):
            bot.works()
        bot.clock.tick(minutes=3)
        assert bot.beats().swept == 1
    assert bot.works() == [Outcome.DRAINED]
    assert (bot.states("anna"), bot.used("anna")) == (["dropped"], 0)
    assert [(line["reason"], line["failed"]) for line in bot.log_lines("drop")] == [("undeliverable", 1)]


@pytest.mark.parametrize("text", ["/help", "what is for dinner?"])
def test_a_notice_and_an_answer_are_given_up_alike(bot: Bot, text: str):
    bot.outbox.script = [DeliveryError("code 613")] * 6
    bot.accepts("anna", text)
    for minutes in (1, 2, 4, 8, 16):
        bot.works_badly()
        bot.clock.tick(minutes=minutes)
        bot.beats()
    bot.works()
    assert (bot.states("anna"), bot.used("anna")) == (["dropped"], 0)


def test_turns_behind_an_undelivered_answer_keep_their_order(bot: Bot):
    bot.model.script = [["first answer"], ["second answer"]]
    bot.outbox.script = [DeliveryError("code 613")]
    bot.accepts("anna", "a first question")
    bot.accepts("anna", "a second question")
    bot.works_badly()
    bot.clock.tick(minutes=1)
    bot.works()
    assert bot.sent_to("anna") == ["first answer", "second answer"]


def test_an_answer_that_could_not_be_sent_for_an_hour_is_given_up_and_not_charged(bot: Bot):
    bot.outbox.script = [DeliveryError("code 613")]
    bot.accepts("anna", "what is for dinner?")
    bot.works_badly()
    bot.clock.tick(hours=1, seconds=1)
    bot.beats()
    bot.works()
    assert (bot.states("anna"), bot.sent_to("anna"), bot.used("anna")) == (["dropped"], [], 0)


def test_an_answer_whose_receipt_came_is_not_sent_again(bot: Bot):
    bot.outbox.script = [DeliveryError("HTTP 500")]
    bot.accepts("anna", "what is for dinner?")
    bot.works_badly()
    bot.posted(bot.receipt(bot.turns("anna")[0], 0))
    bot.clock.tick(minutes=1)
    assert bot.run(conversation_of("anna")) is Outcome.DRAINED
    assert (bot.sent_to("anna"), bot.states("anna"), bot.used("anna")) == ([], ["done"], 1)


def test_a_long_answer_comes_in_parts_that_a_phone_can_show(bot: Bot, graph: FakeGraph):
    bot.has_talked_to("anna")
    bot.model.otherwise = ["A sentence of the story. " * 200]
    bot.receives("anna", "tell me a story")
    assert [len(part) <= MAX_UNITS for part in graph.sent] == [True] * 3
    assert " ".join(graph.sent) == ("A sentence of the story. " * 200).strip()


def test_of_a_long_answer_only_the_parts_without_a_receipt_are_sent_again(bot: Bot, graph: FakeGraph):
    bot.has_talked_to("anna")
    bot.model.otherwise = ["A sentence of the story. " * 200]
    graph.script.extend([None, None, GraphError(Failure.BACK_OFF, "code 613")])
    bot.accepts("anna", "tell me a story")
    bot.works_badly()
    assert len(graph.sent) == 2
    [turn] = bot.turns("anna")
    bot.posted(bot.receipt(turn, 0), bot.receipt(turn, 1))
    bot.clock.tick(minutes=1)
    bot.run(conversation_of("anna"))
    assert " ".join(graph.sent) == ("A sentence of the story. " * 200).strip()


def test_a_part_that_arrived_though_the_call_failed_is_not_sent_again(bot: Bot, graph: FakeGraph):
    def echo_comes(_: float) -> None:
        bot.posted(bot.receipt(bot.turns("anna")[0], 0))

    bot.sender = MessengerSender(graph, lambda _: "This takes longer.", sleep=echo_comes)
    graph.script.append(GraphError(Failure.AMBIGUOUS, "HTTP 500"))
    bot.receives("anna", "what is for dinner?")
    assert (graph.sent, bot.states("anna"), bot.used("anna")) == ([], ["done"], 1)


def test_the_footer_and_the_buttons_come_with_the_answer(bot: Bot):
    bot.limits_to(1)
    bot.receives("anna", "what is for dinner?")
    bot.receives("anna", "/forget")
    answer, asked = bot.read("anna")
    assert answer.footer.startswith("(That was your last question")
    assert len(asked.choices) == 2
