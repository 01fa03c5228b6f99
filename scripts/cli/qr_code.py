"""Draws links as QR codes: in the terminal, and in files."""

import io
from pathlib import Path
from typing import Final

import click

from scripts.stage.environment import UsageError

FORMATS: Final = (".svg", ".png")
_WHITE: Final = (255, 255, 255)
_BLACK: Final = (0, 0, 0)
_SCALE: Final = 10
"""Pixels of a module."""


def check(file: str) -> None:
    """Raise UsageError unless the name ends as one of FORMATS."""
    if Path(file).suffix.lower() not in FORMATS:
        raise UsageError(f"{file} must end with {' or '.join(FORMATS)}")


def save(link: str, file: Path) -> None:
    """Write a picture of the link, black on white with the margin that scanners need. Raises ClickException."""
    import segno  # noqa: PLC0415 (only this needs it)

    try:
        segno.make_qr(link, error="m").save(str(file), scale=_SCALE, dark="#000", light="#fff")
    except OSError as exc:
        raise click.ClickException(f"{file} cannot be written: {exc.strerror}") from exc


def drawn(link: str) -> str:
    """Return a picture of the link for a terminal, white on black whatever the terminal's colours are.

    It is drawn in half blocks: two modules of a column are one character.
    """
    import segno  # noqa: PLC0415

    out = io.StringIO()
    segno.make_qr(link, error="l").terminal(out, compact=True, border=2)
    return "\n".join(click.style(line, fg=_WHITE, bg=_BLACK) for line in out.getvalue().splitlines())
