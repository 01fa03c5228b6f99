"""What the chat page says in its languages."""

import re
from importlib.resources import files

GERMAN = files("chalicelib").joinpath("content", "static", "chat", "words_de.js").read_text("utf-8")
FAMILIAR = re.compile(
    r"\b(?:du|dir|dich|dein\w*|\w+st du)\b|\bbitte (?:beginne|frage?|fass|lade|melde|stell|versuche?|warte)\b|\blade\b",
    re.IGNORECASE,
)


def test_the_german_page_says_neither_du_nor_sie_since_each_persona_has_its_own():
    assert FAMILIAR.findall(GERMAN) == []
    assert re.findall(r"\b(?:Ihnen|Ihr(?:e[nmrs]?)?)\b|\w+en Sie\b", GERMAN) == []
