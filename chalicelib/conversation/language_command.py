"""The command `/language`: the person chooses the language of the bot's own sentences."""

from chalicelib.access.ports import People
from chalicelib.content.text import Texts, load
from chalicelib.conversation.commands import Command, argument_of
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.conversation.turn_context import TurnContext
from chalicelib.settings.languages import LANGUAGES, known


def chosen(people: People, texts: Texts, context: TurnContext) -> Reply:
    """Store the language behind the command, and say so in it; without one list them all. Raises StoreError."""
    if language := _named(argument_of(context.turn.text)):
        people.speak(context.person.id, language)
        return Reply(load(language)("language_changed"))
    choices = tuple(Choice(name, f"{Command.LANGUAGE.value} {tag}") for tag, name in LANGUAGES.items())
    return Reply(texts("language_choose"), choices=choices)


def _named(words: str) -> str:
    """Return the language that the words name, as its tag or as what it calls itself; empty for none."""
    own = {name.lower(): tag for tag, name in LANGUAGES.items()}
    return own.get(words) or (known(words) if words else "")
