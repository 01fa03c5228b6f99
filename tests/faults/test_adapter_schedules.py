"""The real adapter in stories made of chance: crashes and errors at requests, conflicts, throttling, lost responses."""

from collections import Counter
from collections.abc import Iterable

import pytest

from tests.contract.troubles import Request, Trouble
from tests.faults.adapter import CALL
from tests.faults.adapter_stories import adapter_of, by_chance, tools_by_chance
from tests.faults.schedules import unhappy
from tests.faults.shares import seeds

ALWAYS, FULL = 12, 1500
TOOLS_ALWAYS, TOOLS_FULL = 5, 500


@seeds(ALWAYS, FULL)
def test_in_any_story_over_the_adapter_every_promise_is_kept(seeds: range):
    shown: Counter[str] = Counter()
    for seed in seeds:
        told = by_chance(seed)
        assert told.broken == [], f"seed {seed}: {getattr(told.simulation.faults, 'happened', [])}"
        shown.update(told.shows)
    assert shown, "nothing went wrong"


def test_a_message_that_was_stored_without_a_response_was_there_before_one_that_was_stored_meanwhile():
    """The simulation took it for a later one, as it heard of it only when Meta delivered it again."""
    assert by_chance(473).broken == []


@seeds(TOOLS_ALWAYS, TOOLS_FULL)
def test_in_any_story_over_the_adapter_no_tool_acts_twice(seeds: range):
    acted = 0
    for seed in seeds:
        told = tools_by_chance(seed)
        assert told.broken == [], f"seed {seed}: {getattr(told.simulation.faults, 'happened', [])}"
        assert told.world, "it has tools"
        assert set(told.world.sent.values()) <= {1}, f"seed {seed}"
        acted += told.world.sent.total()
    assert acted > len(seeds) // 4


def without_conditions(request: Request) -> tuple[int, bytes]:
    """Carries a request out on no condition. What only its condition names is left out too."""
    content = request.content
    for part in [next(iter(item.values())) for item in content.get("TransactItems", ())] or [content]:
        condition = part.pop("ConditionExpression", "")
        used = part.get("UpdateExpression", "")
        for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            kept = {name: value for name, value in part.get(kind, {}).items() if name not in condition or name in used}
            part.pop(kind, None)
            part.update({kind: kept} if kept else {})
    return request.proceed(content)


def breaks_without_conditions(call: str, seeds: Iterable[int]) -> set[str]:
    """The promises that the first story breaks in which the requests of one method have no conditions."""

    def chooses(request: Request) -> Trouble | None:
        return without_conditions if request.headers[CALL] == call else None

    for seed in seeds:
        with adapter_of(chooses) as (over, _):
            if broken := unhappy(seed, zombies=True, **over).run_until_rest().ledger.broken:
                return set(broken)
    return set()


@pytest.mark.parametrize("call", ["inbox.accept", "inbox.take", "inbox.finish"])
def test_a_request_of_the_adapter_without_its_conditions_breaks_a_promise(call: str):
    assert breaks_without_conditions(call, range(25))
