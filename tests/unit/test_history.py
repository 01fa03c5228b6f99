from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.content.token_estimate import tokens
from chalicelib.conversation.history import exchange_of, recent, to_take_along
from chalicelib.conversation.prompt import Exchange
from chalicelib.conversation.turn import Reply, Turn, TurnState
from chalicelib.ids import ConversationId, PersonId, TurnId

ANSWERED = Turn(
    id=TurnId("0000000001000#a"),
    conversation=ConversationId("messenger:1:2"),
    person=PersonId("messenger:1:2"),
    at=1000,
    state=TurnState.DONE,
    text="What is up?",
    reply=Reply("The sky."),
    charged_day="2026-11-20",
)
words = st.text(alphabet="ab é漢🎉", max_size=12)
some_turns = st.lists(
    st.builds(
        lambda at, state, text, answer, day: replace(
            ANSWERED, at=at, state=state, text=text, reply=None if answer is None else Reply(answer), charged_day=day
        ),
        st.integers(0, 20),
        st.sampled_from(TurnState),
        words,
        st.none() | words,
        st.sampled_from([None, "2026-11-20"]),
    ),
    max_size=12,
)
budgets = st.integers(0, 150)
starts = st.integers(0, 20)


def _cost(exchanges: tuple[Exchange, ...]) -> int:
    return sum(tokens(exchange.question) + tokens(exchange.answer) for exchange in exchanges)


def _remembered(turns: list[Turn], *, since: int) -> tuple[Exchange, ...]:
    return tuple(exchange for turn in turns if (exchange := exchange_of(turn, since=since)))


@given(turns=some_turns, since=starts, budget=budgets)
def test_the_history_is_the_end_of_the_past_without_gaps(turns: list[Turn], since: int, budget: int):
    told, all_of_it = recent(turns, since=since, budget=budget), _remembered(turns, since=since)
    assert told == all_of_it[len(all_of_it) - len(told) :]


@given(turns=some_turns, since=starts, budget=budgets)
def test_the_history_is_no_longer_than_the_budget_allows(turns: list[Turn], since: int, budget: int):
    assert _cost(recent(turns, since=since, budget=budget)) <= budget


@given(turns=some_turns, since=starts, budget=budgets)
def test_the_history_is_as_long_as_the_budget_allows(turns: list[Turn], since: int, budget: int):
    told, all_of_it = recent(turns, since=since, budget=budget), _remembered(turns, since=since)
    if len(told) < len(all_of_it):
        assert _cost(all_of_it[len(all_of_it) - len(told) - 1 :]) > budget


def test_a_past_that_just_fits_is_sent_whole():
    turns = [ANSWERED, ANSWERED]
    cost = _cost(_remembered(turns, since=0))
    assert len(recent(turns, since=0, budget=cost)) == 2
    assert len(recent(turns, since=0, budget=cost - 1)) == 1


@given(turns=some_turns, since=starts)
def test_nothing_from_before_a_reset_is_in_the_history(turns: list[Turn], since: int):
    assert recent(turns, since=since, budget=10**6) == recent(
        [turn for turn in turns if turn.at >= since], since=0, budget=10**6
    )


@pytest.mark.parametrize("state", [TurnState.ANSWERED, TurnState.DONE])
def test_a_question_and_its_answer_are_remembered(state: TurnState):
    assert exchange_of(replace(ANSWERED, state=state), since=1000) == Exchange("What is up?", "The sky.")


@pytest.mark.parametrize(
    "turn",
    [
        replace(ANSWERED, at=999),
        replace(ANSWERED, charged_day=None),
        replace(ANSWERED, text=""),
        replace(ANSWERED, reply=None),
        replace(ANSWERED, reply=Reply("", "(2 left today)")),
        replace(ANSWERED, state=TurnState.QUEUED),
        replace(ANSWERED, state=TurnState.RUNNING),
        replace(ANSWERED, state=TurnState.DROPPED),
    ],
    ids=["old", "refunded or a notice", "unsent", "unanswered", "only a footer", "queued", "running", "dropped"],
)
def test_everything_else_is_forgotten(turn: Turn):
    assert exchange_of(turn, since=1000) is None


def test_the_bots_own_footers_are_not_in_the_history():
    turn = replace(ANSWERED, reply=Reply("The sky.", "(2 left today)"))
    assert exchange_of(turn, since=0) == Exchange("What is up?", "The sky.")


@pytest.mark.parametrize(
    "other",
    [
        replace(ANSWERED, state=TurnState.QUEUED, reply=None),
        replace(ANSWERED, state=TurnState.RUNNING, reply=None),
        replace(ANSWERED, state=TurnState.ANSWERED),
        replace(ANSWERED, opens=True, text=""),
    ],
    ids=["queued", "running", "not delivered", "the model's opening"],
)
def test_what_nobody_wrote_or_is_not_closed_is_not_taken_along(other: Turn):
    assert to_take_along([ANSWERED, other]) == [ANSWERED]


def test_only_a_reset_that_was_carried_out_hides_what_was_before_from_who_takes_along():
    reset, after = replace(ANSWERED, text="/reset"), replace(ANSWERED, text="And now?")
    assert to_take_along([ANSWERED, reset, ANSWERED, reset, after]) == [after]
    assert to_take_along([ANSWERED, reset]) == []
    dropped = replace(reset, state=TurnState.DROPPED, reply=None)
    assert to_take_along([ANSWERED, dropped, after]) == [ANSWERED, dropped, after]
    assert to_take_along([]) == []
