"""Routes each turn to the sender of the channel its person writes in; has no code of any one channel."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import NoReturn

from chalicelib.access import identity
from chalicelib.channels.plain_text import plain
from chalicelib.conversation.ports import OnDelta, Sender
from chalicelib.conversation.turn import Reply, Turn
from chalicelib.errors import PersonUnreachable
from chalicelib.ids import Channel


class SwitchedOff:
    """`conversation.ports.Sender` of a channel that the deployment has no more: what is still open ends unanswered."""

    def responding(self, turn: Turn) -> AbstractContextManager[OnDelta]:  # noqa: ARG002 (the port's)
        return nullcontext(_shown_to_nobody)

    def deliver(self, *_: object, **__: object) -> NoReturn:
        raise PersonUnreachable("the person's channel is switched off")

    def end_silently(self, turn: Turn) -> None:
        pass


def _shown_to_nobody(_: str, /, *, instead: bool = False) -> bool:  # noqa: ARG001 (the port's)
    return True


_OFF = SwitchedOff()


@dataclass(frozen=True)
class ChannelRouter:
    """`conversation.ports.Sender` over one sender for each channel of the deployment.

    Where clients show no Markdown, the sender gets plain text; the stored reply stays as it is.
    """

    senders: Mapping[Channel, Sender]

    def responding(self, turn: Turn) -> AbstractContextManager[OnDelta]:
        return self._sender(turn).responding(turn)

    def deliver(self, turn: Turn, reply: Reply, *, receipts: Callable[[], frozenset[int]], seconds: float) -> None:
        if not identity.traits_of(turn.person).shows_markdown:
            reply = replace(reply, text=plain(reply.text))
        self._sender(turn).deliver(turn, reply, receipts=receipts, seconds=seconds)

    def end_silently(self, turn: Turn) -> None:
        self._sender(turn).end_silently(turn)

    def _sender(self, turn: Turn) -> Sender:
        return self.senders.get(identity.channel_of(turn.person), _OFF)
