"""Makes strings that UTF-8 can encode. JSON may hold half a character: one of the two surrogates of an emoji."""


def clean(text: str) -> str:
    """Join the two halves of a character, and replace lone ones by U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class SurrogateJoiner:
    """Cleans a text that comes in pieces, which may be cut between the halves of a character."""

    def __init__(self) -> None:
        self._half = ""

    def add(self, piece: str) -> str:
        """Return as much of the text as is certain by now: all but the first half of a character at the end."""
        text = self._half + piece
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return clean(text.removesuffix(self._half))

    def end(self) -> str:
        """Return the rest of the text."""
        return clean(self._half)
