"""Whether a question, or another call of the model for it, was charged, and why not."""

from enum import Enum


class Charged(Enum):
    """The result of `Inbox.charge`."""

    CHARGED = "charged"
    OVER_LIMIT = "over_limit"
    """The user's questions of the day are used up."""
    BLOCKED = "blocked"
    """The owner has blocked the user."""
    OVER_BUDGET = "over_budget"
    """The day's budget has no room for the reservation."""
    CHANNEL_SPENT = "channel_spent"
    """The channel's part of the day's budget has none."""
    MONTH_SPENT = "month_spent"
    """The month's budget has none."""
    SHARE_SPENT = "share_spent"
    """The user's share of it has none."""
    MONTH_SHARE_SPENT = "month_share_spent"
    """The user's share of the month's budget has none."""
    DAY_OVER = "day_over"
    """The next day has begun elsewhere: no more is set aside on the reservation's day."""
    KEY_SPENT = "key_spent"
    """The user's API key has used up its messages."""
    KEY_REVOKED = "key_revoked"
    """The user's API key is revoked, has expired or does not exist."""
