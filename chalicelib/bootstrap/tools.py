"""The tools that personas may name. It is imported when the first persona with tools answers."""

from functools import partial
from typing import Final

from chalicelib.bootstrap.ports import Ports
from chalicelib.conversation.tool_ports import PersonLists
from chalicelib.tools.now import now
from chalicelib.tools.person_list import add_to_list, remove_from_list, show_list
from chalicelib.tools.toolbox import FunctionTools

TOOLS: Final = (now, add_to_list, remove_from_list, show_list)


def toolbox(ports: Ports) -> FunctionTools:
    """Return the tools over these ports."""
    return FunctionTools(TOOLS, {PersonLists: ports.lists}, partial(ports.log.failure, "tool"))
