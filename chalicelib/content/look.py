"""What a persona looks like on the chat page: its face and its colour, checked before they are used.

A face is an emoji or a small SVG. The page shows an SVG as an image only, in which no script runs and nothing is
loaded; the list of elements and attributes here is a second defence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.content.toml_file import TomlFile

LONGEST_EMOJI: Final = 12
"""Characters: an emoji may have several, such as those of a family."""
LONGEST_SVG: Final = 2_000
"""Bytes of UTF-8."""
LEAST_CONTRAST: Final = 5.0
"""Of the colour with white, on a scale from 1 to 21: white words on it, and its words on a light page, can be read."""
_LINEAR_UP_TO: Final = 0.04045
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}", re.ASCII | re.IGNORECASE)
_SVG: Final = "{http://www.w3.org/2000/svg}"
_ELEMENTS: Final = frozenset(
    (
        *("svg", "g", "path", "circle", "ellipse", "rect", "line", "polygon", "polyline"),
        *("defs", "linearGradient", "radialGradient", "stop", "clipPath"),
    )
)
_ATTRIBUTES: Final = frozenset(
    (
        *("viewBox", "width", "height", "id", "d", "points", "transform", "opacity", "offset", "gradientTransform"),
        *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "gradientUnits"),
        *("fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"),
        *("stroke-opacity", "stroke-dasharray", "stop-color", "stop-opacity", "clip-path", "clip-rule"),
    )
)
_OWN_REFERENCE: Final = re.compile(r"url\(#[\w-]+\)", re.ASCII)


@dataclass(frozen=True)
class Look:
    """A persona's look; empty for the page's own."""

    face: str = ""
    """An emoji, or the text of an SVG, which begins with `<svg`."""
    colour: str = ""
    """As `#b3202a`."""

    def public(self) -> Mapping[str, str]:
        """Return what there is, by its names in the protocol."""
        return {name: value for name, value in {"face": self.face, "colour": self.colour}.items() if value}


def look_of(file: TomlFile) -> Look:
    """Return the look in a persona's file. Raises ConfigError with file, line and reason."""
    return Look(_face(file), _colour(file))


def contrast_with_white(colour: str) -> float:
    """Return the contrast of a colour such as `#b3202a` with white as WCAG 2 defines it, from 1 to 21."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (_linear(channel) for channel in channels)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _LINEAR_UP_TO else ((channel + 0.055) / 1.055) ** 2.4


def _colour(file: TomlFile) -> str:
    colour = file.values.get("colour", "")
    if colour == "":
        return ""
    if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
        raise file.error('colour must be text such as "#b3202a"', "colour")
    contrast = contrast_with_white(colour)
    if contrast < LEAST_CONTRAST:
        reason = f"colour is too light: its contrast with white is {contrast:.1f}, and must be {LEAST_CONTRAST}"
        raise file.error(f"{reason} or more", "colour")
    return colour.lower()


def _face(file: TomlFile) -> str:
    face = file.values.get("face", "")
    if isinstance(face, str) and face.lstrip().startswith("<"):
        if wrong := _svg_error(face.strip()):
            raise file.error(f"face is an SVG, but {wrong}", "face")
        return face.strip()
    if not isinstance(face, str) or len(face) > LONGEST_EMOJI or any(one.isspace() or one.isascii() for one in face):
        raise file.error("face must be an emoji, or the text of an SVG that begins with <svg", "face")
    return face


def _svg_error(text: str) -> str:
    """Return what is wrong with the text of an SVG, to follow `but`; empty if nothing is."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415 (only a face that is an SVG needs it)

    if len(text.encode()) > LONGEST_SVG:
        return f"it has more than {LONGEST_SVG} bytes"
    if "<!" in text or "<?" in text:
        return "it has a comment or a declaration: leave out what begins with <! or <?"
    try:
        root = ET.fromstring(text)  # noqa: S314 (short, and without declarations)
    except ET.ParseError as exc:
        return f"it is no XML: {exc}"
    if root.tag != f"{_SVG}svg" or "viewBox" not in root.attrib:
        return 'it must begin with <svg xmlns="http://www.w3.org/2000/svg" viewBox="…">'
    return next(filter(None, (_element_error(one.tag.removeprefix(_SVG), one.attrib) for one in root.iter())), "")


def _element_error(tag: str, attributes: Mapping[str, str]) -> str:
    if tag not in _ELEMENTS:
        return f"the element {tag} is not allowed"
    for name, value in attributes.items():
        if name not in _ATTRIBUTES:
            return f"the attribute {name} is not allowed"
        if "url" in value.lower() and not _OWN_REFERENCE.fullmatch(value):
            return f"the attribute {name} may refer to a part of the SVG only, such as url(#sky)"
    return ""
