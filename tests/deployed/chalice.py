"""The chalice command without its long waits, for emulators only: `python -m tests.deployed.chalice deploy ...`."""

import sys
from typing import Any

from botocore import waiter
from chalice.cli import main

_original = waiter.SingleWaiterConfig.__init__


def _impatient(self: Any, *args: Any, **kwargs: Any) -> None:
    _original(self, *args, **kwargs)
    self.delay, self.max_attempts = 0.2, 300


if __name__ == "__main__":
    waiter.SingleWaiterConfig.__init__ = _impatient  # type: ignore[method-assign]
    sys.argv[0] = "chalice"
    sys.exit(main())
