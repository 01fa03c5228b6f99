"""Does before a person writes what their first answer would wait for: imports, clients, and open connections."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.clock import Clock
from chalicelib.log import Log

BUDGET_S: Final = 2.0
"""For all steps together: the heartbeat waits, and a server that does not respond holds it up for no longer."""

Step = Callable[[float], object]
"""Gets the seconds that are left, and makes one connection ready."""


@dataclass(frozen=True)
class Warmth:
    """What one function prepares when the heartbeat pings it, by name for the log."""

    steps: Mapping[str, Step]
    clock: Clock
    log: Log

    def prepare(self) -> None:
        """Run the steps one after the other, for as long as there is time. Raises nothing.

        A step that fails is logged; the person who writes next waits for what it would have done, and no longer.
        """
        started = self.clock()
        for name, step in self.steps.items():
            left = BUDGET_S - (self.clock() - started) / 1000
            if left <= 0:
                self.log("warm", step=name, outcome="skipped")
                continue
            try:
                step(left)
            except Exception as exc:  # noqa: BLE001 (whatever it is, the person who writes next meets it)
                self.log("warm", step=name, outcome="failed", reason=type(exc).__name__)
