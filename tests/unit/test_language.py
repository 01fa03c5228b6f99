"""In which language a person writes, found by the script and the usual words of their message."""

import pytest

from chalicelib.access.language import written_in
from chalicelib.errors import ConfigError
from chalicelib.settings.languages import LANGUAGES, known
from chalicelib.settings.stage import Settings


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the capital of France?", "en"),
        ("hello", "en"),
        ("I\N{RIGHT SINGLE QUOTATION MARK}m looking for a gift", "en"),
        ("Wie geht es dir?", "de"),
        ("Hallo", "de"),
        ("schöne Grüße", "de"),
        ("was kostet das", "de"),
        ("Kannst du mir ein Gedicht schreiben?", "de"),
        ("안녕하세요", "ko"),
        ("Parley가 뭐예요?", "ko"),
        ("ㅋㅋ", "ko"),
        ("Hola", "es"),
        ("¿Cuánto cuesta?", "es"),
        ("como puedo pagar con mi tarjeta", "es"),
        ("Qué tiempo hace en Madrid", "es"),
        ("Bonjour", "fr"),
        ("Quels sont les horaires ?", "fr"),
        ("Est-ce que tu peux m'aider ?", "fr"),
        ("c'est quoi la capitale du Japon", "fr"),
        ("Oi", "pt-BR"),
        ("Não sei o que fazer", "pt-BR"),
        ("quanto custa o bolo", "pt-BR"),
        ("Você pode me ajudar com uma receita?", "pt-BR"),
        ("Can you translate this for me?", "en"),
        ("do you have it in my size", "en"),
    ],
)
def test_the_usual_words_of_a_language_tell_it(text: str, language: str):
    assert written_in(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "42",
        "Berlin",
        "die hard",
        "👍",
        "/help",
        " /language de",
        "https://example.org/the/is/a",
        "привет",
        "你好",
        "Ciao, puoi aiutarmi con una cosa?",
        "Hoe gaat het met je?",
        "Wat is dat voor een ding?",
        "no",
        "San Francisco",
    ],
)
def test_a_message_that_tells_too_little_has_no_language(text: str):
    assert written_in(text) == ""


def test_a_long_message_is_looked_at_only_at_its_beginning():
    assert written_in("x " * 1000 + "Wie geht es dir?") == ""


@pytest.mark.parametrize(
    ("tag", "language"), [("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("en-US", "en"), ("tlh", ""), ("", "")]
)
def test_a_tag_is_of_the_language_that_it_begins_with(tag: str, language: str):
    assert known(tag) == language


def test_the_owner_chooses_the_language_of_the_deployment():
    assert (Settings.from_env({}).language, Settings.from_env({"PARLEY_LANGUAGE": "de"}).language) == ("en", "de")


def test_a_language_that_the_bot_does_not_speak_is_refused_with_those_that_it_does():
    with pytest.raises(ConfigError, match=f"PARLEY_LANGUAGE must be one of {', '.join(LANGUAGES)}"):
        Settings.from_env({"PARLEY_LANGUAGE": "tlh"})
