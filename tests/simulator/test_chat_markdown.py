"""What the model wrote is what one reads: snippets of answers, and what the page shows for them."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.shown import seen, shown

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
def test_what_is_shown_is_what_was_meant(open_page: Page, bot: ChatServer, kind: str):
    cases = snippets(kind)
    drawn = shown(open_page, bot, [markdown for markdown, _ in cases.values()])
    wrong = {
        name: (markdown, expected, got)
        for (name, (markdown, expected)), got in zip(cases.items(), drawn, strict=True)
        if got != expected
    }
    assert not wrong, "\n\n".join(
        f"=== {name}\n{markdown}\n==> expected\n{expected}\n==> but shown is\n{got}"
        for name, (markdown, expected, got) in wrong.items()
    )


DECIDED_LATER = {
    "no note, no number": "a note may come until the end",
    "a number that is a link itself": "it is the number of a note until an address follows",
    "notes in the order of the text": "a word in brackets is a note only because of what comes at the end",
    "a backtick alone": "it begins code until the paragraph ends",
    "an unclosed bold": "it begins bold until the paragraph ends",
    "a reference": "where a word in brackets leads is said at the end",
    "without bars at the sides": "a line with a bar in it is a table only because of the next one",
}
"""Snippets of which something is seen that goes again, and why."""


def essence(text: str) -> str:
    """Leave out blanks, and brackets: those of a link go, those of other words come back."""
    return re.sub(r"[\s[\]]", "", text)


@pytest.mark.parametrize("kind", KINDS)
def test_while_an_answer_grows_nothing_is_seen_that_goes_again(open_page: Page, bot: ChatServer, kind: str):
    wrong = []
    for name, (markdown, _) in snippets(kind).items():
        states = seen(open_page, bot, markdown)
        whole = essence(states[-1][0])
        gone = next((essence(words) for words, _ in states if not whole.startswith(essence(words))), None)
        if (gone is not None) != (name in DECIDED_LATER) or any(redrawn for _, redrawn in states):
            wrong.append(
                f"=== {name}\n{whole}\nwas seen as\n{gone}\n{sum(redrawn for _, redrawn in states)} drawn anew"
            )
    assert not wrong, "\n\n".join(wrong)
