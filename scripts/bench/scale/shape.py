"""What the store does in a plain turn, recorded from the real adapter: the requests, their items and units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from chalicelib.access import identity
from chalicelib.aws.dynamodb.calls import PATIENCE_S
from chalicelib.bootstrap.clients import CALLER_PATIENCE_S
from chalicelib.ids import KeyId, PersonId
from scripts.bench.scale.stage import Stage, emulated_stage, someone
from scripts.bench.table_requests import TableRequest, TableRequests

OWN: Final = frozenset({"CONV", "PERSON"})
"""What the partition keys of items begin with that belong to one person or conversation."""
_FIRST_MESSAGES: Final = 2
"""The first messages of a person take more requests: they are announced to the owner."""
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
    keys_apart: bool = False
    """Whether each API key has a partition of its own."""


SINGLE: Final = Layout()
"""One item and one partition for everything that all people share."""


def role_of(pk: str) -> str:
    """Return what kind of item has such a partition key: what stands before the first `#`."""
    return pk.partition("#")[0]


def plain_turns(url: str) -> tuple[Shape, Shape]:
    """Return the requests of a plain turn on Messenger, and of one in the web chat, to the emulator at `url`."""
    with emulated_stage(url) as stage:
        recorded = TableRequests(stage.client, stage.looking)
        found = [_turn_of(person, stage, recorded) for person in (someone("anna"), _visitor(stage, "shop", "bea"))]
        recorded.close()
    return found[0], found[1]


def layout_of_the_code(url: str, people: int = 64) -> Layout:
    """Return the layout that the code has, by how many places the turns of so many people write to."""
    with emulated_stage(url) as stage:
        recorded = TableRequests(stage.client, stage.looking)
        keys = [_visitor(stage, f"k{number}", "v") for number in range(2)]
        names = [*keys, *(someone(number) for number in range(people))]
        made = [request for name in names for request in recorded.during(partial(stage.answers, name))]
        recorded.close()
    return _spread(made)


def _spread(made: Sequence[TableRequest]) -> Layout:
    written = [item for request in made for item in request.written]
    of_indexes = {partition for item in written for partition in item.index_units}
    spend = {(item.pk, item.sk) for item in written if role_of(item.pk) == "SPEND"}
    keys = {item.pk for item in written if item.sk.startswith("KEY#") or role_of(item.pk) == "KEY"}
    due = sum(index == "due" for index, _ in of_indexes)
    messenger = [name for index, name in of_indexes if index == "people" and name.startswith("messenger")]
    return Layout(len(spend), due, len(messenger), keys_apart=len(keys) > 1)


def _visitor(stage: Stage, key: str, name: str) -> PersonId:
    return identity.visitor(KeyId(stage.creates_key(key)), name)


def _turn_of(person: PersonId, stage: Stage, recorded: TableRequests) -> Shape:
    for _ in range(_FIRST_MESSAGES):
        stage.answers(person)
    accepted = recorded.during(partial(stage.accepts, person))
    worked = recorded.during(partial(stage.works, identity.conversation_of(person)))
    door = [Step("accept", request, CALLER_PATIENCE_S) for request in accepted]
    names = _named(worked)
    return [*door, *(Step(name, request, PATIENCE_S) for name, request in zip(names, worked, strict=True))]


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
