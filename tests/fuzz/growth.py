"""Measures how the time of a parser grows with its input; a ratio, since machines differ."""

from collections.abc import Callable
from time import process_time
from typing import Final

SMALL: Final = 1500
TIMES: Final = 4
MOST: Final = 10
"""Four times the input may take ten times as long: a quadratic parser takes sixteen times, a linear one four times."""
TOO_QUICK_S: Final = 0.02
"""What takes less, with the larger input, is not worth a look; noise is larger than that."""


def taken(run: Callable[[bytes], object], data: bytes) -> float:
    began = process_time()
    run(data)
    return process_time() - began


def growth(run: Callable[[bytes], object], piece: bytes, longest: int, *, most_pieces: int = SMALL) -> float:
    """How many times as long the larger of two inputs takes, of this piece again and again. At least 1."""
    small = piece * max(1, min(most_pieces, longest // TIMES // len(piece)))
    large = small * TIMES
    if (once := taken(run, large)) < TOO_QUICK_S or once / max(taken(run, small), 1e-6) <= MOST:
        return 1.0
    return min(once, taken(run, large)) / max(min(taken(run, small) for _ in range(3)), 1e-6)
