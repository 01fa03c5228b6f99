"""How each language writes numbers, dates and times, and which plural it uses after a number.

The values are those of Unicode's CLDR 47; `tests/unit/test_locale_rules.py` compares each of them with Babel's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

Form = Literal["one", "many", "other"]


@dataclass(frozen=True)
class LocaleRules:
    """The rules of one language."""

    plural: Callable[[int], Form]
    """Returns the plural of a thing after so many; 0 and more."""
    decimal: str
    group: str
    """What separates the thousands."""
    date_form: str
    """The long form of a date, with the blanks `d`, `month` and `y`."""
    day_form: str
    """The same without the year."""
    time_form: str
    """The short form of a time, with the blanks `h` (0 to 23), `half` (1 to 12), `m` and `part`."""
    months: tuple[str, ...]
    parts: tuple[str, str] = ("", "")
    """What the two halves of a day are called, where times name them."""

    def number(self, value: int | Decimal) -> str:
        """Format a number; a Decimal keeps its digits."""
        return f"{value:,}".translate({ord(","): self.group, ord("."): self.decimal})

    def day(self, value: date) -> str:
        """Format a date without its year."""
        return self.day_form.format(d=value.day, month=self.months[value.month - 1])

    def date(self, value: date) -> str:
        """Format a date as people read it."""
        return self.date_form.format(d=value.day, month=self.months[value.month - 1], y=value.year)

    def clock(self, value: time) -> str:
        """Format a time of day, to the minute."""
        return self.time_form.format(
            h=value.hour, half=value.hour % 12 or 12, m=f"{value.minute:02}", part=self.parts[value.hour // 12]
        )


def _names(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _none(_: int) -> Form:
    return "other"


def _one(count: int) -> Form:
    return "one" if count == 1 else "other"


def _one_or_many(count: int) -> Form:
    return "one" if count == 1 else _millions(count)


def _zero_is_one_too(count: int) -> Form:
    return "one" if count in (0, 1) else _millions(count)


def _millions(count: int) -> Form:
    return "many" if count and count % 1_000_000 == 0 else "other"


RULES: Final[Mapping[str, LocaleRules]] = MappingProxyType(
    {
        "en": LocaleRules(
            _one,
            ".",
            ",",
            "{d} {month} {y}",
            "{d} {month}",
            "{h:02}:{m}",
            _names("January February March April May June July August September October November December"),
        ),
        "de": LocaleRules(
            _one,
            ",",
            ".",
            "{d}. {month} {y}",
            "{d}. {month}",
            "{h:02}:{m}",
            _names("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
        ),
        "ko": LocaleRules(
            _none,
            ".",
            ",",
            "{y}년 {month} {d}일",
            "{month} {d}일",
            "{part} {half}:{m}",
            tuple(f"{number}월" for number in range(1, 13)),
            ("오전", "오후"),
        ),
        "es": LocaleRules(
            _one_or_many,
            ",",
            ".",
            "{d} de {month} de {y}",
            "{d} de {month}",
            "{h}:{m}",
            _names("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
        ),
        "fr": LocaleRules(
            _zero_is_one_too,
            ",",
            "\N{NARROW NO-BREAK SPACE}",
            "{d} {month} {y}",
            "{d} {month}",
            "{h:02}:{m}",
            _names("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        ),
        "pt-BR": LocaleRules(
            _zero_is_one_too,
            ",",
            ".",
            "{d} de {month} de {y}",
            "{d} de {month}",
            "{h:02}:{m}",
            _names("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
        ),
    }
)
"""By the tag of the language; for English as it is written in Great Britain."""
