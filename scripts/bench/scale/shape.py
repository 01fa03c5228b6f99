"""What the store does in a plain turn, recorded from the real adapter: the requests, their items and units."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from chalicelib.access import identity
from chalicelib.access.shards import MOST_SHARDS
from chalicelib.aws.dynamodb import key_counts
from chalicelib.aws.dynamodb.calls import PATIENCE_S
from chalicelib.aws.dynamodb.index_keys import DUE_BUCKETS, DUE_INDEX, PEOPLE_PARTITIONS
from chalicelib.bootstrap.clients import CALLER_PATIENCE_S
from chalicelib.ids import Channel, PersonId
from scripts.bench.scale.stage import Emulation, Stage, emulated_stage, someone
from scripts.bench.table_requests import TableRequest, TableRequests

OWN: Final = frozenset({"CONV", "PERSON"})
"""What the partition keys of items begin with that belong to one person or conversation."""
_FIRST_MESSAGES: Final = 2
"""The first messages of a person take more requests: they are announced to the owner."""
PEOPLE: Final = 24
"""People of whose turns the shortest is the plain one: the first charge in each item of a day makes more requests."""
_STEPS: Final = ("take", "load", "person", "charge", "record", "finish")
"""The worker's requests in a plain turn, as tests/contract/test_calls.py lists them."""


@dataclass(frozen=True)
class Step:
    """One request of a turn."""

    name: str
    request: TableRequest
    patience_s: float
    """For how long the client sends it again."""


Shape = Sequence[Step]
"""The requests of one turn, in order."""


@dataclass(frozen=True)
class Layout:
    """Among how many items and partitions the writes of all people are spread."""

    spend: int = 1
    """The items of a day's costs."""
    due: int = 1
    """The partitions of the index of conversations that wait."""
    people: int = 1
    """The partitions of the index of the people of one channel."""
    of_a_key: int = 1
    """The items that count the questions of one API key."""
    keys_apart: bool = False
    """Whether each of those items has a partition of its own."""


SINGLE: Final = Layout()
"""One item and one partition for everything that all people share."""
SPREAD: Final = Layout(
    spend=MOST_SHARDS, due=len(DUE_BUCKETS), people=PEOPLE_PARTITIONS, of_a_key=key_counts.PARTS, keys_apart=True
)
"""The layout for many people. A large budget is shared out to so many items a channel."""
OF_A_KEY: Final = "KEY"
"""What the partition keys of the items begin with that count the questions of an API key."""
PLACES: Final = "PLACES"
"""What the partition keys of the items begin with that count the open conversations of an API key: one for each."""


def role_of(pk: str) -> str:
    """Return what kind of item has such a partition key: what stands before the first `#`."""
    return pk.partition("#")[0]


def plain_turns(emulation: Emulation, people: int = PEOPLE) -> tuple[Shape, Shape]:
    """Return the requests of a plain turn on Messenger, and of one in the web chat, to an emulator."""
    with emulated_stage(emulation) as stage:
        recorded, key = TableRequests(stage.client, stage.looking), stage.creates_key("shop")
        messenger = _plain_turn([someone(number) for number in range(people)], stage, recorded)
        web = _plain_turn([identity.visitor(key, str(number)) for number in range(people)], stage, recorded)
        recorded.close()
    return messenger, web


def layout_of_the_code(emulation: Emulation, people: int = 64) -> Layout:
    """Return the layout that the code has, by how many places the turns of so many people write to.

    With few people it may have more than are found: of 40 items 64 people find 32, and 400 people nearly always all.
    """
    with emulated_stage(emulation) as stage:
        recorded, key = TableRequests(stage.client, stage.looking), stage.creates_key("k")
        visitors = [identity.visitor(key, str(number)) for number in range(people)]
        names = [*visitors, *(someone(number) for number in range(people))]
        made = [request for name in names for request in recorded.during(partial(stage.answers, name))]
        recorded.close()
    return _spread(made)


def _spread(made: Sequence[TableRequest]) -> Layout:
    written = [item for request in made for item in request.written]
    of_indexes = {partition for item in written for partition in item.index_units}
    found = {(item.pk, item.sk) for item in written}
    of_role = Counter(role_of(pk) for pk, _ in found)
    return Layout(
        spend=len([pk for pk, _ in found if role_of(pk) == "SPEND" and f"#{Channel.MESSENGER}." in pk]) or 1,
        due=len([index for index, _ in of_indexes if index == DUE_INDEX]),
        people=len([name for _, name in of_indexes if name.startswith(Channel.MESSENGER)]),
        of_a_key=of_role[OF_A_KEY],
        keys_apart=len({pk for pk, _ in found if role_of(pk) == OF_A_KEY}) > 1,
    )


def _plain_turn(people: Sequence[PersonId], stage: Stage, recorded: TableRequests) -> Shape:
    turns = [_turn_of(person, stage, recorded) for person in people]
    accepted, worked = min(turns, key=lambda turn: len(turn[1]))
    door = [Step("accept", request, CALLER_PATIENCE_S) for request in accepted]
    names = _named(worked)
    return [*door, *(Step(name, request, PATIENCE_S) for name, request in zip(names, worked, strict=True))]


def _turn_of(person: PersonId, stage: Stage, recorded: TableRequests) -> tuple[Sequence[TableRequest], ...]:
    for _ in range(_FIRST_MESSAGES):
        stage.answers(person)
    accepted = recorded.during(partial(stage.accepts, person))
    return accepted, recorded.during(partial(stage.works, identity.conversation_of(person)))


def _named(worked: Sequence[TableRequest]) -> Sequence[str]:
    """Name the worker's requests; what is read of an API key comes after the person."""
    names = list(_STEPS)
    if len(worked) > len(names):
        names.insert(_STEPS.index("charge"), "key")
    return names


def writes_to(shape: Shape) -> Mapping[str, tuple[int, int]]:
    """Return, for each role that all people share, how often a turn writes it, and with how many units."""
    found: dict[str, tuple[int, int]] = {}
    for step in shape:
        for item in step.request.written:
            places = [] if role_of(item.pk) in OWN else [(role_of(item.pk), item.units)]
            places += [(f"index {index}", units) for (index, _), units in item.index_units.items()]
            for name, units in places:
                times, sum_of_units = found.get(name, (0, 0))
                found[name] = times + 1, sum_of_units + units
    return found
