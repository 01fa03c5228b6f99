"""The words with which `deploy` asks the owner to set a spending limit at the model's provider."""

from chalicelib.operations.spending_limit import SpendingLimit


def as_text(limit: SpendingLimit) -> str:
    """Return lines for the end of a deployment."""
    why = "The bot does not know what its calls cost." if limit.is_all else "It holds even if your key is stolen."
    return f"Set a hard spending limit at the model's provider: {limit.usd} USD a month.\n  {limit.where}\n  {why}"
