"""Writes a formula in TeX as text that can be read where nothing draws it: `x^2` as `x²`."""
# ruff: noqa: RUF001 (signs that look alike are what this is about)

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r"\\[A-Za-z]+\*?[ \t]*|\\[^A-Za-z]|[\s\S]")
_FRACTIONS: Final = frozenset(["\\frac", "\\dfrac", "\\tfrac"])
_DEEPEST: Final = 40
_UP: Final = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
_DOWN: Final = str.maketrans("0123456789+-=()ijkn", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₙ")
_RAISED: Final = re.compile(r"[-0-9+=()ni]+")
_LOWERED: Final = re.compile(r"[-0-9+=()ijkn,]+")
_SIMPLE: Final = re.compile(r"[\w.,]*|[\w.]*[⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉]*")
_ONE: Final = re.compile(r"\w|[0-9.]*")
_DOUBLE_STRUCK: Final = {"N": "ℕ", "Z": "ℤ", "Q": "ℚ", "R": "ℝ", "C": "ℂ", "P": "ℙ", "E": "𝔼"}
_AS_THEY_ARE: Final = frozenset(
    ["text", "textbf", "textit", "textrm", "mathrm", "mathbf", "mathit", "mathsf", "mathcal", "operatorname", "boxed"]
)
_NOTHING: Final = frozenset(["left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "limits"])
_WORDS: Final = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "log",
        "ln",
        "exp",
        "lim",
        "max",
        "min",
        "det",
        "gcd",
        "mod",
    ]
)
_SPACES: Final = {"\\,": " ", "\\;": " ", "\\:": " ", "\\ ": " ", "\\!": "", "~": " ", "\\quad": " ", "\\qquad": " "}
_ESCAPED: Final = frozenset(["\\%", "\\$", "\\{", "\\}", "\\_", "\\&", "\\#"])
_LETTERS: Final = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ",
    "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
    "infty": "∞", "partial": "∂", "nabla": "∇", "hbar": "ħ", "ell": "ℓ",
}  # fmt: skip
_SIGNS: Final = {
    "pm": "±", "mp": "∓", "times": "×", "cdot": "·", "div": "÷", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "ne": "≠", "neq": "≠", "approx": "≈", "equiv": "≡", "sim": "∼", "propto": "∝", "to": "→", "rightarrow": "→",
    "leftarrow": "←", "Rightarrow": "⇒", "implies": "⇒", "Leftrightarrow": "⇔", "iff": "⇔", "mapsto": "↦", "sum": "∑",
    "prod": "∏", "int": "∫", "in": "∈", "notin": "∉", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩",
    "emptyset": "∅", "forall": "∀", "exists": "∃", "neg": "¬", "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨",
    "ldots": "…", "dots": "…", "cdots": "⋯", "circ": "∘", "degree": "°", "angle": "∠", "perp": "⊥", "parallel": "∥",
    "mid": "|", "langle": "⟨", "rangle": "⟩", "therefore": "∴", "ast": "∗", "star": "⋆", "lt": "<", "gt": ">",
}  # fmt: skip


class _Unreadable(Exception):
    """The formula has something that this module does not know."""


def readable(tex: str) -> str:
    """Return a formula as text; as it is if it has a command that is not known, or is no whole formula."""
    try:
        return _Reader(_TOKEN.findall(tex)).all()
    except _Unreadable:
        return tex


@dataclass
class _Reader:
    tokens: Sequence[str]
    at: int = 0
    depth: int = 0

    def all(self) -> str:
        text = self._until("")
        if self.at < len(self.tokens):
            raise _Unreadable
        return text

    def _until(self, end: str) -> str:
        """Write up to the token `end`, or to the end of the formula."""
        written: list[str] = []
        while self.at < len(self.tokens) and self.tokens[self.at] != end:
            is_fraction = self.tokens[self.at].rstrip() in _FRACTIONS
            piece = self._next()
            touches = is_fraction and written and written[-1][-1:].isalnum()
            written.append(f" {piece}" if touches else piece)
        return "".join(written)

    def _next(self) -> str:
        """Write what the next token begins. Raises _Unreadable if there is none."""
        if self.at == len(self.tokens):
            raise _Unreadable
        token = self.tokens[self.at]
        self.at += 1
        match token:
            case "{":
                return self._group("}")
            case "^":
                return self._script("^", _RAISED, _UP)
            case "_":
                return self._script("_", _LOWERED, _DOWN)
            case "}" | "&":
                raise _Unreadable
        if token in _ESCAPED:
            return token[1]
        if token in _SPACES:
            return _SPACES[token]
        return self._command(token) if token[0] == "\\" else token

    def _group(self, end: str) -> str:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Unreadable
        text = self._until(end)
        if self.at == len(self.tokens):
            raise _Unreadable
        self.at += 1
        self.depth -= 1
        return text

    def _argument(self) -> str:
        """Write what a command applies to: a group, or one sign."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Unreadable
        text = self._next()
        self.depth -= 1
        return text

    def _script(self, sign: str, small: re.Pattern[str], table: Mapping[int, int]) -> str:
        """Write what is raised or lowered in small signs, where there are such signs."""
        given = self._argument()
        text = given.strip()
        space = " " if given[len(given.rstrip()) :] else ""
        if text == "∘":
            return f"°{space}"
        if small.fullmatch(text):
            return text.translate(table) + space
        return (f"{sign}{text}" if len(text) == 1 else f"{sign}({text})") + space

    def _command(self, token: str) -> str:
        name, space = token[1:].rstrip(), token[len(token.rstrip()) :]
        if token.rstrip() in _SPACES:
            return _SPACES[token.rstrip()]
        if name in _LETTERS:
            follows = self.tokens[self.at : self.at + 1]
            return _LETTERS[name] + ("" if follows and follows[0].isalnum() else space)
        if name in _SIGNS:
            return _SIGNS[name] + space
        if name in _WORDS:
            return name + space
        if name in _NOTHING:
            return self._delimiter()
        if name in _AS_THEY_ARE:
            return self._argument()
        made = _MADE.get(name)
        if made is None:
            raise _Unreadable
        return made(self)

    def _delimiter(self) -> str:
        """Leave out the sign of a bracket's size, and a dot behind it, which is no bracket."""
        if self.at < len(self.tokens) and self.tokens[self.at] == ".":
            self.at += 1
        return ""

    def fraction(self) -> str:
        above = _within(self._argument().strip(), _SIMPLE)
        quotient = f"{above}/{_within(self._argument().strip(), _ONE)}"
        follows = "".join(self.tokens[self.at : self.at + 1])
        return f"({quotient})" if follows.isalnum() or follows == "(" or follows[:1] == "\\" else quotient

    def root(self) -> str:
        index = ""
        if self.at < len(self.tokens) and self.tokens[self.at] == "[":
            self.at += 1
            index = self._group("]")
        if not _RAISED.fullmatch(index or "0"):
            raise _Unreadable
        return f"{index.translate(_UP)}√{_within(self._argument().strip(), _SIMPLE)}"

    def double_struck(self) -> str:
        letters = self._argument()
        return "".join(_DOUBLE_STRUCK.get(letter, letter) for letter in letters)


_MADE: Final[Mapping[str, Callable[[_Reader], str]]] = {
    "frac": _Reader.fraction,
    "dfrac": _Reader.fraction,
    "tfrac": _Reader.fraction,
    "sqrt": _Reader.root,
    "mathbb": _Reader.double_struck,
}


def _within(text: str, bare: re.Pattern[str]) -> str:
    """Return the text in brackets, unless it is so simple that it needs none."""
    return text if bare.fullmatch(text) else f"({text})"
