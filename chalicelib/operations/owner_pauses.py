"""The owner's `/pause` and `/resume` in the chat: of one user, or of the whole bot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access.handles import handle_of
from chalicelib.access.pauses import UNTIL_RESUMED, Pauses
from chalicelib.clock import Clock
from chalicelib.content.text import Texts
from chalicelib.conversation.owner_orders import OwnerCommand
from chalicelib.conversation.takeover import SILENT_MS
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.operations.handle_lookup import HandleLookup
from chalicelib.operations.moments import shown_moment
from chalicelib.operations.takeover import TakeoverService
from chalicelib.operations.whole_number import whole_number

ALL: Final = "all"
MOST_HOURS: Final = 720
"""A month; a longer pause of all is one without an end."""
_HOUR_MS: Final = 60 * 60 * 1000


@dataclass(frozen=True)
class OwnerPauses:
    """Pauses and resumes. Both methods raise StoreError."""

    pauses: Pauses
    takeover: TakeoverService
    lookup: HandleLookup
    texts: Texts
    clock: Clock
    zone: ZoneInfo
    """The owner's, for times."""

    def pause(self, words: Sequence[str]) -> Reply:
        """Leave one user without answers, or with ALL every question, for the hours given behind.

        Without hours it is an hour for a user, and for all until `/resume`.
        """
        hours = _hours(words[1:])
        if hours is None:
            return Reply(self.texts("owner_pause_how", most=MOST_HOURS))
        if words[:1] == (ALL,):
            return self._pause_all(hours)
        found = self.lookup.one(OwnerCommand.PAUSE, words)
        if isinstance(found, Reply):
            return found if words else self._offering_all(found, OwnerCommand.PAUSE)
        until = self.takeover.pause(found, ms=hours * _HOUR_MS or SILENT_MS)
        return Reply(self.texts("owner_paused", handle=handle_of(found), until=self._moment(until)))

    def resume(self, words: Sequence[str]) -> Reply:
        """Answer one user, or ALL, again."""
        if words[:1] == (ALL,):
            was_paused = self.pauses.resume(now=self.clock())
            return Reply(self.texts("owner_resumed_all" if was_paused else "owner_not_paused_all"))
        found = self.lookup.one(OwnerCommand.RESUME, words)
        if isinstance(found, Reply):
            return found if words else self._offering_all(found, OwnerCommand.RESUME)
        was_silent, handle = self.takeover.resume(found), handle_of(found)
        if self.pauses.until() > self.clock():
            return Reply(self.texts("owner_resumed_later", handle=handle))
        return Reply(self.texts("owner_resumed" if was_silent else "owner_not_paused", handle=handle))

    def _pause_all(self, hours: int) -> Reply:
        until = self.clock() + hours * _HOUR_MS if hours else UNTIL_RESUMED
        self.pauses.pause(until=until)
        if hours:
            return Reply(self.texts("owner_paused_all", until=self._moment(until)))
        return Reply(self.texts("owner_paused_all_open"))

    def _offering_all(self, reply: Reply, command: OwnerCommand) -> Reply:
        everybody = Choice(self.texts("owner_all"), f"{command.value} {ALL}")
        return Reply(reply.text, choices=(everybody, *reply.choices))

    def _moment(self, at: int) -> str:
        return shown_moment(at, self.texts, self.zone)


def _hours(words: Sequence[str]) -> int | None:
    """Return the hours that were given, such as `2` or `2h`; 0 for none, and None for what cannot be read."""
    if not words:
        return 0
    return whole_number(words[0].removesuffix("h"), most=MOST_HOURS) or None
