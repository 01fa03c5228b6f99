"""What makes a tool of a function, and how its calls are run."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field

from chalicelib.bootstrap.tools import TOOLS, missing
from chalicelib.conversation.tool import ToolCall, ToolResult
from chalicelib.conversation.tool_ports import Caller
from chalicelib.errors import ConfigError
from chalicelib.ids import ConversationId, PersonId, TurnId
from chalicelib.tools.now import now
from chalicelib.tools.tool import Tool, ToolFailed, WrongArguments, tool
from chalicelib.tools.toolbox import FunctionTools
from tests.fakes.adapters import NOON

ANNA = PersonId("messenger:1:anna")


def caller(seconds: float = 20.0) -> Caller:
    return Caller(ANNA, ConversationId(ANNA), TurnId("1#a"), False, NOON, ZoneInfo("Europe/Berlin"), "k", seconds)


@dataclass
class Oven:
    """What a tool needs."""

    baked: list[str] = field(default_factory=list)


@tool
def bake(
    what: Annotated[str, Field(description="What to bake")],
    size: Literal["small", "large"] = "small",
    pieces: Annotated[int, Field(ge=1, le=9)] = 1,
    extras: list[str] | None = None,
    *,
    caller: Caller,
    oven: Oven,
) -> str:
    """Bake something.

    It takes a while.
    """
    oven.baked.append(what)
    return f"{pieces} {size} {what} for {caller.person} with {extras}"


def test_the_schema_has_what_the_model_chooses_and_nothing_else():
    assert (bake.spec.name, bake.spec.description) == ("bake", "Bake something.\n\nIt takes a while.")
    assert dict(bake.spec.parameters) == {
        "type": "object",
        "additionalProperties": False,
        "required": ["what"],
        "properties": {
            "what": {"type": "string", "description": "What to bake"},
            "size": {"type": "string", "enum": ["small", "large"], "default": "small"},
            "pieces": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
            "extras": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}], "default": None},
        },
    }


def test_a_tool_can_be_called_like_its_function():
    oven = Oven()
    assert bake("bread", caller=caller(), oven=oven) == f"1 small bread for {ANNA} with None"
    assert oven.baked == ["bread"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ('{"what": "x"}', {"what": "x", "size": "small", "pieces": 1, "extras": None}),
        (
            '{"what": "x", "size": "large", "pieces": 9, "extras": ["a"]}',
            {"size": "large", "pieces": 9, "extras": ["a"]},
        ),
    ],
)
def test_arguments_are_parsed_by_the_signature(arguments: str, found: dict[str, Any]):
    assert found.items() <= dict(bake.parse(arguments)).items()


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ("", "what: Field required"),
        ("  ", "what: Field required"),
        ("null", "Input should be an object"),
        ("[]", "Input should be an object"),
        ("not json", "Invalid JSON"),
        ('{"what": "x"', "Invalid JSON"),
        ('{"what": "x", "pieces": 10}', "pieces: Input should be less than or equal to 9"),
        ('{"what": "x", "pieces": 1.5}', "pieces: "),
        ('{"what": "x", "size": "huge"}', "size: Input should be 'small' or 'large'"),
        ('{"what": "x", "oven": {}}', "oven: Extra inputs are not permitted"),
        ('{"what": "x", "extras": [1]}', "extras.0: Input should be a valid string"),
        ("[" * 100_000, "Invalid JSON"),
        ('{"what": "\\ud800"}', ""),
    ],
)
def test_wrong_arguments_are_named_for_the_model(arguments: str, wrong: str):
    with pytest.raises(WrongArguments) as caught:
        bake.parse(arguments)
    assert wrong in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_what_is_wrong_does_not_repeat_what_the_model_wrote():
    with pytest.raises(WrongArguments) as caught:
        bake.parse('{"what": ["a secret"], "pieces": "a secret"}')
    assert "a secret" not in str(caught.value)


class Store(Protocol):
    """A port."""

    def read(self) -> str: ...


def exposes_the_caller(caller: Caller) -> str:
    return ""


def exposes_a_value(oven: Annotated[Oven, Field(description="x")]) -> str:
    return ""


def exposes_a_port(store: Store) -> str:
    return ""


@pytest.mark.parametrize("function", [exposes_the_caller, exposes_a_value, exposes_a_port])
def test_what_the_model_may_not_choose_cannot_be_in_front_of_the_star(function: Callable[..., str]):
    with pytest.raises(TypeError, match=r"behind the \*"):
        tool(function)


def toolbox(*tools: Tool) -> tuple[FunctionTools, list[BaseException], Oven]:
    reported: list[BaseException] = []
    oven = Oven()
    return FunctionTools(tools, {Oven: oven}, reported.append), reported, oven


def run(made: FunctionTools, name: str, arguments: str = "{}", *, seconds: float = 20.0) -> ToolResult:
    prepared = made.prepare(ToolCall("1", name, arguments))
    return prepared if isinstance(prepared, ToolResult) else prepared.run(caller(seconds))


def test_a_call_gets_the_caller_and_the_services():
    made, reported, oven = toolbox(bake)
    assert run(made, "bake", '{"what": "bread"}') == ToolResult(f"1 small bread for {ANNA} with None")
    assert (oven.baked, reported) == (["bread"], [])


@tool
def breaks() -> str:
    """Break."""
    raise ZeroDivisionError("a secret")


@tool
def leaves() -> str:
    """Leave."""
    raise SystemExit


@tool
def knows_why() -> str:
    """Fail."""
    raise ToolFailed("There is no flour.")


@pytest.mark.parametrize(
    ("failing", "words", "is_reported"),
    [(breaks, "not known", True), (leaves, "not known", True), (knows_why, "There is no flour.", False)],
)
def test_whatever_a_tool_raises_is_an_error_for_the_model(failing: Tool, words: str, *, is_reported: bool):
    made, reported, _ = toolbox(failing)
    result = run(made, failing.name)
    assert result.is_error
    assert words in result.text
    assert "secret" not in result.text
    assert bool(reported) is is_reported


def test_a_tool_that_hangs_is_left_alone_and_its_outcome_is_not_known():
    over = threading.Event()

    @tool(writes=True)
    def hangs() -> str:
        """Hang."""
        over.wait(60)
        return "late"

    made, _, _ = toolbox(hangs)
    result = run(made, "hangs", seconds=-1)
    over.set()
    assert result.is_error
    assert "too long" in result.text


@pytest.mark.parametrize(
    ("made", "writes", "may_be_repeated"),
    [(tool(breaks.function), False, True), (tool(writes=True)(breaks.function), True, False)],
)
def test_what_writes_is_not_repeated_unless_it_says_so(made: Tool, *, writes: bool, may_be_repeated: bool):
    box, _, _ = toolbox(made)
    prepared = box.prepare(ToolCall("1", "breaks", "{}"))
    assert not isinstance(prepared, ToolResult)
    assert (prepared.writes, prepared.may_be_repeated) == (writes, may_be_repeated)


def test_tools_come_in_the_order_of_their_names_in_the_persona_and_unknown_ones_are_reported():
    made, reported, _ = toolbox(bake, breaks)
    assert [spec.name for spec in made.specs(["breaks", "fly", "bake"])] == ["breaks", "bake"]
    [error] = reported
    assert isinstance(error, ConfigError)
    assert str(error) == "the persona names a tool that does not exist: fly"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("", "Friday, 20 November 2026, 13:00 (Europe/Berlin)"),
        ("Asia/Seoul", "Friday, 20 November 2026, 21:00 (Asia/Seoul)"),
        ("Pacific/Auckland", "Saturday, 21 November 2026, 01:00 (Pacific/Auckland)"),
    ],
)
def test_the_date_and_the_time_are_those_of_the_zone(zone: str, text: str):
    assert now(zone, caller=caller()) == text


@pytest.mark.parametrize("zone", ["Berlin", "../etc/passwd", "x" * 500, "\0"])
def test_a_zone_that_does_not_exist_is_an_error(zone: str):
    with pytest.raises(ToolFailed, match="no time zone"):
        now(zone, caller=caller())


@pytest.mark.parametrize("shipped", TOOLS, ids=lambda shipped: shipped.name)
def test_every_tool_that_ships_is_described_and_refuses_what_it_does_not_know(shipped: Tool):
    spec = shipped.spec
    assert spec.description.endswith(".")
    assert spec.parameters["additionalProperties"] is False
    assert all("description" in field for field in spec.parameters["properties"].values())
    with pytest.raises(WrongArguments):
        shipped.parse('{"person": "messenger:1:bert"}')


@pytest.mark.parametrize(
    ("named", "wrong"),
    [
        ((), ""),
        (("now", "hand_over"), ""),
        (("now", "ideas__search"), ""),
        (("shop__search",), "there is no shop__search; there are now, "),
        (("fly", "now"), "there is no fly; there are now, "),
        (("fly", "swim"), "there is no fly and no swim; there are now, "),
    ],
)
def test_names_of_tools_that_do_not_exist_are_said_with_those_that_do(named: tuple[str, ...], wrong: str):
    found = missing(named, ["ideas"])
    assert found.startswith(wrong)
    assert bool(found) is bool(wrong)
