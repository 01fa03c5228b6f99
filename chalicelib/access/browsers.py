"""What browsers say about a request, in headers that no page can write."""

from typing import Final

OWN_SITES: Final = frozenset({"", "none", "same-origin"})
"""Values of `Sec-Fetch-Site` for the bot's own pages, and for an address that a person typed; programs send none."""


def could_read(*, site: str, mode: str) -> bool:
    """Whether the page that caused a request may read the response, by `Sec-Fetch-Site` and `Sec-Fetch-Mode`.

    Another page may read it only if the browser asks for that (`cors`); then it also sends the page's `Origin`. For an
    image, a link or a form of another page it does not. Browsers from before 2023 may send neither header.
    """
    return site in OWN_SITES or mode == "cors"
