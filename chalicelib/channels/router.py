"""Routes each turn to the sender of the channel its person writes in; has no code of any one channel."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from chalicelib.access import identity
from chalicelib.conversation.ports import OnDelta, Sender
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.ids import Channel


@dataclass(frozen=True)
class ChannelRouter:
    """`conversation.ports.Sender` over one sender for each channel."""

    senders: Mapping[Channel, Sender]

    def responding(self, turn: Turn) -> AbstractContextManager[OnDelta]:
        return self._sender(turn).responding(turn)

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        self._sender(turn).deliver(turn, reply, receipts=receipts, seconds=seconds)

    def end_silently(self, turn: Turn) -> None:
        self._sender(turn).end_silently(turn)

    def _sender(self, turn: Turn) -> Sender:
        return self.senders[identity.channel_of(turn.person)]
