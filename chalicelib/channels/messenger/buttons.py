"""Reads what a person has tapped or chosen from a list in place of typing it."""

from typing import Any, Final

from chalicelib.channels import lenient_json
from chalicelib.conversation.surrogates import clean
from chalicelib.conversation.turn import MAX_TEXT

GET_STARTED: Final = "GET_STARTED"


def button_command(payload: object) -> str | None:
    """Return the command in a payload of the bot's own buttons, which the user could type as well."""
    if payload == GET_STARTED:
        return "/start"
    return cut(payload) if isinstance(payload, str) and payload.startswith("/") else None


def listed_command(message: dict[str, Any]) -> str | None:
    """Return the command that a user chose from Messenger's list: the text is its name, repeated in `commands`."""
    commands = lenient_json.items(message.get("commands"))
    names = {str(command.get("name")) for command in commands if isinstance(command, dict)}
    text = message.get("text")
    name = text.strip().lstrip("/@").lower() if isinstance(text, str) else ""
    return cut(f"/{name}") if name in names else None


def cut(text: str) -> str:
    """Cut a text to one character more than the limit, so that it still counts as too long."""
    return clean(text[: MAX_TEXT + 1])
