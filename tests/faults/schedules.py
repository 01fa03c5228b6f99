"""A story made of chance, the same for the same seed: who writes, in which order it arrives, and what goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from chalicelib.errors import (
    ChannelBroken,
    DeliveryError,
    DeliveryRefused,
    ModelBusy,
    ModelError,
    ModelFault,
    ModelRefused,
    ModelUnusable,
    NotifyError,
    PersonUnreachable,
    StoreError,
    WakeError,
)
from tests.faults.simulation import MOST, Simulation
from tests.faults.stage import Crash, Site, When

LIMIT: Final = 2
TIGHT: Final = MOST + 7
"""The budget of a day that bears one call at a time, and not many."""
_HOUR_MS: Final = 60 * 60 * 1000
FAULTY_STORES: Final = ("inbox.", "journal.", "people.", "alerts.")
MODEL_ERRORS: Final = (
    ModelBusy("busy"),
    ModelRefused("no"),
    ModelUnusable("no key", cause=ModelFault.KEY),
    ModelError("odd"),
)
SENDER_ERRORS: Final = (
    DeliveryError("later"),
    DeliveryError("later"),
    PersonUnreachable("gone"),
    DeliveryRefused("code 36103"),
    ChannelBroken("token"),
)


@dataclass
class ChanceFaults:
    """Crashes anywhere, and errors of the store before or after it did as asked; only so many in a story."""

    random: Random
    crashes: float
    errors: float
    left: int
    stores: Sequence[str] = FAULTY_STORES
    """How the calls begin whose errors are those of the store."""
    happened: list[str] = field(default_factory=list)

    def at(self, site: Site) -> None:
        chance = self.random.random()
        if self.left and chance < self.crashes + self.errors:
            error = Crash() if chance < self.crashes else self._error(site)
            if error:
                self.left -= 1
                self.happened.append(f"{type(error).__name__} {site}")
                raise error

    def _error(self, site: Site) -> BaseException | None:
        if site.call.startswith(tuple(self.stores)):
            return StoreError("DynamoDB is out of reach")
        if site.when is When.BEFORE:
            return {"wake.wake": WakeError("nobody"), "notifier.send": NotifyError("nobody")}.get(site.call)
        return None


def happy(seed: int, *, side_by_side: bool = True, **more: Any) -> Simulation:
    """People write, messages arrive in any order and some twice, and nothing goes wrong."""
    random = Random(seed)
    return _written(random, Simulation(limit=LIMIT, random=random if side_by_side else None, **more))


def unhappy(seed: int, **more: Any) -> Simulation:
    """The same, and much goes wrong."""
    random = Random(seed)
    return _written(random, _failing(random, Simulation, **more))


def unhappy_with(makes: Callable[..., Simulation], seed: int, texts: Sequence[str], **more: Any) -> Simulation:
    """Anna writes these messages to a simulation of another kind, and much goes wrong."""
    random = Random(seed)
    simulation = _failing(random, makes, **more)
    for number, text in enumerate(texts):
        simulation.say("anna", text, number=number)
    random.shuffle(simulation.calls)
    return simulation


def _failing(random: Random, makes: Callable[..., Simulation], **more: Any) -> Simulation:
    faults = ChanceFaults(random, random.choice((0.01, 0.03, 0.1)), random.choice((0, 0.02)), random.choice((1, 2, 4)))
    model, sender = random.choice((0.0, 0.0, 0.4)), random.choice((0.0, 0.0, 0.3))
    simulation = makes(
        faults=faults,
        limit=LIMIT,
        echoes=random.random() < 0.5,
        model_fails=lambda: random.choice(MODEL_ERRORS) if random.random() < model else None,
        sender_fails=lambda: random.choice(SENDER_ERRORS) if random.random() < sender else None,
        sender_fails_late=lambda: DeliveryError("unclear") if random.random() < sender / 3 else None,
        random=random if random.random() < 0.8 else None,
        **more,
    )
    if random.random() < 0.1:
        simulation.meanwhile = lambda: random.random() < 0.1 and simulation.clock.tick(hours=2)
    return simulation


def thrifty(seed: int, **more: Any) -> Simulation:
    """As happy, with little money."""
    return happy(seed, budget=TIGHT, **more)


def poor(seed: int, **more: Any) -> Simulation:
    """As unhappy, with little money."""
    return unhappy(seed, budget=(TIGHT, 2 * MOST, 3 * MOST)[seed % 3], **more)


def monthly(seed: int, **more: Any) -> Simulation:
    """As unhappy, with enough for a day but little for the month, shortly before midnight or the month's end."""
    to_midnight = 12 * _HOUR_MS - Random(seed).randrange(120_000)
    starts = to_midnight + (10 * 24 * _HOUR_MS if seed % 2 else 0)
    return unhappy(seed, month=(TIGHT, 2 * MOST, 3 * MOST)[seed % 3], starts_after_ms=starts, **more)


def _written(random: Random, simulation: Simulation) -> Simulation:
    places = random.choice((("anna",), ("anna",), ("anna", "bert"), ("anna@kitchen", "anna@garden")))
    texts = random.choices(("question", "/usage", "/reset"), (12, 1, 1), k=random.randint(1, 4))
    for number, text in enumerate(texts):
        psid = random.choice(places)
        simulation.say(psid, f"{text} {number} of {psid}" if text == "question" else text, number=number)
    random.shuffle(simulation.calls)
    for call in list(simulation.calls):
        if random.random() < 0.3:
            simulation.repeat(call)
    return simulation
