"""Channel traits: one row for each channel, read by name where channels differ.

A new channel needs one row here. No other module of `access`, `conversation`, `operations` or `aws` compares channels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.ids import Channel


@dataclass(frozen=True, kw_only=True)
class ChannelTraits:
    """How one channel differs from the others."""

    default_persona: str
    """Name of the persona that answers users who have no API key."""
    has_api_keys: bool
    """Whether the second part of a user's id is the id of the API key that the user came with."""
    announces_new_people: bool
    """Whether the owner is notified of each new user. False where strangers are many and come by themselves."""
    refuses_at_once: bool
    """Whether the sender gets an error in the same request when too many messages are open.

    Where it is False, the inbox keeps one turn that says so.
    """
    ends_every_turn: bool
    """Whether clients wait for an end of each turn. If so, a refusal is sent for each question, else once an hour."""
    vouches_for_times: bool
    """Whether the channel itself says when a message was sent. If so, a question counts on the day it was sent.

    Otherwise the time is the client's word, and the question counts on the day on which it is answered, so that no
    other day's questions can be asked by it.
    """
    shows_opening: bool
    """Whether clients display the persona's opening before the first message."""
    shows_remaining: bool
    """Whether clients display the number of questions left (`Reply.left`). If not, the reply's footer says it."""
    has_inbox: bool
    """Whether humans read along and answer where the channel itself shows them what people write."""
    window_ms: int | None
    """For how long after a person's last message the channel takes messages to them; None for any time."""
    shows_ai: bool
    """Whether clients display all the time that an AI answers. If not, the reply's footer says it when it is due."""
    shows_notices: bool
    """Whether the bot can send owners a message that answers nothing."""
    shows_markdown: bool
    """Whether clients display Markdown. If not, answers are sent as plain text; what is stored stays Markdown."""


TRAITS: Final[Mapping[Channel, ChannelTraits]] = {
    Channel.MESSENGER: ChannelTraits(
        default_persona="assistant",
        has_api_keys=False,
        announces_new_people=True,
        refuses_at_once=False,
        ends_every_turn=False,
        vouches_for_times=True,
        shows_opening=False,
        shows_remaining=False,
        has_inbox=True,
        window_ms=24 * 60 * 60 * 1000,
        shows_ai=False,
        shows_notices=True,
        shows_markdown=False,
    ),
    Channel.WEB: ChannelTraits(
        default_persona="web",
        has_api_keys=True,
        announces_new_people=False,
        refuses_at_once=True,
        ends_every_turn=True,
        vouches_for_times=False,
        shows_opening=True,
        shows_remaining=True,
        has_inbox=False,
        window_ms=None,
        shows_ai=True,
        shows_notices=False,
        shows_markdown=True,
    ),
}
