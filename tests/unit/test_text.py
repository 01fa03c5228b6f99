import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

import chalicelib
from chalicelib.content.text import Texts, load
from chalicelib.errors import ModelFault

BLANKS: Final = {
    "welcome": {"limit"},
    "usage": {"used", "limit", "time", "zone"},
    "usage_unlimited": {"used"},
    "few_left": {"left"},
    "none_left": {"time", "zone"},
    "forget_done": {"counts"},
    "forget_done_decided": {"done", "decision"},
    "forget_done_room": {"done"},
    "decided_limit": {"limit"},
    "unknown_command": {"typed"},
    "more_than_a_command": {"nearest"},
    "unknown_command_nearest": {"typed", "nearest"},
    "limit_reached": {"limit", "time", "zone"},
    "budget_spent": {"time", "zone"},
    "share_spent": {"time", "zone"},
    "crisis": {"help_line"},
    "persona_choose": {"name"},
    "persona_changed": {"name"},
    "persona_fixed": {"name"},
    "remembered": {"number", "text"},
    "remembered_before": {"number", "text"},
    "remembers_most": {"most", "number"},
    "fact_too_long": {"longest"},
    "fact_forgotten": {"number"},
    "fact_unknown": {"number"},
    "memory_summary": {"day"},
    "too_long": {"limit"},
    "owner_added": {"channel", "handle", "stage"},
    "owner_new_person": {"limit", "person", "stage"},
    "owner_model_key": {"stage"},
    "owner_fallback": {"model", "host", "reason", "fallback", "stage"},
    "owner_model_missing": {"model"},
    "owner_model_verification": {"model", "names"},
    "owner_model_access": {"model"},
    "owner_model_route": {"host"},
    "owner_model_refused": {"model", "names", "stage"},
    "owner_budget_nearly_spent": {"budget"},
    "owner_budget_spent": {"budget"},
    "owner_budget_part_nearly_spent": {"budget", "channel", "part"},
    "owner_budget_part_spent": {"budget", "channel", "part"},
    "owner_budget_too_small": {"budget", "model", "most"},
    "owner_channel": {"reason", "stage"},
    "owner_policy": {"action"},
    "owner_deletion": {"code", "stage"},
    "owner_list": {"person", "name", "items", "stage"},
    "owner_checkup": {"findings", "stage"},
}
ENGLISH: Final = load("en")


def _blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def _asked_for() -> Iterator[tuple[str, set[str], bool]]:
    """Each `texts("key", blank=...)` in the code: the key, the blanks, and whether that is all of them."""
    for path in Path(chalicelib.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="texts"), args=[ast.Constant(value=str(key))], keywords=given):
                    yield key, {word.arg for word in given if word.arg}, all(word.arg for word in given)


@pytest.mark.parametrize("key", ENGLISH.sentences)
def test_a_sentence_has_the_blanks_that_are_filled_in_and_no_others(key: str):
    assert _blanks(ENGLISH.sentences[key]) == BLANKS.get(key, set())


def test_every_sentence_the_code_asks_for_is_there_with_its_blanks():
    asked = list(_asked_for())
    assert asked
    for key, given, whole in asked:
        blanks = _blanks(ENGLISH.sentences[key])
        assert given <= blanks
        assert given == blanks or not whole


@pytest.mark.parametrize("key", ENGLISH.sentences)
def test_a_sentence_is_not_blank_and_fits_into_one_message(key: str):
    filled = ENGLISH(key, **dict.fromkeys(BLANKS.get(key, set()), "x" * 60))
    assert 0 < len(filled.strip()) < 1000


@pytest.mark.parametrize("key", [key for key in ENGLISH.sentences if not key.startswith("owner_")])
def test_what_people_read_breaks_a_line_only_after_a_sentence(key: str):
    filled = ENGLISH(key, **dict.fromkeys(BLANKS.get(key, set()), "x."))
    broken = [line for line in filled.strip().split("\n")[:-1] if line and not line.endswith((".", "!", "?", ":"))]
    assert [line for line in broken if not line.startswith("/")] == []


@pytest.mark.parametrize("fault", ModelFault)
def test_the_owner_is_alerted_of_every_fault_of_a_model_in_words_of_its_own(fault: ModelFault):
    texts = [ENGLISH.sentences[f"owner_model_{one}"] for one in ModelFault]
    assert texts.count(ENGLISH.sentences[f"owner_model_{fault}"]) == 1


@pytest.mark.parametrize("key", ["forget_yes", "forget_no"])
def test_a_button_fits_what_messenger_shows(key: str):
    assert len(ENGLISH(key)) <= 20


def test_blanks_are_filled_in_with_braces_and_all():
    texts = Texts("en", {"few_left": "({left} left)"})
    assert texts("few_left", left="{2}") == "({2} left)"


def test_a_language_that_does_not_ship_is_an_error():
    with pytest.raises(FileNotFoundError):
        load("tlh")


@pytest.mark.parametrize("language", ["de", "ko"])
def test_the_chat_page_says_in_every_language_how_to_start_anew_after_a_filter(language: str):
    words = files("chalicelib").joinpath("content", "static", "chat", f"words_{language}.js").read_text("utf-8")
    assert "/reset" in words.partition("filtered:")[2].partition('",')[0]


@pytest.mark.parametrize("key", ENGLISH.sentences)
def test_no_sentence_has_the_plural_of_a_thing_after_a_number_that_may_be_one(key: str):
    number = r"\{(limit|used|left)\}(?! characters) (\w+ )?\w+s\b"
    assert not re.search(number, ENGLISH.sentences[key])
