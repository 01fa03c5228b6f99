"""What the model wrote is what one reads: snippets of answers, and what the page shows for them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.simulator.chat_page import open_chat
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.shown import shown

pytestmark = needs_chromium

FOLDER = Path(__file__).parent / "markdown"
KINDS = sorted(place.stem for place in FOLDER.glob("*.txt"))


def snippets(kind: str) -> Mapping[str, tuple[str, str]]:
    """Read a file of snippets: after `=== <name>` what the model writes, after `==>` what is shown."""
    _, *parts = (FOLDER / f"{kind}.txt").read_text("utf-8").split("\n=== ")
    named = (part.partition("\n") for part in parts)
    cases = {name: text.partition("\n==>\n") for name, _, text in named}
    assert len(cases) == len(parts), "two snippets have the same name"
    return {name: (markdown, expected.strip("\n")) for name, (markdown, _, expected) in cases.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown_is_what_was_meant(chat: Page, bot: ChatServer, kind: str):
    cases = snippets(kind)
    open_chat(chat, bot)
    drawn = shown(chat, bot, [markdown for markdown, _ in cases.values()])
    wrong = {
        name: (markdown, expected, got)
        for (name, (markdown, expected)), got in zip(cases.items(), drawn, strict=True)
        if got != expected
    }
    assert not wrong, "\n\n".join(
        f"=== {name}\n{markdown}\n==> expected\n{expected}\n==> but shown is\n{got}"
        for name, (markdown, expected, got) in wrong.items()
    )
