"""How the fake model summarises: it quotes, so that it shows what reached it."""

import json
import re
from collections.abc import Sequence
from typing import Final

from chalicelib.conversation import summary

_LONGEST: Final = 700
_QUOTED: Final = 60
_MARK: Final = re.compile(r"\[[0-9a-f]{8}\] ")


def summary_for(instructions: str, said: Sequence[tuple[str, str]]) -> str | None:
    """Return the summary that the request asks for; None if it asks for something else."""
    if instructions != summary.INSTRUCTIONS or not said:
        return None
    data = json.loads(said[-1][1])
    quoted = [f"“{_MARK.sub('', message['person'])[:_QUOTED]}”" for message in data["messages"]]
    before = f"{data['notes']} Then: " if data["notes"] else "The person wrote: "
    text = before + ", ".join(" ".join(words.split()) for words in quoted)
    return text if len(text) <= _LONGEST else f"…{text[-_LONGEST:]}"
