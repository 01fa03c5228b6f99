"""What is printed on a terminal, as text."""

import io
from collections.abc import Callable
from contextlib import redirect_stdout


def shown(call: Callable[[], object]) -> str:
    """What the call prints."""
    output = io.StringIO()
    with redirect_stdout(output):
        call()
    return output.getvalue()
