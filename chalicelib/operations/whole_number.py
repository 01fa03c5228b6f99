"""Parses whole numbers that owners type in the chat, on the page and on the command line."""


def whole_number(text: str, *, most: int) -> int | None:
    """Return the number; None unless it is one from 0 to `most`, in ASCII digits, and with no more than `most` has."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return int(text) if is_number and int(text) <= most else None
