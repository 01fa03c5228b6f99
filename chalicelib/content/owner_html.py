"""Fills in the templates of the owner's page, in `owner_page/`. A value is escaped unless it is Html.

`$w_name` in a template is a text of `<language>.toml`, and `$name` a value.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from chalicelib.content import amounts, assets
from chalicelib.content.locale_rules import RULES
from chalicelib.content.page import HtmlPage

_FOLDER: Final = files("chalicelib").joinpath("content", "owner_page")
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    # With `no-referrer`, browsers would send the origin `null` with forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
}


@dataclass(frozen=True)
class Html:
    """HTML that is sent as it is."""

    text: str


Value = str | int | Html


@dataclass(frozen=True)
class Words:
    """The texts of the page in one language."""

    language: str
    texts: Mapping[str, str]

    @cached_property
    def blanks(self) -> Mapping[str, str]:
        """The escaped texts, by the names that templates have for them."""
        return {f"w_{name}": escape(text) for name, text in self.texts.items()}

    def __call__(self, name: str, /, **values: object) -> str:
        """Return a text with its blanks filled in, whole numbers as the language writes them.

        Raises KeyError for an unknown name or a missing value.
        """
        shown = {blank: self.number(value) if isinstance(value, int) else value for blank, value in values.items()}
        return self.texts[name].format(**shown)

    def number(self, value: int) -> str:
        """Write a whole number as the language does: `1,234`."""
        return RULES[self.language].number(value)

    def money(self, micro: int) -> str:
        """Write micro-USD as dollars."""
        return amounts.money(micro, RULES[self.language])

    def coarse(self, micro: int) -> str:
        """Write micro-USD as dollars without zeros at the end."""
        return amounts.coarse(micro, RULES[self.language])

    def count(self, name: str, number: int, /, **values: object) -> str:
        """Return the text `<name>_one` or `<name>_other`, by the plural of the number, which is in the blank `n`."""
        is_one = RULES[self.language].plural(number) == "one"
        return self(f"{name}_{'one' if is_one else 'other'}", n=number, **values)

    def named(self, name: str) -> str:
        """Return how the name of a channel, or of what has no name, is written; the name itself for others."""
        return self.texts.get(f"name_{name}", name)

    def month(self, number: int) -> str:
        """Return the name of a month, counted from 1."""
        return RULES[self.language].months[number - 1]

    def day(self, value: date) -> str:
        """Write a date without its year: `30 November`."""
        return RULES[self.language].day(value)

    def weekday_and_day(self, value: date) -> str:
        """Write a date with the day of the week and without its year: `Monday, 30 November`."""
        weekday = self("weekdays").split()[value.weekday()]
        return self("weekday_and_day", weekday=weekday, day=self.day(value))


@cache
def words(language: str) -> Words:
    """Load the texts of a language. Raises FileNotFoundError when there are none."""
    return Words(language, tomllib.loads(_FOLDER.joinpath(f"{language}.toml").read_text("utf-8")))


def fill(template: str, words: Words, /, **values: Value) -> Html:
    """Return the template with these texts and values. Raises KeyError when a value is missing."""
    return Html(_template(template).substitute(words.blanks, **{name: html(value) for name, value in values.items()}))


def html(value: Value) -> str:
    """Return the value as it is in a page."""
    return value.text if isinstance(value, Html) else escape(str(value))


def joined(parts: Iterable[Html]) -> Html:
    """Return the parts one after the other."""
    return Html("".join(part.text for part in parts))


def page(body: Html, *, title: str, words: Words, up: str, status: int = 200) -> HtmlPage:
    """Return a whole page; `up` leads from its address to where `owner` is, such as `../`."""
    style = assets.owner_style_name()
    frame = fill("frame", words, title=title, language=words.language, body=body, style=f"{up}owner/{style}")
    return HtmlPage(frame.text, _HEADERS, status)


@cache
def _template(name: str) -> Template:
    return Template(_FOLDER.joinpath(f"{name}.html").read_text("utf-8"))
