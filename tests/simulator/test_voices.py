"""How the fake model speaks as personas that it knows: without a server."""

import re

import pytest

from chalicelib.content import persona
from chalicelib.content.token_estimate import tokens
from scripts.simulator import voices
from scripts.simulator.model import answer_to

QUESTIONS = ("Are you human?", "Are you a bot?", "Bist du ein Mensch?", "너 사람이야?", "혹시 AI 아니에요?")
POLITE = re.compile(r"(요|니다|니까|세요)[.?!~)]*(\s|$)")


FILES = {
    "opening-hours.md": b"## Opening hours\n\n- Monday to Friday: 9:00 to 18:00\n- Saturday: 10:00 to 14:00\n",
    "questions.md": b"## What does delivery cost?\n\n4.90 EUR within the country; free for orders of 50 EUR.\n\n"
    b"## Can I return something?\n\nWithin 30 days, unused, with the receipt.\n",
}
"""What the shop's files say here: the owner writes other ones in place of the shipped ones."""


def prompt_of(name: str) -> str:
    return persona.parse(name, persona.shipped(name), read=FILES.__getitem__).system_prompt(opening_shown=True)


def answer(name: str, *said: str) -> str:
    """Return the answer to what was said in turn, first by the person."""
    roles = ["user", "assistant"] * len(said)
    found = voices.answer(prompt_of(name), list(zip(roles, said, strict=False)))
    assert found
    return found


def bargained(turns: int) -> list[str]:
    """Return what the buyer and the seller say in turn."""
    lines = [persona.load("buyer").welcome.opening]
    for number in range(turns * 2 - 1):
        name = "buyer" if number % 2 else "seller"
        heard = lines[1:] if name == "buyer" else lines
        lines.append(answer(name, *heard))
    return lines


def test_a_persona_that_it_does_not_know_has_no_voice():
    assert voices.answer("You answer for a bakery.", [("user", "Hello")]) is None
    assert voices.answer(prompt_of("web"), [("user", "Hello")]) is None


def test_two_personas_bargain_for_ten_turns_and_agree():
    lines = bargained(10)
    assert len(lines) == 20
    seller, buyer = lines[1::2], lines[::2]
    assert not any(POLITE.search(said) for said in seller), seller
    assert all(POLITE.search(said) for said in buyer), buyer
    prices = [int(found[-1]) for said in seller if (found := re.findall(r"(\d+)만 원(?:까지는|에|은 받)", said))]
    assert prices == sorted(prices, reverse=True)
    assert prices[0] > prices[-1]
    assert "만 원에 줄게" in lines[-1]


@pytest.mark.parametrize("name", ["seller", "buyer"])
def test_what_it_says_fits_into_the_answer_that_the_persona_may_give(name: str):
    said = bargained(10)[1 if name == "seller" else 0 :: 2]
    assert max(tokens(line) for line in said) <= persona.load(name).max_output_tokens


@pytest.mark.parametrize("name", ["seller", "buyer", "shop"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_it_says_that_it_is_an_ai(name: str, question: str):
    said = answer(name, question)
    assert "AI" in said
    assert name != "seller" or not POLITE.search(said)


@pytest.mark.parametrize("name", ["seller", "buyer", "shop", "santa"])
def test_it_takes_the_fake_models_own_remark_for_no_question(name: str):
    other = answer_to([("user", "Hello")])
    assert "not an AI" in other
    assert "AI" not in answer(name, other)


def test_its_first_answer_says_that_it_is_a_fake_and_later_ones_do_not():
    assert "데모의 가짜" in answer("seller", "자전거 있어?")
    assert "데모의 가짜" not in answer("seller", "자전거 있어?", "있어.", "얼마야?")
    assert "fake model" in answer("shop", "When are you open?")


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("When are you open?", "Saturday: 10:00 to 14:00"),
        ("What does delivery cost?", "4.90 EUR within the country"),
        ("Can I return something?", "Within 30 days"),
        ("Do you sell cars?", "I do not know that."),
        ("", "I do not know that."),
    ],
)
def test_the_shop_answers_from_its_files_and_admits_what_is_not_there(question: str, known: str):
    assert known in answer("shop", question)


def test_the_seller_keeps_apart_who_offers_what():
    said = answer("seller", "[0a1b2c3d] 30만 원?", "안 돼.", "[4e5f6a7b] 33만 원!")
    assert said.startswith("아까 0a1b2c3d는 30만 원 불렀어. 33만 원은 너무하지.")
    assert answer("seller", "[0a1b2c3d] 300,000원 어때요?").startswith("30만 원은 너무하지.")
