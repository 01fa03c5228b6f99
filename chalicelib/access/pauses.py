"""The pause of the whole bot: until when it answers no questions."""

from typing import Final, Protocol

UNTIL_RESUMED: Final = 253_402_214_400_000
"""Milliseconds since 1970: the last day of the year 9999, for a pause that only the owner ends."""


class Pauses(Protocol):
    """The owner's pause of the whole bot. All methods raise StoreError. Times are milliseconds since 1970."""

    def until(self) -> int:
        """Return until when the bot answers no questions, as it was at most a minute ago; 0 if never paused."""

    def pause(self, *, until: int) -> None:
        """Answer no questions until then, in place of the pause before."""

    def resume(self, *, now: int) -> bool:
        """End the pause; False, with nothing written, if the bot is not paused at `now`."""
