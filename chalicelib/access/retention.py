"""How long each kind of data is kept; constants only, read by the store and by the privacy page."""

from typing import Final

QUOTA_DAYS_KEPT = 3


_DAY_S = 24 * 60 * 60
TURN_KEPT_S: Final = 30 * _DAY_S
"""How long turns are memory; must exceed the 36 hours for which Meta may repeat a delivery."""
REPEATED_MS: Final = 2 * _DAY_S * 1000
"""For so long Meta may deliver a message again: 36 hours, and some to spare."""
COUNTS_KEPT_S: Final = 3 * _DAY_S
DELETION_KEPT_S: Final = 90 * _DAY_S
BACKUP_S: Final = 35 * _DAY_S
"""How far back DynamoDB's point-in-time recovery reaches, unless it is told less."""
SPEND_KEPT_S: Final = 40 * _DAY_S
"""So that a month can be shown."""


CONNECTION_KEPT_S: Final = 2 * 60 * 60 + 15 * 60
"""API Gateway closes every socket after two hours."""
TICKETS_KEPT_S: Final = 2 * 60 * 60
