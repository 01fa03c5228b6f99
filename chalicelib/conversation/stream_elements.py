"""Finds the JSON objects in the bytes of a streamed response, whatever else is between them. Pure.

Servers should send server-sent events with one object each. Some leave out the blank lines or the prefix `data:`, write
one object in several lines, or answer with a single object that is not streamed.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

Element = dict[str, Any]

DONE: Final = "[DONE]"
"""The `type` of the element that stands for the line `data: [DONE]`."""
MOST_BYTES: Final = 4 * 1024 * 1024
"""The largest object: the last one of Responses repeats the whole answer, and each character may be escaped."""
_IGNORED: Final = ("id:", "retry:")
_PREFIXES: Final = re.compile(r"(?:data:\s*+)+")
"""Some servers write the prefix twice."""


class StreamElements:
    """Keeps what has arrived of an object that is not complete. Other values than objects are passed over."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._lines: list[str] = []
        self._size = 0
        self._event = ""

    def feed(self, data: bytes) -> Iterator[Element]:
        """Yield the objects that are complete with these bytes. Raises ValueError for one that is too large.

        The name of an event is the `type` of an object that has none.
        """
        self._rest += data
        if b"\n" in data or b"\r" in data:
            lines = bytes(self._rest).splitlines(keepends=True)
            self._rest = bytearray(lines.pop() if not lines[-1].endswith(b"\n") else b"")
            for line in lines:
                yield from self._read(line)
        if len(self._rest) + self._size > MOST_BYTES:
            raise ValueError("an object in the response is too large")

    def end(self) -> Iterator[Element]:
        """Yield the objects that are complete because nothing follows."""
        yield from self._read(bytes(self._rest))
        yield from self._end_event()

    def _read(self, raw: bytes) -> Iterator[Element]:
        line = raw.decode(errors="replace").strip("\ufeff\r\n")
        if not line.strip():
            yield from self._end_event()
        elif line.startswith("event:"):
            self._event = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            yield from self._data(_PREFIXES.sub("", line, count=1), alone=True)
        elif not line.startswith((":", *_IGNORED)):
            yield from self._data(line, alone=not self._lines)

    def _data(self, text: str, *, alone: bool) -> Iterator[Element]:
        """Yield the object in a line; keep a line that may be part of one. `alone` if it may be a whole one."""
        if text.strip('" ').upper().startswith(DONE):
            yield {"type": DONE}
            return
        found = _objects(text) if alone else []
        if not found:
            self._lines.append(text)
            self._size += len(text)
        yield from map(self._named, found)

    def _end_event(self) -> Iterator[Element]:
        found = _objects("\n".join(self._lines)) if self._lines else []
        is_error = self._event == "error" and self._lines
        yield from map(self._named, found or ([{}] if is_error else []))
        self._lines.clear()
        self._size, self._event = 0, ""

    def _named(self, element: Element) -> Element:
        return {"type": self._event, **element} if self._event else element


def _objects(text: str) -> list[Element]:
    """Return the object, or the objects in the list, that the text is; nothing for any other text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]
