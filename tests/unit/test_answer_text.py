"""What of a model's words a person gets, wherever its deltas are cut."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.conversation.answer_text import AnswerText


def shown(deltas: Sequence[str], *, closes_only: bool = False) -> str:
    """What a person reads in the end."""
    answer, text = AnswerText(closes_only=closes_only), ""
    for words in [*map(answer.add, deltas), answer.end()]:
        text = words.text if words.instead else text + words.text
    return text


def cut(text: str, places: Sequence[int]) -> list[str]:
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in pairwise(edges)]


def all_cuts(text: str) -> Iterator[list[str]]:
    """The text whole, cut once at each place, and in pieces of one to seven characters."""
    for place in range(len(text)):
        yield cut(text, [place])
    for width, first in product(range(1, 8), repeat=2):
        yield cut(text, range(first, len(text), width))


TAG = re.compile(r"</?(think|thinking|thought|reasoning)>|\[/?think\]|◁/?think▷", re.IGNORECASE)
THOUGHTS = [
    ("<think>She asks who Mimi is.</think>Your cat.", "Your cat."),
    ("<think></think>Your cat.", "Your cat."),
    ("\n<think>\nMimi?\n</think>\n\nYour cat.", "\n\n\nYour cat."),
    ("<THINK>Mimi?</Think>Your cat.", "Your cat."),
    ("<thinking>Mimi?</thinking>Your cat.", "Your cat."),
    ("<thought>Mimi?</thought>Your cat.", "Your cat."),
    ("<reasoning>Mimi?</reasoning>Your cat.", "Your cat."),
    ("[THINK]Mimi?[/THINK]Your cat.", "Your cat."),
    ("◁think▷Mimi?◁/think▷Your cat.", "Your cat."),
    ("<think>Is <b>Mimi</b> < a cat?</think>Your cat.", "Your cat."),
    ("She asks who Mimi is.</think>Your cat.", "Your cat."),
    ("She asks\n\nwho Mimi is.\n</think>\n\nYour cat.", "\n\nYour cat."),
    ("</think>Your cat.", "Your cat."),
    ("Mimi?</think>A cat?</think>Your cat.", "Your cat."),
    ("<think>Mimi?</think>Your cat.<think>Really?</think> Yes.", "Your cat. Yes."),
    ("<think>a <think> b</think>Your cat.", "Your cat."),
    ("<think>```\nMimi?</think>Your cat.", "Your cat."),
    ("```\nMimi?\n```\nRight.</think>Your cat.", "Your cat."),
    ("```\nMimi?</think>Your cat.", "Your cat."),
    ("<think>So.</think>```\nMimi\n```\n<think>Really?</think>Your cat.", "```\nMimi\n```\nYour cat."),
    ("<think>Mimi? I do not know", ""),
]
FENCED = [
    "The model writes:\n\n```\n<think>\nWho?\n</think>\nMimi.\n```\n\nThat is all.",
    "~~~html\n<thinking>Who?</thinking>\n~~~",
    "1. So:\n\n   ```xml\n   a [THINK]b[/THINK] c\n   ```",
    "> ```\n> <think>\n> </think>\n> ```\n\nand `</think>`, or </think>.",
]
PLAIN = [
    "Your cat.",
    "1 < 2 and <b>bold</b> and [a link](https://a.example) and a < b",
    "Use `<think>` and `</think>`.",
    'The tag "<think>" opens a thought, and </think> closes it.',
    "An arrow <- and <thi",
    "Half a tag at the end: </",
    "Before <think> and after.",
    "<thinker>",
    "[think]",
]


@pytest.mark.parametrize(("said", "left"), THOUGHTS)
def test_thoughts_are_left_out_wherever_the_deltas_are_cut(said: str, left: str):
    for deltas in all_cuts(said):
        assert shown(deltas) == left, deltas


@given(st.sampled_from(THOUGHTS), st.lists(st.integers(min_value=0)))
def test_thoughts_are_left_out_of_any_deltas(thoughts: tuple[str, str], places: Sequence[int]):
    said, left = thoughts
    assert shown(cut(said, places)) == left


@pytest.mark.parametrize(("said", "left"), THOUGHTS)
def test_a_model_that_only_closes_its_thoughts_may_open_them_next_time(said: str, left: str):
    assert shown([said], closes_only=True).strip() == left.strip()
    assert shown(list(said), closes_only=True).strip() == left.strip()


@pytest.mark.parametrize("said", [said for said in PLAIN if " </think>" not in said])
def test_an_answer_without_thoughts_comes_at_its_end_if_thoughts_were_expected(said: str):
    assert shown(list(said), closes_only=True) == said


@pytest.mark.parametrize(
    ("said", "closes_only"),
    [("Mimi?</think>Your cat.", True), ("Your cat.", False), ("<think>Mimi?</think>Your cat.", False), ("", False)],
)
@pytest.mark.parametrize("before", [True, False])
def test_an_answer_teaches_whether_thoughts_only_close(said: str, *, closes_only: bool, before: bool):
    answer = AnswerText(closes_only=before)
    words = answer.add(said)
    assert words.instead is (closes_only and not before)
    answer.end()
    assert answer.closes_only is closes_only


def test_nothing_of_thoughts_that_are_expected_to_close_is_passed_on():
    answer = AnswerText(closes_only=True)
    assert [answer.add(delta).text for delta in ("Mimi?", " A cat.", "</think>", "Your", " cat.")] == [
        "",
        "",
        "",
        "Your",
        " cat.",
    ]


@pytest.mark.parametrize("said", [*PLAIN, *FENCED])
def test_an_answer_without_thoughts_stays_as_it_is(said: str):
    for deltas in all_cuts(said):
        assert shown(deltas) == said, deltas


@given(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.integers(min_value=0)))
def test_every_other_text_stays_as_it_is(said: str, places: Sequence[int]):
    assume(not TAG.search(said))  # Hypothesis draws the words of the code, too
    assert shown(cut(said, places)) == said


@pytest.mark.parametrize("delta", ["Hello", "Hello ", "1 < 2", "a <b>", "no tag <thx"])
def test_words_that_cannot_become_a_tag_are_not_held_back(delta: str):
    assert AnswerText().add(delta).text == delta


@pytest.mark.parametrize(
    ("delta", "held"), [("Hi <", "<"), ("Hi </thin", "</thin"), ("Hi <Reason", "<Reason"), ("Hi [", "[")]
)
def test_only_the_beginning_of_a_tag_is_held_back(delta: str, held: str):
    answer = AnswerText()
    assert answer.add(delta).text == delta.removesuffix(held)
    assert answer.add("x").text == f"{held}x"


def test_words_before_a_lone_closing_tag_are_replaced_at_once():
    answer = AnswerText()
    assert answer.add("She asks who").text == "She asks who"
    words = answer.add(" Mimi is.</think>Your")
    assert (words.text, words.instead) == ("Your", True)
    assert not answer.add(" cat.").instead


@pytest.mark.parametrize(
    ("deltas", "text"),
    [
        (["Hi \ud83d", "\ude00!"], "Hi 😀!"),
        (["\ud83d", "\ude00", "\ud83d", "\ude00"], "😀😀"),
        (["Hi \ud83d", "!"], "Hi \ufffd!"),
        (["Hi \ud83d"], "Hi \ufffd"),
        (["Hi ", "\ude00!"], "Hi \ufffd!"),
        (["\ud83d\ud83d", "\ude00"], "\ufffd😀"),
        (["\ude00\ud83d"], "\ufffd\ufffd"),
        (["\ud83d", "", "\ude00"], "😀"),
        (["<think>\ud83d", "</think>Hi"], "Hi"),
    ],
)
def test_halves_of_a_character_are_joined_and_lone_ones_replaced(deltas: Sequence[str], text: str):
    assert shown(deltas) == text


@given(st.lists(st.text(st.characters(categories=["Cs", "Lu", "So"]))))
def test_every_answer_can_be_encoded(deltas: Sequence[str]):
    assert (
        shown(deltas).encode() == "".join(deltas).encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    )
