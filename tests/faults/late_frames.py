"""Stories of late handlers, of two sockets and of crashes, the same for the same seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any, Final

from tests.faults.schedules import ChanceFaults
from tests.faults.sockets import SocketSimulation
from tests.faults.stage import CrashesAt, Faults
from tests.flow.chat import ulid

LATE_MS: Final = (0, 20, 300, 1000, 2000, 3000)
BUSY_MS: Final = 100
"""A frame that comes so long after the one before finds a function that is warm and not busy."""
SKEW_MS: Final = 2
"""By how much the clocks differ by which API Gateway says when it received a frame."""
PLACES: Final = ("", "kitchen", "garden")
"""Where a person asks: their own conversation, and rooms."""
Names = Callable[[int, int], dict[str, Any]]
"""The fields that say of a frame where it stands, by its number and the client's time."""


def numbers(number: int, _: int) -> dict[str, Any]:
    return {"n": number}


def rising_ids(number: int, at: int) -> dict[str, Any]:
    return {"id": ulid(at, number)}


def nothing(_: int, __: int) -> dict[str, Any]:
    return {}


@dataclass
class Story:
    """What the clients of one person sent, and what became of it."""

    simulation: SocketSimulation
    sent: list[dict[str, str]] = field(default_factory=list)
    """Of each socket the questions, in order, and where its client was when it sent them."""

    @property
    def stored(self) -> dict[str, list[str]]:
        """The questions by place, as the history has them."""
        return {place: self.simulation.stored(place) for place in PLACES}

    def inverted(self) -> list[Sequence[str]]:
        """What was asked, or is listed, in another order than that in which its socket sent it."""
        asked = list(dict.fromkeys(self.simulation.model.asked))
        found = list[Sequence[str]]()
        for texts in self.sent:
            for order in [asked, *self.stored.values()]:
                for place in PLACES:
                    mine = [text for text in order if texts.get(text) == place]
                    if mine != [text for text in texts if text in mine]:
                        found.append(mine)
        return found

    def misplaced(self) -> list[str]:
        """The questions that were stored in another place than that in which their client was."""
        where = {text: place for texts in self.sent for text, place in texts.items()}
        return [text for place, texts in self.stored.items() for text in texts if where[text] != place]

    def lost(self) -> list[str]:
        """The questions that are not stored, or were not answered."""
        answered = [turn.text for place in PLACES for turn in self.simulation.chat.turns(room=place) if turn.reply]
        return [text for texts in self.sent for text in texts if text not in answered]


def story(
    seed: int,
    names: Names,
    *,
    least: int = 0,
    warm: bool = False,
    rooms: bool = False,
    crashes: float = 0.3,
    slow: float = 0,
) -> Story:
    """Up to five frames of a person on one socket or two, each at least so many ms after the one before.

    With `warm` the first frame of a socket finds a warm function, and later ones find busy ones only in a burst; then
    only workers crash, as with `rooms`, since a join that died has moved nobody.
    """
    random = Random(seed)
    told = Story(SocketSimulation(random, _faults(random, crashes), doors_crash=not (warm or rooms), slow_steps=slow))
    for socket, count in enumerate(random.choice(((5,), (4,), (3, 2), (2, 2), (1, 4)))):
        tab, began = told.simulation.chat.opens(), random.choice((0, 3, 500)) if socket else 0
        gaps = _gaps(random, count, least=least)
        told.sent.append({})
        frames = _frames(random, told, names, gaps, rooms=rooms)
        for frame, gap, late in zip(frames, gaps, _lateness(random, gaps, warm=warm), strict=True):
            told.simulation.frame(tab, frame, at=began + gap + random.randint(0, SKEW_MS), late=late)
    told.simulation.runs()
    return told


def _faults(random: Random, crashes: float) -> Faults:
    return ChanceFaults(random, 0.03, 0, random.choice((1, 2))) if random.random() < crashes else CrashesAt()


def _gaps(random: Random, count: int, *, least: int) -> list[int]:
    """When frames are sent, in ms after the first one."""
    most = random.choice((least, least + 15, 90, 700))
    gaps = [0]
    while len(gaps) < count:
        gaps.append(gaps[-1] + random.randint(least, most))
    return gaps


def _lateness(random: Random, gaps: Sequence[int], *, warm: bool) -> list[int]:
    late = [random.choice(LATE_MS) for _ in gaps]
    if not warm:
        return late
    busy = [gap - before <= BUSY_MS for before, gap in pairwise(gaps)]
    return [0, *(by if is_busy else 0 for by, is_busy in zip(late[1:], busy, strict=True))]


def _frames(random: Random, told: Story, names: Names, gaps: Sequence[int], *, rooms: bool) -> list[dict[str, Any]]:
    frames, place = list[dict[str, Any]](), ""
    client = told.simulation.clock() + random.choice((-40_000, 0, 40_000)) + len(told.sent)
    for number, gap in enumerate(gaps, 1):
        named = names(number, client + gap)
        if rooms and random.random() < 0.4:
            place = random.choice(PLACES[1:])
            frames.append({"action": "join", "room": place, **named})
        else:
            text = f"question {number} of socket {len(told.sent)}"
            told.sent[-1][text] = place
            frames.append({"action": "send_message", "message": text, **named})
    return frames
