import pytest

from chalicelib.access.budget import Usage
from chalicelib.clock import Clock
from chalicelib.conversation.ports import Model, Sender, Wake
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, Prompt, TextDelta
from chalicelib.conversation.turn import Reply, Turn, TurnState
from chalicelib.errors import DeliveryError, ModelBusy, NotifyError, WakeError
from chalicelib.ids import ConversationId, PersonId, TurnId
from chalicelib.operations.ports import JobStarter, Notifier
from tests.fakes.adapters import (
    Delivered,
    FakeClock,
    RememberingJobStarter,
    RememberingNotifier,
    RememberingSender,
    RememberingWake,
)
from tests.fakes.model import ScriptedModel

ANNA = PersonId("messenger:1:anna")
PROMPT = Prompt(instructions="", history=(), question="Hi?", max_output_tokens=1, person_hash="")
TURN = Turn(TurnId("1#a"), ConversationId(ANNA), ANNA, at=1, state=TurnState.ANSWERED, text="Hi?")


def _events(model: Model) -> list[ModelEvent]:
    return list(model.answer(PROMPT, seconds=1))


def test_a_scripted_model_says_its_lines_and_then_always_the_same():
    model = ScriptedModel([["Hel", "lo"], ["Well", FinishReason.LENGTH]], usage=Usage(1, 0, 2))
    stopped = Finished(FinishReason.STOP, Usage(1, 0, 2))
    assert _events(model) == [TextDelta("Hel"), TextDelta("lo"), stopped]
    assert _events(model) == [TextDelta("Well"), Finished(FinishReason.LENGTH, Usage(1, 0, 2))]
    assert [_events(model) for _ in range(2)] == [[TextDelta("An answer."), stopped]] * 2
    assert model.asked == [PROMPT] * 4


def test_a_scripted_model_fails_where_its_script_says():
    model = ScriptedModel([ModelBusy("at once"), ["Hel", ModelBusy("in between")]])
    with pytest.raises(ModelBusy, match="at once"):
        _events(model)
    heard = model.answer(PROMPT, seconds=1)
    assert next(heard) == TextDelta("Hel")
    with pytest.raises(ModelBusy, match="in between"):
        next(heard)
    assert len(model.asked) == 2


def test_a_sender_remembers_what_people_got_to_read():
    remembering = RememberingSender([DeliveryError("later"), None])
    sender: Sender = remembering
    with pytest.raises(DeliveryError):
        sender.deliver(TURN, Reply("Hi!"), receipts=frozenset, seconds=1)
    sender.deliver(TURN, Reply("Hi!", "(2 left)"), receipts=frozenset, seconds=1)
    assert remembering.delivered == [Delivered(ANNA, "Hi!", "(2 left)")]


def test_a_sender_remembers_whom_it_attended_to():
    sender = RememberingSender()
    with sender.responding(TURN):
        assert sender.attending == 1
    assert (sender.attended, sender.attending) == ([ANNA], 0)


def test_the_rest_of_the_world_remembers_or_fails():
    wake, notifier, starter = RememberingWake(), RememberingNotifier(), RememberingJobStarter()
    waking: Wake = wake
    sending: Notifier = notifier
    starting: JobStarter = starter
    waking.wake(TURN.conversation)
    sending.send("Subject", "Text")
    starting.start()
    assert (wake.woken, notifier.told, starter.started) == ([TURN.conversation], [("Subject", "Text")], 1)
    wake.fails = notifier.fails = starter.fails = True
    with pytest.raises(WakeError):
        waking.wake(TURN.conversation)
    with pytest.raises(WakeError):
        starting.start()
    with pytest.raises(NotifyError):
        sending.send("Subject", "Text")


def test_a_clock_moves_only_when_told_to():
    fake = FakeClock()
    clock: Clock = fake
    before = clock()
    assert clock() == before
    assert fake.tick(minutes=1, seconds=0.5) == clock() == before + 60_500
