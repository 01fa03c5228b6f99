"""The tools that personas may name. It is imported when the first persona with tools answers."""

from functools import partial

from chalicelib.bootstrap.ports import Ports
from chalicelib.tools.now import now
from chalicelib.tools.toolbox import FunctionTools


def toolbox(ports: Ports) -> FunctionTools:
    """Return the tools over these ports."""
    return FunctionTools((now,), {}, partial(ports.log.failure, "tool"))
