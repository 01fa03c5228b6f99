"""Answers of the fake model that show how tables, code, lists, mathematics and long texts look."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_WISHES: Final = re.compile(
    r"\b(show|give|write|make|draw|print|send|see|try|tell|say|do|answer|reply|example|demonstrate|look|looks"
    r"|zeig\w*|gib|schreib\w*|mach\w*|sag\w*|beispiel)\b|보여|써|만들|주세요|해 ?줘|말해",
    re.IGNORECASE,
)
"""What asks for something to be shown."""
_FILLING: Final = re.compile(
    r"\b(a|an|some|the|any|please|now|and|or|with|of|in|bitte|eine?|etwas|und|python)\b|[^\w\s]|_", re.IGNORECASE
)
"""What may stand beside the name of a sample that is asked for with nothing else."""
_NAMES: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(words, re.IGNORECASE)
    for name, words in {
        "table": r"\b(tables?|tabellen?)\b|표(?=[를가 ]|$)",
        "code": r"\b(code|snippets?|programs?|scripts?|programme?)\b|코드",
        "list": r"\b(lists?|bullet points?|bullets|listen?)\b|목록|리스트",
        "mathematics": r"\b(maths?|mathematics|formulas?|formulae|equations?|mathematik|formeln?)\b|수학|수식|공식",
        "long": r"\b(something (very |really )?long|long(er)? (answer|text|reply|one|story)|essay|etwas langes"
        r"|lange(r|n)? (text|antwort))\b|긴 (글|답|텍스트)|길게",
    }.items()
}
_ANSWERS: Final = Path(__file__).parent / "answers"
"""A file for each name."""


def sample_for(question: str) -> str:
    """Return the samples that a question asks for, in its order; empty if it asks for none, as most questions do.

    A sample is named alone (`a table, please`) or with a word that wants it shown (`could you show me a table?`).
    """
    named = {found.start(): name for name, pattern in _NAMES.items() if (found := pattern.search(question))}
    if not named:
        return ""
    rest = question
    for pattern in _NAMES.values():
        rest = pattern.sub(" ", rest)
    is_alone = not _FILLING.sub(" ", rest).strip()
    if not (is_alone or _WISHES.search(rest)):
        return ""
    return "\n".join((_ANSWERS / f"{name}.md").read_text("utf-8") for _, name in sorted(named.items()))
