"""Builds the page's Messenger profile and compares it, in every language of the bot.

That is start button, menu and commands; apart from them the greeting, and the questions to begin with.

Source of the limits: Meta's "Messenger Profile API" and its pages on the persistent menu, commands and ice breakers,
April 2026. The page on the greeting still exists, but Meta's own SDKs for v25 and v26 do not have the property.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chalicelib.channels.messenger import payloads
from chalicelib.content.persona import Persona
from chalicelib.content.text import Texts, load
from chalicelib.conversation.commands import Command
from chalicelib.errors import ConfigError
from chalicelib.settings.languages import LANGUAGES

MAX_GREETING: Final = 160
MAX_TITLE: Final = 30
"""Characters of a menu item's title; a command's description, which is the same text, may have 64."""
MAX_QUESTION: Final = 80
MAX_QUESTIONS: Final = 4
PROPERTIES: Final = ("get_started", "persistent_menu", "commands")
"""The properties that the bot needs; of the others only the greeting and its own questions are the bot's."""
QUESTIONS: Final = "ice_breakers"
"""The property with the questions to begin with. The owner may have written others, which stay."""
GREETING: Final = ("greeting",)
"""The property that Meta may refuse, and then the whole call with it: so it gets calls of its own."""
LOCALES: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("en_US", "en_GB"),
    "de": ("de_DE",),
    "ko": ("ko_KR",),
    "es": ("es_LA", "es_ES"),
    "fr": ("fr_FR", "fr_CA"),
    "pt-BR": ("pt_BR",),
}
"""Meta's names for the languages of the bot. All others get the deployment's language, as `default`."""
_OFFERED: Final = (Command.HELP, Command.USAGE, Command.RESET, Command.LANGUAGE, Command.HUMAN, Command.FORGET)
_TARGETS: Final = frozenset({"payload", "name"})
"""The fields of a button and of a command that say what it does."""

Profile = Mapping[str, Any]


def required(texts: Texts) -> Profile:
    """Build the profile, by property. Raises ConfigError, which names the text that is too long.

    `texts` are in the deployment's language. Where Messenger shows the list of commands it shows no menu, so both
    offer the same commands.
    """
    return {
        "get_started": {"payload": Command.START.value},
        "persistent_menu": [
            {"locale": locale, "composer_input_disabled": False, "call_to_actions": _buttons(own)}
            for locale, own in _in_each(texts)
        ],
        "commands": [{"locale": locale, "commands": _commands(own)} for locale, own in _in_each(texts)],
    }


def greeting(texts: Texts) -> Profile:
    """Build the greeting. Raises ConfigError as `required` does."""
    words = [(locale, _fitting(own, "greeting", MAX_GREETING)) for locale, own in _in_each(texts)]
    return {"greeting": [{"locale": locale, "text": text} for locale, text in words]}


def questions(texts: Texts, persona: Persona | None) -> Profile:
    """Build the questions to begin with: the persona's in the languages that it has, else the bot's.

    Raises ConfigError as `required` does.
    """
    listed = [(locale, own.language, questions_of(own, persona)) for locale, own in _in_each(texts)]
    return {
        QUESTIONS: [
            {
                "locale": locale,
                "call_to_actions": [
                    {"question": question, "payload": payloads.in_language(payloads.ASK, language)}
                    for question in asked
                ],
            }
            for locale, language, asked in listed
        ]
    }


def questions_of(texts: Texts, persona: Persona | None) -> Sequence[str]:
    """Return the questions to begin with in one language."""
    own = persona.starters_in(texts.language) if persona else ()
    return own[:MAX_QUESTIONS] or [_fitting(texts, key, MAX_QUESTION) for key in ("ask_what", "ask_who")]


def are_ours(found: object) -> bool:
    """Whether these questions, as Meta returned them, may be replaced: there are none, or the bot wrote them."""
    marks = _targets(found)
    return not found or (bool(marks) and all(map(payloads.is_question_of_ours, marks)))


def differing(actual: Profile, expected: Profile) -> Profile:
    """Return the expected properties that differ and must be written; fields that Meta adds are not compared."""
    return {name: value for name, value in expected.items() if not _contains(actual.get(name), value)}


def missing(actual: Profile, expected: Profile) -> Sequence[str]:
    """Return the names of properties that do not exist or lack a command; the owner may have changed the texts."""
    return [
        name
        for name, value in expected.items()
        if not actual.get(name) or not _unmarked(value) <= _unmarked(actual[name])
    ]


def _contains(actual: object, expected: object) -> bool:
    match expected:
        case Mapping():
            return isinstance(actual, Mapping) and all(_contains(actual.get(key), expected[key]) for key in expected)
        case list():
            if not isinstance(actual, list) or len(actual) != len(expected):
                return False
            return all(_contains(*pair) for pair in zip(actual, expected, strict=True))
    return actual == expected


def _targets(value: object) -> frozenset[str]:
    """Collect the payloads of all buttons and the names of all commands in a property."""
    match value:
        case Mapping():
            own = {str(inner) for key, inner in value.items() if key in _TARGETS}
            return frozenset(own).union(*map(_targets, value.values()))
        case list():
            return frozenset().union(*map(_targets, value))
    return frozenset()


def _unmarked(value: object) -> frozenset[object]:
    """Return what a property's buttons and commands do, in whatever language."""
    return frozenset(payloads.read(target)[0] for target in _targets(value))


def _in_each(texts: Texts) -> Iterator[tuple[str, Texts]]:
    """Yield Meta's name of each language with its texts, beginning with the one for everybody else."""
    yield "default", texts
    for language in LANGUAGES:
        if language != texts.language:
            own = load(language)
            yield from ((locale, own) for locale in LOCALES[language])


def _buttons(texts: Texts) -> list[dict[str, str]]:
    return [
        {
            "type": "postback",
            "title": _title(texts, command),
            "payload": payloads.in_language(command.value, texts.language),
        }
        for command in _OFFERED
    ]


def _commands(texts: Texts) -> list[dict[str, str]]:
    return [{"name": _name(command), "description": _title(texts, command)} for command in _OFFERED]


def _title(texts: Texts, command: Command) -> str:
    return _fitting(texts, f"menu_{_name(command)}", MAX_TITLE)


def _name(command: Command) -> str:
    return command.value.removeprefix("/")


def _fitting(texts: Texts, key: str, limit: int) -> str:
    text = texts(key)
    if len(text) > limit:
        raise ConfigError(f'the text "{key}" has {len(text)} characters; Meta takes {limit}: shorten it')
    return text
