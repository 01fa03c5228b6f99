from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from chalicelib.conversation.prompt import Prompt
from chalicelib.conversation.turn import Lease, Thread
from chalicelib.conversation.turn_context import turn_ms
from chalicelib.conversation.worker import Outcome
from chalicelib.errors import StoreError, WakeError
from chalicelib.llm import prices
from chalicelib.operations.heartbeat import MAX_SWEPT
from chalicelib.settings.stage import Settings
from tests.fakes.inbox import FakeInbox
from tests.fakes.model import ScriptedModel
from tests.flow.bot import Bot, InterruptedModel, conversation_of
from tests.flow.chat import Without, fail


class Crash(BaseException):
    """Ends the Lambda function in the middle of a line."""


def die(*_: Prompt) -> None:
    raise Crash


@dataclass(frozen=True)
class InterruptedInbox(FakeInbox):
    """Something happens before each load, as long as there is something."""

    interruptions: list[Callable[[], None]] = field(default_factory=list)

    def load(self, lease: Lease, *, now: int) -> Thread:
        if self.interruptions:
            self.interruptions.pop(0)()
        return super().load(lease, now=now)


def test_a_quiet_minute_only_keeps_the_functions_warm(bot: Bot):
    bot.receives("anna", "good morning to you")
    beat = bot.beats()
    assert (beat.swept, beat.warmed, bot.warmer.warmed) == (0, ["api", "worker"], 1)
    assert bot.log_lines("heartbeat") == [{**bot.log_lines("heartbeat")[0], "warmed": 2, "swept": 0}]


def test_workers_are_woken_for_the_longest_overdue_conversation_first(bot: Bot):
    for psid in ("bert", "anna"):
        bot.accepts(psid, "I am waiting")
    bot.wake.woken.clear()
    assert bot.beats().swept == 2
    assert bot.wake.woken == [conversation_of("bert"), conversation_of("anna")]


def test_after_an_outage_a_beat_wakes_a_limited_number_of_workers_and_the_next_beat_the_others(bot: Bot):
    for number in range(MAX_SWEPT + 1):
        bot.accepts(f"person-{number}", "I am waiting")
    bot.wake.woken.clear()
    assert bot.beats().swept == MAX_SWEPT
    bot.works()
    assert bot.beats().swept == 1
    bot.works()
    assert bot.beats().swept == 0


def test_a_turn_whose_worker_died_is_answered_after_its_lease_expires(bot: Bot):
    bot.accepts("anna", "will you survive this?")
    bot.model = InterruptedModel(meanwhile=die)
    with pytest.raises(Crash):
        bot.works()
    bot.model = ScriptedModel()
    bot.beats()
    bot.works()
    assert bot.sent_to("anna") == []
    bot.clock.tick(seconds=turn_ms(80) / 1000 + 5.001)
    bot.beats()
    bot.works()
    assert bot.sent_to("anna") == ["An answer."]


def test_a_beat_that_cannot_wake_workers_fails_and_the_next_one_wakes_them(bot: Bot):
    bot.accepts("anna", "I am waiting")
    bot.wake.woken.clear()
    bot.wake.fails = True
    with pytest.raises(WakeError):
        bot.beats()
    bot.wake.fails = False
    bot.beats()
    bot.works()
    assert bot.sent_to("anna") == ["An answer."]


def test_a_worker_that_dies_between_its_last_answer_and_its_release_leaves_no_open_work(bot: Bot):
    bot.inbox = InterruptedInbox(bot.memory, [lambda: bot.accepts("anna", "a second question"), die])
    bot.accepts("anna", "a first question")
    with pytest.raises(Crash):
        bot.run(bot.wake.woken.pop(0))
    assert bot.states("anna") == ["done", "done"]
    bot.clock.tick(seconds=turn_ms(80) / 1000 + 6)
    bot.beats()
    assert Outcome.DRAINED in bot.works()
    assert bot.beats().swept == 0


def test_a_message_deleted_by_its_user_while_its_worker_died_is_neither_asked_again_nor_charged(bot: Bot):
    bot.model = InterruptedModel(meanwhile=die)
    bot.accepts("anna", "my secret is 42", mid="m_secret")
    with pytest.raises(Crash):
        bot.works()
    bot.posted(bot.item("anna", message={"mid": "m_secret", "is_deleted": True}))
    bot.clock.tick(seconds=turn_ms(80) / 1000 + 6)
    bot.model = InterruptedModel()
    bot.beats()
    bot.works()
    assert (bot.asked, bot.states("anna"), bot.used("anna")) == ([], ["dropped"], 0)


def test_a_health_check_is_started_once_a_week(bot: Bot):
    started = []
    for _ in range(3 * 7 * 24):
        bot.beats()
        started.append(bot.health_check_starter.started)
        bot.clock.tick(hours=1)
    assert started[0] == 1
    assert {started.count(number) for number in (2, 3)} == {7 * 24}
    assert started[-1] in (3, 4)


def test_two_heartbeats_at_once_start_one_health_check(bot: Bot):
    bot.beats()
    bot.beats()
    assert bot.health_check_starter.started == 1


def test_the_heartbeat_reads_whether_a_health_check_is_due_only_in_the_first_minute_of_an_hour(bot: Bot):
    for _ in range(59):
        bot.clock.tick(minutes=1)
        bot.beats()
    assert bot.health_check_starter.started == 0
    assert bot.memory.alerts == {}


def test_a_health_check_that_cannot_be_started_fails_the_beat_after_its_other_work(bot: Bot):
    bot.accepts("anna", "I am waiting")
    bot.wake.woken.clear()
    bot.health_check_starter.fails = True
    with pytest.raises(WakeError):
        bot.beats()
    assert (bot.wake.woken, bot.warmer.warmed) == ([conversation_of("anna")], 1)


def test_a_job_that_fails_ends_the_beat_and_the_jobs_after_it_run_at_the_next_one(bot: Bot):
    spending, bot.spending = bot.spending, Without(bot.spending, days=fail)
    with pytest.raises(StoreError):
        bot.beats()
    assert (len(bot.log_lines("heartbeat")), bot.health_check_starter.started) == (1, 0)
    bot.spending = spending
    bot.beats()
    assert (len(bot.log_lines("budget")), bot.health_check_starter.started) == (1, 1)


def test_the_percentage_of_the_daily_budget_or_of_a_channels_part_that_is_spent_is_logged_each_minute(bot: Bot):
    bot.beats()
    assert [line["used_pct"] for line in bot.log_lines("budget")] == [0]
    bot.receives("anna", "what is the sun?")
    bot.beats()
    part = bot.settings.limits.daily_budget * 3 // 4
    share = 100 * bot.spent().committed / part
    assert bot.log_lines("budget")[-1]["used_pct"] == round(share, 1)


def test_no_budget_is_logged_for_a_model_server_that_costs_nothing(bot: Bot):
    bot.price = prices.price_of(Settings.from_env({"OPENAI_BASE_URL": "http://models.example/v1"}).model)
    bot.beats()
    assert bot.log_lines("budget") == []
