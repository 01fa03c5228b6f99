"""The scripts of the chat page and of the pages around the issuer's, as they are sent.

The modules that the chat page surely needs are sent as one, `page.js`. What it loads by `import()` is a script of its
own, which takes the modules that the page has from there.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from chalicelib.content import joined
from chalicelib.content.compact import compact

PAGE: Final = "page.js"
_MAIN: Final = "main.js"
_SIGNING: Final = "signing.js"
_PAGES: Final = files("chalicelib").joinpath("content", "static")
_NOT_SENT: Final = re.compile(r"^[ \t]*(?:/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//[^\n]*)?\s*\n|^[ \t]+", re.MULTILINE)
"""Comments on lines of their own, indentation and empty lines."""


def without_comments(text: str) -> str:
    """Return one of our scripts or styles without comments and indentation, a quarter of its compressed bytes.

    So a line of our own modules must not be the inside of a longer string.
    """
    return _NOT_SENT.sub("", text)


@cache
def names() -> frozenset[str]:
    """Return the names of the scripts."""
    own = modules()
    brought = {other for name in own.keys() - set(_within_page()) for other in joined.imported(own[name])}
    return frozenset({PAGE, _SIGNING, *own} - brought - set(_within_page()))


@cache
def script(name: str) -> str:
    """Return one of the scripts. To join them takes longer than all else of a request, so each process does so once."""
    if name == PAGE:
        return page(modules())
    if name == _SIGNING:
        around = {**modules(), name: _read(_PAGES.joinpath("sign_in", name))}
        return compact(joined.later(name, around, page=PAGE, has=()))
    return compact(joined.later(name, modules(), page=PAGE, has=_within_page()))


def page(own: Mapping[str, str]) -> str:
    """Return `page.js`, made of these modules."""
    shared = {other for name in own.keys() - set(_within_page()) for other in joined.imported(own[name])}
    return compact(joined.first(_MAIN, own, shared=shared))


@cache
def beside_page() -> Sequence[str]:
    """Return the files that `page.js` imports."""
    return [name for name in joined.needed(_MAIN, modules()) if name not in modules()]


@cache
def modules() -> Mapping[str, str]:
    """Return the modules of the chat page, without comments, by the names of their files."""
    chat = _PAGES.joinpath("chat")
    return {place.name: _read(place) for place in chat.iterdir() if place.name.endswith(".js")}


@cache
def _within_page() -> Sequence[str]:
    return [name for name in joined.needed(_MAIN, modules()) if name in modules()]


def _read(place: Traversable) -> str:
    return without_comments(place.read_text("utf-8"))
