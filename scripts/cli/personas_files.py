"""Reads the files of a persona, as the caller's folder has them."""

from pathlib import Path

from chalicelib.content import knowledge, persona
from chalicelib.content.knowledge import MOST_BYTES, Reader
from chalicelib.content.persona import Persona
from chalicelib.errors import ConfigError
from scripts.cli import options


def named(name: str) -> Persona:
    """Return a persona that ships with the bot, or the one in a file that ends with .toml. Raises ConfigError.

    Files that it knows are beside it, or ship with the bot.
    """
    if not name.endswith(".toml"):
        return persona.load(name)
    file = Path(name)
    return persona.parse(file.stem, read_text(file), file=name, read=knowledge.either(beside(file), knowledge.shipped))


def beside(file: Path) -> Reader:
    """Return a reader of the files in the folder of a persona's file."""

    def read(name: str) -> bytes:
        with options.from_callers_folder(file).with_name(name).open("rb") as found:
            return found.read(MOST_BYTES + 1)

    return read


def is_beside(file: Path, name: str) -> bool:
    """Whether there is a file of this name in the folder of a persona's file."""
    return options.from_callers_folder(file).with_name(name).exists()


def read_text(file: Path) -> str:
    """Read a file that is named as the caller's folder has it. Raises ConfigError."""
    try:
        return options.from_callers_folder(file).read_text("utf-8-sig")
    except OSError as exc:
        raise ConfigError(f"{file} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{file}: it must be saved as UTF-8") from exc
