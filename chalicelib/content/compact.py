"""Makes scripts shorter without changing what they do: comments and blanks that mean nothing are left out.

Names stay as they are, so that an error in a visitor's browser can be found in the source.
"""

import re
from typing import Final

_STRING: Final = r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`(?:[^`\\]|\\.)*`'
_REGEX: Final = (
    r"(?:(?<=[(,=:\[!&|?{};>])|(?<=[(,=:\[!&|?{};>] )|(?<=return ))/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/"
)
"""A slash begins a regular expression behind these signs, and divides behind others."""
_BLANKS: Final = r"\s+(?=\})|(?<=[{}(\[;,])\s+| +(?=[)\]{(\[;,=?:<>&|]|!=)|(?<=[)\]=?:<>&|]) +"
"""Blanks beside signs, and line breaks where no statement could end by one."""
_PART: Final = re.compile(rf"({_STRING}|{_REGEX})| *//[^\n]*|{_BLANKS}")


def compact(script: str) -> str:
    """Return a script in which statements end by semicolons, without comments at ends of lines and such blanks."""
    return _PART.sub(r"\1", script)
