"""Spreads over several items or partitions what all people would otherwise write into one, by a hash. Pure."""

from hashlib import sha256


def part_of(text: str, parts: int) -> int:
    """Return one of so many parts, counted from 0: the same in every process, and each as likely for another text."""
    return int.from_bytes(sha256(text.encode()).digest()[:4]) % parts
