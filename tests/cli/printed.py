"""Captures what a call prints."""

import io
from collections.abc import Callable
from contextlib import redirect_stdout


def printed(call: Callable[[], object]) -> str:
    """Return the text that the call prints on standard output."""
    output = io.StringIO()
    with redirect_stdout(output):
        call()
    return output.getvalue()
