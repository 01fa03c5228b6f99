import ast
import re
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

import chalicelib
from chalicelib.content.locale_rules import RULES
from chalicelib.content.text import Sentence, Texts, load
from chalicelib.conversation.command_handlers import LONGEST_TITLE
from chalicelib.errors import ModelFault
from chalicelib.settings.languages import LANGUAGES

BLANKS: Final = {
    "welcome": {"limit"},
    "days": {"number"},
    "privacy_region": {"region"},
    "privacy": {"kept"},
    "consent_memory": {"text"},
    "privacy_more": {"address"},
    "export_link": {"address", "minutes"},
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
    "month_spent": {"day"},
    "month_share_spent": {"day"},
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
    **{f"owner_human_{kind}{mail}": {"handle"} for kind in ("wanted", "unheard") for mail in ("", "_mail")},
    "owner_human_wrote": {"handle", "words"},
    "owner_human_wrote_mail": {"handle"},
    "owner_human_how": {"handle"},
    "owner_human_how_inbox": {"handle", "link"},
    **{f"owner_reply_{key}": {"handle"} for key in ("how", "blocked", "late", "nowhere")},
    "owner_reply_long": {"most"},
    "owner_replied": {"handle", "until"},
    "owner_added": {"channel", "handle", "stage"},
    "owner_new_wrote": {"handle", "day", "time"},
    "owner_new_in": {"handle", "day", "time"},
    "owner_new_from_site": {"handle", "name", "day", "time"},
    "owner_new_invited": {"name"},
    "owner_removed": {"handle"},
    "owner_new_words": {"words"},
    "owner_new_limit": {"limit"},
    "owner_tapped_allow": {"handle", "limit"},
    "owner_tapped_free": {"handle"},
    "owner_tapped_block": {"handle"},
    "owner_tapped_later": {"handle"},
    "owner_tapped_show": {"handle"},
    "owner_tapped_old": {"handle"},
    "owner_tapped_before_default": {"handle"},
    "owner_tapped_before_unlimited": {"handle"},
    "owner_tapped_before_blocked": {"handle"},
    "owner_tapped_before_owner": {"handle"},
    "owner_new_people": {"count", "lines"},
    "owner_new_people_mail": {"count", "lines", "stage"},
    "owner_new_person": {"limit", "person", "stage"},
    "owner_model_key": {"stage"},
    "owner_fallback": {"model", "host", "reason", "fallback", "stage"},
    "owner_model_missing": {"model"},
    "owner_model_verification": {"model", "names"},
    "owner_model_access": {"model"},
    "owner_model_route": {"host"},
    "owner_model_refused": {"model", "names", "stage"},
    "owner_down": {"host", "model", "stage"},
    "owner_budget_half_spent": {"budget"},
    "owner_budget_nearly_spent": {"budget"},
    "owner_month_half_spent": {"budget", "day"},
    "owner_month_nearly_spent": {"budget", "day"},
    "owner_month_spent": {"budget", "day"},
    "owner_budget_spent": {"budget"},
    "owner_budget_part_nearly_spent": {"budget", "channel", "part"},
    "owner_budget_part_spent": {"budget", "channel", "part"},
    "owner_budget_too_small": {"budget", "model", "most"},
    "owner_channel": {"reason", "stage"},
    "owner_policy": {"action"},
    "owner_deletion": {"code", "stage"},
    "owner_report_footer": {"stage"},
    "owner_report_month": {"month", "year"},
    "owner_report_days": {"day", "first", "month", "year"},
    "owner_report_days_of_months": {"day", "first", "first_month", "month", "year"},
    "owner_report_days_of_years": {"day", "first", "first_month", "first_year", "month", "year"},
    "owner_report_stage": {"stage", "zone"},
    "owner_report_more": {"before", "percent"},
    "owner_report_less": {"before", "percent"},
    "owner_report_same": {"before"},
    "owner_report_none_before": {"before"},
    "owner_report_before_month": {"month"},
    "owner_report_exactly": {"cost"},
    "owner_report_month_cap": {"budget"},
    "owner_report_forecast": {"cost"},
    "owner_report_new": {"known", "new"},
    "owner_report_troubles_of": {"failures", "refunds", "unanswered"},
    "owner_report_highest": {"day", "value"},
    "owner_report_highest_cost": {"budget", "day", "value"},
    "owner_report_busiest": {"since", "until"},
    "owner_report_half": {"time"},
    "owner_report_up_to": {"time"},
    "owner_report_who": {"month"},
    "owner_report_visitors": {"name", "people"},
    "owner_report_more_people": {"people"},
    "owner_list": {"person", "name", "items", "stage"},
    "owner_page_link": {"link"},
    "owner_checkup": {"findings", "stage"},
    "owner_budget_day": {"budget", "percent", "spent"},
    "owner_budget_channel": {"channel", "part", "spent"},
    "owner_budget_month": {"spent"},
    "owner_budget_month_cap": {"budget", "percent", "spent"},
    "owner_whom": {"command"},
    "owner_unknown_handle": {"handle"},
    "owner_several_handles": {"handle"},
    "owner_shared_handle": {"handle", "stage"},
    "owner_pair_wrong": {"stage"},
    "owner_pair_key": {"stage"},
    "owner_no_page": {"pages"},
    "owner_people": {"page", "pages", "total"},
    "owner_person_month": {"cost", "questions"},
    "owner_person_row": {"handle", "seen", "state", "used", "where"},
    "owner_visitors_row": {"count", "key", "seen", "used"},
    "owner_person": {"first", "handle", "last", "state", "used", "where"},
    "owner_state_limit": {"limit"},
    "owner_is_owner": {"handle"},
    "owner_allow_ask": {"handle", "used"},
    "owner_allowed": {"handle"},
    "owner_block_ask": {"handle"},
    "owner_blocked": {"handle"},
    "owner_limit_how": {"handle", "most"},
    "owner_limit_ask": {"handle", "limit", "now"},
    "owner_limited": {"handle", "limit"},
    "owner_default": {"handle", "limit"},
    "owner_default_none": {"handle"},
    "owner_pause_how": {"most"},
    "owner_paused": {"handle", "until"},
    "owner_paused_all": {"until"},
    "owner_person_silent": {"until"},
    "owner_resumed": {"handle"},
    "owner_resumed_later": {"handle"},
    "owner_not_paused": {"handle"},
}
ENGLISH: Final = load("en")
TEXTS: Final = [load(language) for language in LANGUAGES]
each_language = pytest.mark.parametrize("texts", TEXTS, ids=lambda texts: texts.language)


