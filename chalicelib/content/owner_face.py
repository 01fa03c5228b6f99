"""Draws a small picture for each person, who has no name and no photo here: five by five squares."""

import hashlib
from typing import Final

from chalicelib.content.owner_html import Html

_SIDE: Final = 5
_HALF: Final = 3
HUES: Final = 8
"""The colours of `owner.css`, which has a class for each."""


def face(name: str, *, large: bool = False) -> Html:
    """Draw the picture of a name, which is not shown in it; screen readers pass over it."""
    digest = hashlib.sha256(name.encode()).digest()
    lit = int.from_bytes(digest[:2]) | 1 << 7  # the middle square is never empty
    squares = "".join(
        f'<rect x="{place}" y="{row}" width="1.02" height="1.02"/>'
        for row in range(_SIDE)
        for column in range(_HALF)
        if lit >> (row * _HALF + column) & 1
        for place in sorted({column, _SIDE - 1 - column})
    )
    size = "face face-large" if large else "face"
    return Html(
        f'<svg class="{size} hue-{digest[2] % HUES}" viewBox="-1.5 -1.5 8 8" aria-hidden="true">'
        f'<rect class="face-back" x="-1.5" y="-1.5" width="8" height="8"/>{squares}</svg>'
    )
