"""Tools of MCP servers, as personas name them: an allow-list, kept for a while, and never trusted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.conversation.tool import ToolCall, ToolResult, ToolSpec
from chalicelib.conversation.tool_ports import Caller, Prepared
from chalicelib.errors import StoreError
from chalicelib.ids import ConversationId, PersonId, TurnId
from chalicelib.tools.mcp_answers import Refused, answer_in, listed, result_text
from chalicelib.tools.mcp_tools import LEAST_FRESH_MS, McpTools, known_as
from chalicelib.tools.tool import ToolFailed
from tests.fakes.adapters import NOON
from tests.fakes.tool_lists import FakeToolLists

SEARCH = ToolSpec("search", "Find gifts", {"type": "object", "properties": {}})
DELETE = ToolSpec("delete.all", "Delete everything", {"type": "object", "properties": {}})
CALLER = Caller(
    PersonId("messenger:1:anna"),
    ConversationId("c"),
    TurnId("1#a"),
    is_room=False,
    now=NOON,
    zone=ZoneInfo("UTC"),
    key="k",
    seconds=7.0,
)


@dataclass
class FakeServer:
    """`tools.mcp_tools.Server`."""

    found: Sequence[ToolSpec] = (SEARCH, DELETE)
    fresh_ms: int = 0
    fails: bool | Exception = False
    gives: ToolResult | Exception = field(default_factory=lambda: ToolResult("a sled"))
    lists: int = 0
    calls: list[tuple[str, Mapping[str, Any], float]] = field(default_factory=list)
    url: str = "https://mcp.example.org/mcp"

    def tools(self, *, seconds: float) -> tuple[tuple[ToolSpec, ...], int]:
        self.lists += 1
        if isinstance(self.fails, Exception):
            raise self.fails
        if self.fails:
            raise ToolFailed("The server cannot be reached.")
        return tuple(self.found), self.fresh_ms

    def call(self, name: str, arguments: Mapping[str, Any], *, seconds: float) -> ToolResult:
        self.calls.append((name, arguments, seconds))
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives


@dataclass
class House:
    server: FakeServer = field(default_factory=FakeServer)
    lists: FakeToolLists = field(default_factory=FakeToolLists)
    reported: list[BaseException] = field(default_factory=list)
    now: int = NOON

    def tools(self) -> McpTools:
        """Those of a new process."""
        return McpTools({"ideas": self.server}, self.lists, lambda: self.now, self.reported.append)


@pytest.fixture
def house() -> House:
    return House()


def prepared(tools: McpTools, name: str = "ideas__search", arguments: str = '{"words": "snow"}') -> Prepared:
    found = tools.prepare(ToolCall("c1", name, arguments))
    assert not isinstance(found, ToolResult), found.text
    return found


def test_a_persona_gets_the_tools_that_it_names_and_no_others(house: House):
    [spec] = house.tools().specs(["ideas__search"])
    assert (spec.name, spec.description) == ("ideas__search", "Find gifts")
    assert house.reported == []


def test_a_tool_that_the_server_does_not_list_is_left_out_and_reported(house: House):
    assert house.tools().specs(["ideas__fly", "shop__search"]) == ()
    assert [str(error) for error in house.reported] == [
        "the persona names a tool that its server does not list: ideas__fly",
        "the persona names a tool that its server does not list: shop__search",
    ]


def test_a_name_that_models_do_not_take_gets_a_mark(house: House):
    name = known_as("ideas", "delete.all")
    assert re.fullmatch(r"ideas__delete_all_[0-9a-f]{8}", name)
    prepared(house.tools(), name).run(CALLER)
    assert house.server.calls == [("delete.all", {"words": "snow"}, 7.0)]


@given(st.text(max_size=200), st.text(max_size=200))
def test_different_tools_have_different_names_that_every_model_takes(one: str, other: str):
    names = known_as("ideas", one), known_as("ideas", other)
    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in names)
    assert (names[0] == names[1]) == (one == other)


def test_each_counts_as_a_tool_that_writes_whatever_its_server_says(house: House):
    found = prepared(house.tools())
    assert (found.writes, found.may_be_repeated) == (True, False)


def test_a_call_is_passed_on_with_its_arguments_and_time(house: House):
    assert prepared(house.tools()).run(CALLER).text == "a sled"
    assert house.server.calls == [("search", {"words": "snow"}, 7.0)]


@pytest.mark.parametrize("arguments", ["[]", "7", "{", "[" * 10_000, '"text"'])
def test_arguments_that_are_no_object_call_nothing(house: House, arguments: str):
    found = house.tools().prepare(ToolCall("c1", "ideas__search", arguments))
    assert isinstance(found, ToolResult)
    assert found.is_error
    assert house.server.calls == []


def test_what_a_server_does_wrong_is_an_error_for_the_model(house: House):
    house.server.gives = ToolFailed("The server takes too long.")
    assert prepared(house.tools()).run(CALLER).text == "The server takes too long."
    house.server.gives = KeyError("surprise")
    found = prepared(house.tools()).run(CALLER)
    assert found.is_error
    assert "surprise" not in found.text
    assert [type(error) for error in house.reported] == [KeyError]


def test_the_list_is_kept_for_five_minutes_at_least_also_by_other_processes(house: House):
    house.tools().specs(["ideas__search"])
    house.now += LEAST_FRESH_MS - 1
    tools = house.tools()
    tools.specs(["ideas__search"])
    prepared(tools)
    assert house.server.lists == 1
    house.now += 1
    tools.specs(["ideas__search"])
    assert house.server.lists == 2


def test_a_list_stays_fresh_for_as_long_as_the_server_says(house: House):
    house.server.fresh_ms = 3_600_000
    house.tools().specs(["ideas__search"])
    house.now += 3_599_999
    house.tools().specs(["ideas__search"])
    assert house.server.lists == 1


def test_while_a_server_is_out_of_reach_the_list_from_before_is_used(house: House):
    house.tools().specs(["ideas__search"])
    house.now, house.server.fails = house.now + LEAST_FRESH_MS, True
    tools = house.tools()
    for _ in range(3):
        assert [spec.name for spec in tools.specs(["ideas__search"])] == ["ideas__search"]
    assert house.server.lists == 2  # it is not asked with each question
    assert [str(error) for error in house.reported] == [
        "the tools of ideas cannot be listed: The server cannot be reached."
    ]


def test_whatever_a_server_lists_the_persona_answers_without_its_tools(house: House):
    house.server.fails = UnicodeError("a secret")
    assert house.tools().specs(["ideas__search"]) == ()
    assert str(house.reported[0]) == "the tools of ideas cannot be listed: UnicodeError"


def test_a_table_that_fails_costs_no_answer(house: House, monkeypatch: pytest.MonkeyPatch):
    def fails(*_: object) -> None:
        raise StoreError("the table is away")

    monkeypatch.setattr(FakeToolLists, "get", fails)
    monkeypatch.setattr(FakeToolLists, "put", fails)
    assert house.tools().specs(["ideas__search"])


@pytest.mark.parametrize(
    "tool",
    [
        r'{"name": "\ud800", "inputSchema": {}}',
        r'{"name": "a", "inputSchema": {"title": "\ud800"}}',
        '{"name": "a", "inputSchema": {"default": NaN}}',
        '{"name": "a", "inputSchema": {"default": 1e999}}',
        '{"name": "a", "inputSchema": {"type": "string"}}',
        '{"name": "a", "inputSchema": {"type": null}}',
        '{"name": "a", "inputSchema": {"properties": []}}',
    ],
)
def test_a_tool_that_would_spoil_every_question_is_left_out(tool: str):
    body = f'{{"id": 1, "result": {{"tools": [{tool}, {{"name": "good", "inputSchema": {{}}}}]}}}}'
    assert [spec.name for spec in listed(answer_in([body.encode()], 1))[0]] == ["good"]


def test_half_a_character_in_a_description_is_replaced():
    body = rb'{"id": 1, "result": {"tools": [{"name": "a", "description": "x\ud800", "inputSchema": {}}]}}'
    [spec] = listed(answer_in([body], 1))[0]
    assert spec.description == "x\ufffd"


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_are_an_answer_or_a_known_error(body: list[bytes]):
    try:
        found = answer_in(body, 1)
    except (ToolFailed, Refused):
        return
    listed(found)
    result_text(found)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"content": ANY_JSON, "tools": ANY_JSON, "nextCursor": ANY_JSON, "ttlMs": ANY_JSON}))
def test_any_result_is_read(answer: Mapping[str, Any]):
    listed(answer)
    assert result_text(answer).text
