"""Mixed stories can fail: some story shows that a safeguard of keys, rooms, deletion, cancelling or tools is missing.

A row has the first seed that shows it; after a change of the stories the search goes on from there.
"""

from typing import Any

import pytest

from tests.faults import mixed_mutants, mutants, test_tool_crashes, tools
from tests.faults.mixed import mixed
from tests.faults.mixed_promises import run

MOST = 300
FORGOTTEN = "nothing is left of what was forgotten"
SHOWN = "a page that stays shows what is kept"
COUNTED = "a key counts what its people are charged"


def noticed(promise: str, first: int, **mutant: Any) -> int | None:
    """The first seed whose story breaks the promise."""
    seeds = range(first, first + MOST)
    return next((seed for seed in seeds if promise in run(mixed(seed, **mutant)).simulation.ledger.broken), None)


@pytest.mark.parametrize(
    ("mutant", "promise", "first"),
    [
        ({"makes_inbox": mutants.TakesDuplicates}, "what waits is counted", 0),
        ({"makes_inbox": mutants.TakesHeldLeases}, "two workers work on one conversation", 0),
        ({"makes_inbox": mutants.TakesHeldLeases}, "a socket gets the words of an answer without a gap", 4),
        ({"makes_inbox": mutants.TakesHeldLeases}, "a page shows the beginning of an answer at every moment", 6),
        ({"makes_inbox": mutants.KeepsPlaces}, "what a page sends is accepted or refused", 23),
        ({"makes_inbox": mutants.LoadsBackwards}, "answers come in the order of the questions", 0),
        ({"makes_inbox": mutants.IgnoresArrivals}, "what waits can be found", 16),
        ({"makes_inbox": mutants.AnswersForSpentKeys}, "no key is used more than it is good for", 10),
        ({"makes_inbox": mutants.AnswersForRevokedKeys}, "a revoked key is not answered", 0),
        ({"makes_inbox": mutants.CountsNothingOnKeys}, COUNTED, 0),
        ({"makes_inbox": mutants.KeepsChargesOnKeys}, COUNTED, 20),
        ({"makes_inbox": mixed_mutants.ForgetsClosedTurnsOnly}, FORGOTTEN, 112),
        ({"makes_connections": mixed_mutants.SeatsNobodyWhoMoves}, SHOWN, 3),
        ({"makes_connections": mixed_mutants.SeesOneMember}, SHOWN, 4),
        ({"makes_connections": mixed_mutants.LosesFollowedRooms}, SHOWN, 8),
        ({"makes_connections": mixed_mutants.NeverCancels}, "an answer that its person has cancelled stops", 2),
        ({"makes_journal": test_tool_crashes.MarksNoStart}, "a tool that may not be repeated acts once for a call", 12),
        ({"makes_journal": test_tool_crashes.MarksNoStart}, tools.TRUE, 12),
    ],
)
def test_a_store_without_this_safeguard_breaks_a_promise(mutant: dict[str, Any], promise: str, first: int):
    assert noticed(promise, first, **mutant) is not None
