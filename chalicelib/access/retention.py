"""Retention: how long each kind of data is stored. Constants only, used by the store and by the privacy page."""

from typing import Final

QUOTA_DAYS_KEPT: Final = 3
"""Days of which a person's counts of questions are stored, today included."""
_DAY_S = 24 * 60 * 60
TURN_KEPT_S: Final = 30 * _DAY_S
"""How long turns are stored. It must exceed the 36 hours during which Meta may repeat a delivery."""
REPEATED_MS: Final = 2 * _DAY_S * 1000
"""How long a message is recognised as a repetition: the 36 hours during which Meta may repeat it, and a margin."""
COUNTS_KEPT_S: Final = 3 * _DAY_S
"""How long the counts of questions are stored of a person who asked to be forgotten."""
DELETION_KEPT_S: Final = 90 * _DAY_S
"""How long a data deletion request is stored."""
BACKUP_S: Final = 35 * _DAY_S
"""How far back DynamoDB's point-in-time recovery reaches by default."""
SPEND_KEPT_S: Final = 40 * _DAY_S
"""How long a day's spending is stored, so that a month can be shown."""
CONNECTION_KEPT_S: Final = 2 * 60 * 60 + 15 * 60
"""How long a connection is stored. API Gateway closes every WebSocket after two hours."""
TICKETS_KEPT_S: Final = 2 * 60 * 60
"""How long the count of an hour's tickets is stored, from the beginning of the hour."""
