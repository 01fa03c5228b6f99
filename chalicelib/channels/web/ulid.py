"""Decodes ULIDs, the ids that clients give their messages: https://github.com/ulid/spec."""

from typing import Final

_RANDOM_BITS: Final = 80
_CROCKFORD: Final = {digit: value for value, digit in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}


def ulid_parts(ulid: str | None) -> tuple[int | None, int]:
    """Decode a ULID in capital letters: its time, in milliseconds since 1970, and its other 80 bits."""
    if ulid is None:
        return None, 0
    number = 0
    for digit in ulid:
        number = number * len(_CROCKFORD) + _CROCKFORD[digit]
    return divmod(number, 1 << _RANDOM_BITS)
