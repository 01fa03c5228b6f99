"""The conditions about the bot's silence in a conversation, while a human or another app answers its user."""

from boto3.dynamodb.conditions import Attr, ConditionBase

HAS_ARRIVALS = Attr("arrivals").gt(0)
"""A message was accepted in the conversation."""


def paused_until_before(until: int, *, since: int | None) -> ConditionBase:
    """The conversation is not paused for so long, nor was a pause ended after `since`, which a human caused then."""
    shorter = Attr("paused_until").not_exists() | Attr("paused_until").lt(until)
    return shorter if since is None else shorter & _not_ended_after(since)


def not_silent(now: int, *, since: int) -> ConditionBase:
    """The conversation is not paused at `now`, nor was a pause ended after `since`."""
    return (Attr("paused_until").not_exists() | Attr("paused_until").lte(now)) & _not_ended_after(since)


def is_silent(now: int) -> ConditionBase:
    """The conversation is paused, and what paused it came no later than `now`."""
    return Attr("paused_until").gt(now) & (Attr("silent_since").not_exists() | Attr("silent_since").lte(now))


def _not_ended_after(since: int) -> ConditionBase:
    return Attr("resumed_at").not_exists() | Attr("resumed_at").lte(since)
