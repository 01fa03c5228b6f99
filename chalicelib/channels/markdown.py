"""Parses Markdown as the chat page reads it, with three rules more that keep formulas, addresses and products whole."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_DEEPEST: Final = 40
"""Levels of lists and quotes, two for each list; markdown-it leaves out what is deeper."""
_FORMULA: Final = re.compile(
    r"\\\((?P<round>.{1,1000}?)\\\)"
    r"|\\\[(?P<square>.{1,1000}?)\\\]"
    r"|\$\$(?P<tight>[^\s$](?:[^$]{0,1000}[^\s$])?)\$\$(?!\$)"
    r"|\$\$(?P<wide>\s(?=[^$]{0,1000}[\\^_={}+])[^$]{0,1000}\s)\$\$(?!\$)"
    r"|\$(?P<single>(?=[^$\n]{0,1000}[\\^_={}])[^\s$](?:[^$\n]{0,1000}[^\s$])?)\$(?![\d$])",
    re.DOTALL,
)
_FORMULA_LINES: Final = {"$$": re.compile(r"\$\$\s*$"), "\\[": re.compile(r"\\\]\s*$")}
"""How the first line of a formula of several lines begins, and how its last one ends."""
_PRODUCT: Final = re.compile(r"(?:^|.)?(?:[0-9)\]]|(?<![A-Za-z])[A-Za-z])\*[A-Za-z0-9(\[]", re.DOTALL)
_LINES: Final = 50
"""The most lines of a formula."""
_SCHEME: Final = re.compile(r"(?<![A-Za-z0-9])https?$")
_ADDRESS: Final = re.compile(r"://(?:(?!\*\*)[^\s<>\"`|\\\[\]])+")
_NOT_LAST: Final = "?!.,:;*_~'\""
"""Signs that end a sentence rather than an address."""


def parse(text: str) -> SyntaxTreeNode:
    """Return the tree of the blocks; `spans` returns what is inside a paragraph or a cell.

    Besides markdown-it's own there are `formula`, `formula_lines` and `address`, with their content. Raises
    RecursionError for lists, quotes or images inside each other without end.
    """
    tokens = _parser().parse(text)
    if any(token.level >= _DEEPEST - 2 for token in tokens):
        raise RecursionError("nested too deeply")
    for token in tokens:
        if token.type == "inline":  # emphasis may be nested without end, so it is no tree
            token.meta["spans"], token.children = token.children or [], []
    return SyntaxTreeNode(tokens)


def spans(node: SyntaxTreeNode) -> Sequence[Token]:
    """Return the tokens of a paragraph, a heading or a cell, in their order."""
    return [token for inline in node.children for token in inline.meta["spans"]]


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"]).disable("reference")
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.inline.ruler.before("emphasis", "product", _product)
    parser.inline.ruler.before("autolink", "address", _address)
    parser.block.ruler.before("fence", "formula_lines", _formula_lines, {"alt": ["paragraph"]})
    parser.normalizeLink = _as_written  # type: ignore[method-assign, assignment]
    return parser


def _as_written(address: str) -> str:
    return address


def _formula(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 (markdown-it's)
    r"""Take `\(…\)`, `\[…\]`, `$$…$$` and careful `$…$`, in which nothing is a mark."""
    found = _FORMULA.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    if not silent:
        state.push("formula", "", 0).content = next(filter(None, found.groups())).strip()
    state.pos = found.end()
    return True


def _product(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 (markdown-it's)
    """Take one star after a digit, a bracket or a lone letter as a sign of its own: `2*3*4` has no emphasis."""
    if not _PRODUCT.fullmatch(state.src, max(state.pos - 2, 0), state.pos + 2):
        return False
    if not silent:
        state.pending += "*"
    state.pos += 1
    return True


def _address(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 (markdown-it's)
    """Take the rest of an address in a text, in which nothing is a mark; its scheme is part of the text before."""
    found = _ADDRESS.match(state.src, state.pos, state.posMax)
    if not found or not _SCHEME.search(state.src, 0, state.pos):
        return False
    address = found.group()
    while address[-1] in _NOT_LAST or (address[-1] == ")" and address.count("(") < address.count(")")):
        address = address[:-1]
    if not silent:
        state.push("address", "", 0).content = address
    state.pos += len(address)
    return True


def _formula_lines(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 (markdown-it's)
    """Take a formula whose first line begins it and whose last one ends it, so that no line of it begins a list."""
    if state.is_code_block(start):
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    closes = _FORMULA_LINES.get(first[:2])
    if not closes or closes.search(first, 2):
        return False
    for line in range(start + 1, min(end, start + _LINES)):
        if state.sCount[line] < state.blkIndent or state.isEmpty(line):
            return False
        if closes.search(state.src, state.bMarks[line], state.eMarks[line]):
            break
    else:
        return False
    if not silent:
        token = state.push("formula_lines", "", 0)
        token.content = state.getLines(start, line + 1, state.blkIndent, False).strip()[2:-2].strip()
        token.map = [start, line + 1]
        state.line = line + 1
    return True