def _forms(sentence: Sentence) -> list[str]:
    """The sentence, or those for each plural."""
    return [sentence] if isinstance(sentence, str) else [sentence[form] for form in sentence if form != "by"]


def _blanks(sentence: Sentence) -> set[str]:
    by = set() if isinstance(sentence, str) else {sentence["by"]}
    return by | {name for form in _forms(sentence) for _, name, _, _ in Formatter().parse(form) if name is not None}


def _filled(texts: Texts, key: str, word: str) -> list[str]:
    """The sentence for each plural, with its blanks filled in."""
    sentence, blanks = texts.sentences[key], BLANKS.get(key, set())
    return [form.format(**dict.fromkeys(blanks, word)) for form in _forms(sentence)]


def _asked_for() -> Iterator[tuple[str, set[str], bool]]:
    """Each `texts("key", blank=...)` in the code: the key, the blanks, and whether that is all of them."""
    for path in Path(chalicelib.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="texts"), args=[ast.Constant(value=str(key))], keywords=given):
                    yield key, {word.arg for word in given if word.arg}, all(word.arg for word in given)


@each_language
def test_every_sentence_has_the_blanks_that_are_filled_in_and_no_others(texts: Texts):
    blanks = {key: _blanks(sentence) for key, sentence in texts.sentences.items()}
    assert {key: found for key, found in blanks.items() if found != BLANKS.get(key, set())} == {}


@each_language
def test_every_sentence_has_each_plural_of_its_language_and_no_others(texts: Texts):
    forms = {"one", "other"} & {RULES[texts.language].plural(count) for count in range(3)}
    plurals = {key: sentence.keys() for key, sentence in texts.sentences.items() if not isinstance(sentence, str)}
    assert {key: found for key, found in plurals.items() if found != {"by", *forms}} == {}


@each_language
def test_every_language_has_every_sentence_and_no_others(texts: Texts):
    """When this fails, translate the sentence into all languages: people who read them get it in English meanwhile."""
    assert texts.sentences.keys() ^ ENGLISH.sentences.keys() == set()


def test_every_sentence_the_code_asks_for_is_there_with_its_blanks():
    asked = list(_asked_for())
    assert asked
    for key, given, whole in asked:
        blanks = _blanks(ENGLISH.sentences[key])
        assert given <= blanks
        assert given == blanks or not whole


