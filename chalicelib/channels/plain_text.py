"""Turns a model's Markdown into text that reads well where signs are shown as they stand."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chalicelib.channels.formula_text import readable
from chalicelib.channels.stray_signs import without_pairs

if TYPE_CHECKING:
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

MOST: Final = 20_000
"""Characters, ten messages on Messenger; a longer text stays as it is, since a hostile one would take seconds."""
_SIGNS: Final = re.compile(r"[*_~`\[\\$<&|]|^[^\S\n]*(?:[-+#>]|=+[^\S\n]*$)|\n[^\S\n]*1[.)]\s", re.MULTILINE)
"""What a text without Markdown has none of. It looks at a line alone: else empty lines would take seconds."""
_APART: Final = {"heading", "hr", "fence", "table", "formula_lines"}
"""Blocks with an empty line before and after them."""
_HELD: Final = re.compile(r"(?:^[ │]*\x00b|\x00i)(\d+)\x00", re.MULTILINE)
_BREAK: Final = re.compile(r"\s*(?:<br\s*/?>|\n)\s*", re.IGNORECASE)
_BULLETS: Final = ("•", "◦", "▪")
_DASH: Final = " \u2013 "
_TASK: Final = re.compile(r"\[([ xX])\] ")


def plain(text: str) -> str:
    """Return the text without Markdown's signs. No word is lost; a text without Markdown, or of signs alone, stays.

    Lists get bullets, links their address behind them, tables one line a row. The content of code stays exactly. A
    sign that was meant as a sign stays, or looks the same, so that no app reads two of them as a mark.
    """
    if len(text) > MOST or not _SIGNS.search(text):
        return text
    from chalicelib.channels import markdown  # noqa: PLC0415 (most answers have no Markdown)

    try:
        tree = markdown.parse(text)
    except RecursionError:
        return text
    writer = _Writer(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), markdown.spans)
    written = writer.blocks(tree.children)
    lines = [
        without_pairs(re.sub(r"\[\^([\w-]+)\]", r"[\1]", line), writer.held_in(line)) for line in written.split("\n")
    ]
    finished = writer.with_held("\n".join(lines))
    return finished if finished.strip() else text


@dataclass(frozen=True)
class _Writer:
    """Writes nodes of a syntax tree as text. What must stay exactly is held back behind a number between zero bytes."""

    lines: Sequence[str]
    """Of the source."""
    spans: "Callable[[SyntaxTreeNode], Sequence[Token]]"
    held: list[str] = field(default_factory=list)

    def blocks(self, nodes: "Sequence[SyntaxTreeNode]", *, depth: int = 0) -> str:
        written, apart = "", False
        for node in nodes:
            text = self._block(node, depth)
            apart = apart or node.type in _APART
            if text:
                gap = max(self._blank_lines_before(node), int(apart))
                written += "\n" * (gap + 1) + text if written else text
                apart = node.type in _APART
        return written

    def _blank_lines_before(self, node: "SyntaxTreeNode") -> int:
        first = count = node.map[0] if node.map else 0
        while count and not self.lines[count - 1].strip(" \t>"):
            count -= 1
        return first - count

    def _block(self, node: "SyntaxTreeNode", depth: int) -> str:
        match node.type:
            case "fence":
                return self._hold(node.content.removesuffix("\n"), "b") if node.content.strip() else ""
            case "code_block":
                return self._hold((self._stood(node) or node.content).rstrip(), "b")
            case "blockquote":
                return _hanging(self.blocks(node.children, depth=depth), "│ ", "│ ") if node.children else ""
            case "bullet_list" | "ordered_list":
                return self._list(node, depth)
            case "table":
                return self._table(node)
            case "formula_lines":
                return readable(node.content)
            case "hr":
                return ""
        return self._paragraph(node)

    def _paragraph(self, node: "SyntaxTreeNode") -> str:
        """Write a paragraph or a heading: as it stood, with its white space, if it has no marks."""
        text = self._inline(self.spans(node))
        stood = self._stood(node)
        return stood if text == "\n".join(line.strip() for line in stood.split("\n")) else text

    def _stood(self, node: "SyntaxTreeNode") -> str:
        """Return the lines of a block as they stood; nothing for one that is inside another."""
        is_at_top = node.parent is not None and node.parent.type == "root"
        return "\n".join(self.lines[slice(*node.map)]) if is_at_top and node.map else ""

    def _list(self, node: "SyntaxTreeNode", depth: int) -> str:
        written, apart = "", False
        for sign, item in zip(_signs(node, depth), node.children, strict=True):
            text = self.blocks(item.children, depth=depth + 1)
            if task := _TASK.match(text):
                text, sign = text[task.end() :], "☐" if task[1] == " " else "☑"  # noqa: PLW2901 (in its place)
            gap = max(self._blank_lines_before(item), int(apart))
            written += "\n" * (gap + 1) * bool(written) + _hanging(text, f"{sign} ", "  ")
            apart = bool(item.children) and item.children[-1].type in _APART
        return written

    def _table(self, node: "SyntaxTreeNode") -> str:
        """Write a line for each row, with the name of each column; for two columns the names once."""
        names, *rows = [[self._cell(cell) for cell in row.children] for part in node.children for row in part.children]
        if not rows:
            return ", ".join(filter(None, names))
        if len(names) <= 2:  # noqa: PLR2004 (a name and its value)
            title, lines = _DASH.join(filter(None, names)), [": ".join(filter(None, row)) for row in rows]
        else:
            title, lines = names[0], [_row(names, row) for row in rows]
        return "\n".join([f"{title}:"] * bool(title) + [f"• {line}" for line in lines])

    def _cell(self, node: "SyntaxTreeNode") -> str:
        return _BREAK.sub(", ", self._inline(self.spans(node)))

    def _inline(self, tokens: "Sequence[Token]") -> str:
        written: list[str] = []
        links: list[tuple[int, str]] = []
        for token in tokens:
            match token.type:
                case "code_inline" | "address":
                    written.append(self._hold(token.content, "i"))
                case "softbreak" | "hardbreak":
                    written.append("\n")
                case "s_open" | "s_close":
                    written.append("(" if token.nesting > 0 else ")")
                case "link_open":
                    links.append((len(written), str(token.attrs["href"])))
                case "link_close":
                    start, address = links.pop()
                    written[start:] = [self._link("".join(written[start:]), address)]
                case "image":
                    written.append(self._link(self._inline(token.children or ()), str(token.attrs["src"])))
                case kind:
                    written.append(readable(token.content) if kind == "formula" else token.content)
        return "".join(written)

    def _link(self, label: str, address: str) -> str:
        shown = address.removeprefix("mailto:").removeprefix("tel:")
        held = self._hold(shown, "i")
        is_bare = _bare(self.with_held(label)) in ("", _bare(shown))
        return held if is_bare else f"{label} ({held})"

    def with_held(self, text: str) -> str:
        return _HELD.sub(lambda found: self.held[int(found[1])], text)

    def held_in(self, line: str) -> str:
        """Return all that is held back in a line."""
        return "".join(self.held[int(found[1])] for found in _HELD.finditer(line))

    def _hold(self, content: str, kind: str) -> str:
        self.held.append(content)
        return f"\x00{kind}{len(self.held) - 1}\x00"


def _signs(node: "SyntaxTreeNode", depth: int) -> Iterable[str]:
    """Return what stands before each item of a list: a bullet, or its number as written; all ones are counted."""
    numbers = [item.info for item in node.children]
    if len(set(numbers)) == 1 and numbers[0]:
        numbers = [str(int(numbers[0]) + index) for index in range(len(numbers))]
    bullet = _BULLETS[min(depth, len(_BULLETS) - 1)]
    return [f"{number}{item.markup}" if number else bullet for number, item in zip(numbers, node.children, strict=True)]


def _row(names: Sequence[str], row: Sequence[str]) -> str:
    """Write a row of three or more columns, each value after its column's name."""
    pairs = zip(names[1:], row[1:], strict=False)
    values = ", ".join(f"{name}: {cell or _DASH.strip()}" if name else cell for name, cell in pairs if name or cell)
    return f"{row[0]}{_DASH}{values}" if row[0] else values


def _hanging(text: str, first: str, others: str) -> str:
    """Put `first` before the first line and `others` before the others, except empty ones."""
    head, *rest = text.split("\n")
    return "\n".join([first + head, *(others + line if line else "" for line in rest)])


def _bare(address: str) -> str:
    return address.removeprefix("https://").removeprefix("http://").removesuffix("/")
