"""The command `/language`: the person chooses the language of the bot's own sentences."""

import unicodedata
from collections.abc import Mapping
from typing import Final
from unicodedata import combining

from chalicelib.access.ports import People
from chalicelib.content.text import Texts, load
from chalicelib.conversation.commands import Command, argument_of
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.settings.languages import LANGUAGES, known

_ALSO: Final[Mapping[str, str]] = {
    "german": "de",
    "korean": "ko",
    "spanish": "es",
    "castellano": "es",
    "french": "fr",
    **dict.fromkeys(("portugues", "portuguese", "brasileiro", "brazilian"), "pt-BR"),
}
"""What people call the languages beside."""


def chosen(people: People, texts: Texts, context: TurnContext) -> Reply:
    """Store the language behind the command, and say so in it; without one list them all. Raises StoreError."""
    if language := _named(argument_of(context.turn.text)):
        people.speak(context.person.id, language, asked_at=context.turn.asked_at)
        return Reply(load(language)("language_changed"))
    choices = tuple(Choice(name, f"{Command.LANGUAGE.value} {tag}") for tag, name in LANGUAGES.items())
    return Reply(texts("language_choose"), choices=choices)


def _named(words: str) -> str:
    """Return the language that the words name: as its tag, as what it calls itself, or in English; empty for none."""
    wanted = _plain(words)
    own = {**_ALSO, **{_plain(name): tag for tag, name in LANGUAGES.items()}}
    return own.get(wanted) or known(wanted)


def _plain(name: str) -> str:
    """Return a name in small letters without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not combining(letter))
