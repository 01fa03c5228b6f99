"""Draws Markdown with the chat page's own modules, and describes the nodes that come of it. The page is the chat."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.simulator.chat_server import ChatServer

_SCRIPT = (Path(__file__).parent / "markdown" / "shown.js").read_text("utf-8").partition("\n")[2].strip()


def shown(page: Page, bot: ChatServer, texts: Sequence[str], *, grows: bool = False) -> list[str]:
    """Return what each text becomes: HTML with a line for each block, and the attributes that the corpus needs.

    Boxes around blocks and their buttons are left out, entities are characters, and a drawn sign is its name in `<>`.
    """
    described: list[str] = page.evaluate(f"{_SCRIPT}.shown", [bot.url, list(texts), grows])
    return described


def seen(page: Page, bot: ChatServer, text: str) -> list[tuple[str, int]]:
    """Return what is seen after each letter of a text that grows, and last when it has ended.

    Each with the number of finished blocks that were drawn anew.
    """
    return [(words, count) for words, count in page.evaluate(f"{_SCRIPT}.seen", [bot.url, text])]


def differing(page: Page, bot: ChatServer, examples: Sequence[Mapping[str, object]], *, breaks: bool) -> list[int]:
    """Return the numbers of the examples that the page shows in another way than their HTML.

    With `breaks` each end of a line in the HTML is a line break. Headings are one level lower in the page, pictures are
    links, and titles and the classes of code are left out.
    """
    numbers: list[int] = page.evaluate(f"{_SCRIPT}.differing", [bot.url, list(examples), breaks])
    return numbers
