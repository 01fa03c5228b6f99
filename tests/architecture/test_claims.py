"""What README and the documents say of crashes can be shown: the same section names a command, or the measured page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts.measure.source import ROOT

DOCUMENTS: Final = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CLAIM: Final = re.compile(
    r"[Aa]fter a crash|workers? (may |crashes |dies |die |died )|none is lost|answered once|never acts twice"
)
SHOWN: Final = re.compile(r"scripts/check|reliability\.md|`tests/|-m pytest")
_FENCED: Final = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def sections(path: Path) -> Iterator[str]:
    """Each heading with its text; what is fenced is left out."""
    return iter(re.split(r"^(?=#{1,4} )", _FENCED.sub("", path.read_text()), flags=re.MULTILINE))


def without_proof(text: str) -> list[str]:
    """The sentences that claim something, if nothing beside them shows it."""
    return [] if SHOWN.search(text) else [line for line in text.splitlines() if CLAIM.search(line)]


def test_each_section_that_speaks_of_crashes_names_what_shows_it():
    found = {
        f"{path.relative_to(ROOT)}: {section.splitlines()[0]}": lines
        for path in DOCUMENTS
        for section in sections(path)
        if (lines := without_proof(section))
    }
    assert found == {}, "name the command that shows it in the same section, or link docs/reliability.md"


def test_a_claim_without_a_command_is_found():
    assert without_proof("## A\nAfter a crash the answer is there.\n") == ["After a crash the answer is there."]
    assert without_proof("## A\nAfter a crash the answer is there: `scripts/check tests/faults`.\n") == []
    assert without_proof("## A\nThe page has a title.\n") == []
