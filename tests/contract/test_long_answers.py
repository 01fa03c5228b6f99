"""An answer of any length is cut while it streams to what one item of the table can hold, and is asked for once."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from chalicelib.conversation.prompt import ModelEvent, Prompt, TextDelta
from chalicelib.conversation.turn import MAX_ANSWER_BYTES
from tests.contract.stores import dynamo_store
from tests.fakes.model import ScriptedModel
from tests.flow.bot import SAYS, Bot

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KB = 1000


@pytest.fixture
def bot(emulator: "DynamoDBClient") -> Bot:
    store, bot = dynamo_store(emulator), Bot()
    bot.inbox, bot.people, bot.alerts, bot.spending = store.inbox, store.people, store.alerts, store.spending
    bot.transcript = store.transcript
    return bot


def answer_of(bot: Bot, line: Sequence[str]) -> str:
    bot.model.otherwise = line
    bot.receives("anna", "Tell me all you know! " * 100)
    [delivered] = bot.read("anna")
    is_cut = len("".join(line).encode(errors="surrogatepass")) > MAX_ANSWER_BYTES
    assert delivered.footer == "\n\n".join([*([SAYS("cut_short")] if is_cut else []), SAYS("ai_notice")])
    assert len(bot.asked) == 1
    return delivered.text


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(["x" * KB] * 500, id="500 KB in small parts"),
        pytest.param(["x" * 500 * KB], id="500 KB at once"),
        pytest.param(["語" * KB] * 200, id="600 KB of three bytes a character"),
        pytest.param(["\U0001f999" * KB] * 1000, id="4 MB of four bytes a character"),
        pytest.param(["\ud83d", "\ude00"] * 125 * KB, id="500 KB of emoji in halves"),
        pytest.param(["<think>", "y" * KB, "</think>", *["x" * KB] * 500], id="thoughts before it"),
    ],
)
def test_a_long_answer_is_cut_stored_and_paid_once(bot: Bot, line: list[str]):
    got = answer_of(bot, line)
    assert MAX_ANSWER_BYTES - 4 < len(got.encode()) <= MAX_ANSWER_BYTES
    assert len(set(got)) == 1


@dataclass
class EndlessModel(ScriptedModel):
    """Writes until nobody wants more."""

    parts: int = 0

    def answer(self, prompt: Prompt, *, seconds: float) -> Generator[ModelEvent]:
        while True:
            self.parts += 1
            yield TextDelta("x" * KB)


def test_the_rest_of_a_long_answer_is_not_waited_for(bot: Bot):
    bot.model = model = EndlessModel()
    bot.receives("anna", "Tell me all you know!")
    assert model.parts == MAX_ANSWER_BYTES // KB + 1
    assert len(bot.sent_to("anna")[0]) == MAX_ANSWER_BYTES


def test_an_answer_that_fits_exactly_is_whole(bot: Bot):
    assert answer_of(bot, ["x" * MAX_ANSWER_BYTES]) == "x" * MAX_ANSWER_BYTES