@each_language
def test_no_sentence_is_blank_and_each_fits_into_one_message(texts: Texts):
    lengths = {key: [len(each.strip()) for each in _filled(texts, key, "x" * 60)] for key in texts.sentences}
    assert {key: found for key, found in lengths.items() if not all(0 < length < 1000 for length in found)} == {}


@each_language
def test_what_people_read_breaks_a_line_only_after_a_sentence(texts: Texts):
    read = [filled for key in texts.sentences if not key.startswith("owner_") for filled in _filled(texts, key, "x.")]
    lines = [line for filled in read for line in filled.strip().split("\n")[:-1]]
    assert [line for line in lines if line and not line.endswith((".", "!", "?", ":")) and line[0] != "/"] == []


@pytest.mark.parametrize("fault", ModelFault)
def test_the_owner_is_alerted_of_every_fault_of_a_model_in_words_of_its_own(fault: ModelFault):
    texts = [ENGLISH.sentences[f"owner_model_{one}"] for one in ModelFault]
    assert texts.count(ENGLISH.sentences[f"owner_model_{fault}"]) == 1


BUTTONS: Final = [
    *(
        "forget_yes",
        "forget_no",
        "consent_yes",
        "consent_no",
        "ask_what",
        "ask_who",
        "owner_yes",
        "owner_no",
        "owner_all",
        "owner_more",
    ),
    *(key for key in ENGLISH.sentences if key.startswith(("owner_button_", "owner_tap_"))),
]


@each_language
def test_a_button_fits_what_messenger_shows(texts: Texts):
    assert [key for key in BUTTONS if not 0 < len(texts(key)) <= LONGEST_TITLE] == []


@each_language
def test_the_subject_of_a_mail_is_one_that_sns_takes(texts: Texts):
    """Its API takes one line of UTF-8 with less than 100 characters."""
    subjects = {key: texts(key) for key in texts.sentences if key.endswith("_subject")}
    assert subjects
    assert [key for key, subject in subjects.items() if len(subject) >= 100 or not subject.isprintable()] == []


def test_the_name_of_a_language_fits_on_a_button():
    assert [name for name in LANGUAGES.values() if len(name) > LONGEST_TITLE] == []


def test_blanks_are_filled_in_with_braces_and_all():
    texts = Texts("en", {"few_left": "({left} left)"})
    assert texts("few_left", left="{2}") == "({2} left)"


def test_a_number_chooses_the_plural_and_is_written_as_the_language_has_it():
    texts = Texts("de", {"days": {"by": "number", "one": "ein Tag", "other": "{number} Tage"}})
    assert [texts("days", number=number) for number in (0, 1, 2, 1000)] == ["0 Tage", "ein Tag", "2 Tage", "1.000 Tage"]


def test_a_plural_that_has_no_words_of_its_own_gets_the_most_usual_ones():
    texts = Texts("es", {"days": {"by": "number", "one": "un día", "other": "{number} días"}})
    assert texts("days", number=1_000_000) == "1.000.000 días"


def test_dates_times_and_amounts_are_written_as_the_language_has_them():
    texts = Texts("de", {"all": "{day}, {time}, {budget} USD"})
    filled = texts("all", day=date(2026, 12, 4), time=time(7, 5), budget=Decimal("0.50"))
    assert filled == "4. Dezember 2026, 07:05, 0,50 USD"


def test_a_sentence_that_a_language_lacks_is_said_in_english():
    assert Texts("de", {})("key_revoked") == ENGLISH("key_revoked")


@each_language
def test_no_language_makes_up_a_sentence(texts: Texts):
    with pytest.raises(KeyError):
        texts("no_such_sentence")


def test_a_language_that_does_not_ship_is_an_error():
    with pytest.raises(FileNotFoundError):
        load("tlh")


@each_language
@pytest.mark.parametrize("key", ["filtered", "filtered_counts"])
def test_every_language_says_how_to_begin_again_after_a_filter(texts: Texts, key: str):
    assert "/reset" in texts(key)


def test_no_sentence_has_the_plural_of_a_thing_after_a_number_that_may_be_one():
    number = r"\{(limit|used|left)\}(?! characters) (\w+ )?\w+s\b"
    found = {key: sentence for key, sentence in ENGLISH.sentences.items() if isinstance(sentence, str)}
    assert [key for key, sentence in found.items() if re.search(number, sentence)] == []
