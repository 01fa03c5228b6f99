"""The spending limit that the owner sets at the model's provider: it holds even if the key is stolen."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from chalicelib.operations.findings import Finding
from chalicelib.settings.stage import Settings

OPENAI_PAGE: Final = "https://platform.openai.com/settings/organization/limits"
_LONGEST_MONTH: Final = 31
_MICRO: Final = 1_000_000


@dataclass(frozen=True)
class SpendingLimit:
    """What to set, and where."""

    usd: int
    """US dollars a month."""
    where: str
    """The address of the provider's page, or which provider's page it is."""
    is_all: bool
    """Whether nothing else limits the cost: the bot knows OpenAI's prices only, and counts other calls as free."""

    @property
    def finding(self) -> Finding:
        """What `doctor` says; whether the limit is set cannot be looked up with the bot's key."""
        return Finding.ok("spending-limit", f"set one of {self.usd} USD a month, if you have not yet: {self.where}")


def advised(settings: Settings) -> SpendingLimit | None:
    """Return the limit: the monthly budget, or the daily one for each day of a long month, rounded up to whole dollars.

    None if no model is paid: without a budget no paid one is called, and one on this computer costs nothing. None for a
    model at Bedrock, which is asked without a key that could be stolen; AWS has no such limit either.
    """
    model, limits = settings.model, settings.limits
    days = limits.daily_budget * _LONGEST_MONTH
    budget = days if limits.monthly_budget is None else min(days, limits.monthly_budget)
    if not budget or model.bedrock or _is_here(model.host):
        return None
    where = OPENAI_PAGE if model.is_openai else f"the billing page of {model.host}'s provider"
    return SpendingLimit(-(-budget // _MICRO), where, is_all=not model.is_openai)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
