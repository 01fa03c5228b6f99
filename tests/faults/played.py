"""What became of stories that were played by seed: of one, and of many together."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

Counts = Mapping[str, int]
CRASH: Final = "Crash "
"""How a fault begins that ends a process; the others are errors of a port."""


@dataclass(frozen=True)
class Told:
    """What became of one story."""

    broken: Sequence[str] = ()
    """The promises that were not kept."""
    faults: Sequence[str] = ()
    """What went wrong: the error, and before or after which step."""
    ends: Counts = field(default_factory=dict)
    """Messages, by how they ended: the code of the bot's reply, `answer` for the model's, or `dropped`."""
    answers_repeated: int = 0
    """Answers that a person of Messenger has received once more."""
    model_asked_again: int = 0
    """Questions that the model was asked once more, and may have billed twice."""


@dataclass(frozen=True)
class Broken:
    """A story that broke a promise."""

    kind: str
    seed: int
    promises: Sequence[str]

    @property
    def command(self) -> str:
        """What tells the story again."""
        return f"python -m tests.faults.run --kind {self.kind} --seed {self.seed}"


@dataclass(frozen=True)
class Totals:
    """What became of many stories."""

    schedules: Counts = field(default_factory=dict)
    """By kind."""
    crashes: Counts = field(default_factory=dict)
    """By site: before or after which step a process died."""
    errors: Counts = field(default_factory=dict)
    """By name and site."""
    ends: Counts = field(default_factory=dict)
    """As in `Told`."""
    answers_repeated: int = 0
    model_asked_again: int = 0
    repeated_after: Counts = field(default_factory=dict)
    """Sites of crashes in stories with that one fault, in which an answer was repeated."""
    asked_again_after: Counts = field(default_factory=dict)
    """The same, of the model that was asked again."""
    broken: Sequence[Broken] = ()

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(**{each.name: _sum(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)})

    @property
    def number(self) -> int:
        """All schedules."""
        return sum(self.schedules.values())

    def as_json(self) -> dict[str, Any]:
        """Return the fields as one JSON object, the largest counts first."""
        return {name: _sorted(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Kind:
    """A kind of stories."""

    tell: Callable[[int], Told]
    """Tells the story of a seed."""
    share: int
    """How many of the seeds are of this kind, beside the shares of the others."""
    sample: int
    """How many seeds `scripts/check` plays; 0 where a test of its own plays some, of which more is promised."""


def told(kind: str, kinds: Mapping[str, Kind], seed: int) -> Told:
    """Tell one story; whatever error ends it is a broken promise too."""
    try:
        return kinds[kind].tell(seed)
    except Exception as exc:  # noqa: BLE001 (the seed has to be named, whatever it is)
        return Told(broken=[f"the story ends by itself: {type(exc).__name__}: {exc}"])


def kind_of(seed: int, kinds: Mapping[str, Kind]) -> str:
    """Return the kind of a seed: in each row of seeds, each kind has its share."""
    wheel = [name for name, kind in kinds.items() for _ in range(kind.share)]
    return wheel[seed % len(wheel)]


def played(kinds: Mapping[str, Kind], seeds: Iterable[int]) -> Totals:
    """Tell the stories of these seeds, each of its kind; the first that breaks a promise is the last."""
    total = Totals()
    for seed in seeds:
        kind = kind_of(seed, kinds)
        total += counted(kind, seed, told(kind, kinds, seed))
        if total.broken:
            break
    return total


def counted(kind: str, seed: int, story: Told) -> Totals:
    """Return what one story counts."""
    crashes = Counter(fault.removeprefix(CRASH) for fault in story.faults if fault.startswith(CRASH))
    only = crashes if len(story.faults) == 1 else Counter[str]()
    return Totals(
        schedules={kind: 1},
        crashes=crashes,
        errors=Counter(fault for fault in story.faults if not fault.startswith(CRASH)),
        ends=story.ends,
        answers_repeated=story.answers_repeated,
        model_asked_again=story.model_asked_again,
        repeated_after=only if story.answers_repeated else {},
        asked_again_after=only if story.model_asked_again else {},
        broken=[Broken(kind, seed, tuple(story.broken))] if story.broken else (),
    )


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping):
        return dict(Counter(one) + Counter(other))
    return [*one, *other] if isinstance(one, Sequence) else one + other


def _sorted(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return dict(sorted(value.items(), key=lambda pair: (-pair[1], pair[0])))
