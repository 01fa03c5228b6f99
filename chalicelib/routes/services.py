"""The services of the pages' routes, loaded on first use so that the webhook starts without them."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.bootstrap.pages import Pages


@cache
def pages() -> "Pages":
    """Return the services for browsers and for the owner."""
    from chalicelib.bootstrap.pages import Pages  # noqa: PLC0415 (the webhook starts without it)

    return Pages()
