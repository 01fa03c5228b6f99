"""One way back for all channels: each turn is answered where its person writes. No channel is known here."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from chalicelib import identity
from chalicelib.messages import Channel, Reply, Turn
from chalicelib.ports import Hear, Sender


@dataclass(frozen=True)
class ByChannel:
    """`ports.Sender` over one for each channel."""

    senders: Mapping[Channel, Sender]

    def attend(self, turn: Turn) -> AbstractContextManager[Hear]:
        return self._of(turn).attend(turn)

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        self._of(turn).deliver(turn, reply, receipts=receipts, seconds=seconds)

    def dismiss(self, turn: Turn) -> None:
        self._of(turn).dismiss(turn)

    def _of(self, turn: Turn) -> Sender:
        return self.senders[identity.channel_of(turn.person)]
