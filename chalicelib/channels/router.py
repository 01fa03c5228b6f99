"""One way back for all channels: each turn is answered where its person writes. No channel is known here."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from chalicelib.access import identity
from chalicelib.conversation.ports import OnDelta, Sender
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.ids import Channel


@dataclass(frozen=True)
class ChannelRouter:
    """`ports.Sender` over one for each channel."""

    senders: Mapping[Channel, Sender]

    def responding(self, turn: Turn) -> AbstractContextManager[OnDelta]:
        return self._of(turn).responding(turn)

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        self._of(turn).deliver(turn, reply, receipts=receipts, seconds=seconds)

    def end_silently(self, turn: Turn) -> None:
        self._of(turn).end_silently(turn)

    def _of(self, turn: Turn) -> Sender:
        return self.senders[identity.channel_of(turn.person)]
