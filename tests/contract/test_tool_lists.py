"""The lists of tools of remote servers: the same promises from the fake and from DynamoDB."""

from chalicelib.conversation.remote_tools import KnownTools
from chalicelib.conversation.tool import ToolSpec
from tests.contract.stores import Store
from tests.fakes.adapters import NOON

URL = "https://mcp.example.org/mcp"
KNOWN = KnownTools(
    (ToolSpec("search", "Find gifts ✨", {"type": "object", "properties": {"n": {"default": 0.5}}}),), NOON
)


def test_nothing_is_kept_of_a_server_that_was_never_asked(store: Store):
    assert store.tool_lists.get(URL) is None


def test_a_list_is_read_as_it_was_kept_last(store: Store):
    store.tool_lists.put(URL, KnownTools((), NOON))
    store.tool_lists.put(URL, KNOWN)
    assert store.tool_lists.get(URL) == KNOWN
    assert store.tool_lists.get(f"{URL}/other") is None
