"""Keeps the key of a real model out of the emulator: SSM has a reference, which the functions replace in their memory.

The key goes through a pipe to each process that runs a function. Nothing on a port of this machine returns it, and no
process that the demo starts has it in its environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

REFERENCE: Final = "in-the-memory-of-the-demo"


@dataclass(frozen=True)
class HeldKey:
    """The key, for processes of the demo only."""

    text: str = field(repr=False)

    def reveal(self) -> None:
        """Let this process read the key where SSM has the reference."""
        from chalicelib.bootstrap import worker  # noqa: PLC0415 (for the functions' processes)

        worker.secrets().client.meta.events.register("after-call.ssm.GetParameters", self._fill_in)

    def _fill_in(self, parsed: Mapping[str, Any], **_: object) -> None:
        for parameter in parsed.get("Parameters", ()):
            if parameter["Value"] == REFERENCE:
                parameter["Value"] = self.text
