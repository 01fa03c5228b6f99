"""Which part of many stories an ordinary run tells; `scripts/check --full` tells the rest."""

import pytest


def some(step: int) -> pytest.MarkDecorator:
    """Give a test `part`, the slice of every so many places; the other places are told with `scripts/check --full`."""
    others = [pytest.param(slice(part, None, step), marks=pytest.mark.full) for part in range(1, step)]
    return pytest.mark.parametrize("part", [slice(0, None, step), *others], ids=lambda part: f"{part.start} of {step}")


def seeds(always: int, full: int) -> pytest.MarkDecorator:
    """Give a test `seeds`: the first ones, and the rest up to `full` with `scripts/check --full`."""
    rest = pytest.param(range(always, full), marks=pytest.mark.full)
    return pytest.mark.parametrize("seeds", [range(always), rest], ids=str)
