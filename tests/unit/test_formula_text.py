"""Formulas as text that can be read where nothing draws them; what cannot be read stays as it was written."""
# ruff: noqa: RUF001 (signs that look alike are what this is about)

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.formula_text import readable
from chalicelib.channels.plain_text import plain


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"E = mc^2", "E = mc²"),
        (r"ax^2 + bx + c = 0", "ax² + bx + c = 0"),
        (r"x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}", "x₁,₂ = (-b ± √(b² - 4ac))/(2a)"),
        (r"\frac{1}{3}", "1/3"),
        (r"\frac12", "1/2"),
        (r"2\frac{1}{2} h", "2 1/2 h"),
        (r"\frac{1}{2}mv^2", "(1/2)mv²"),
        (r"\frac{1}{2}(a + b)", "(1/2)(a + b)"),
        (r"\dfrac{a}{b} + \tfrac{x+1}{y}", "a/b + (x+1)/y"),
        (r"\sum_{k=1}^{n} k = \frac{n(n+1)}{2}", "∑ₖ₌₁ⁿ k = (n(n+1))/2"),
        (r"\int_0^1 x^2\,dx", "∫₀¹ x² dx"),
        (r"\sqrt{2} \cdot \sqrt[3]{x+1} \sqrt x", "√2 · ³√(x+1) √x"),
        (r"a \neq 0", "a ≠ 0"),
        (r"2\pi r", "2πr"),
        (r"\alpha\beta \to \infty", "αβ → ∞"),
        (r"\sin x + \log_2 8 \leq \lim_{x \to 0} f(x)", "sin x + log₂ 8 ≤ lim_(x → 0) f(x)"),
        (r"e^{i\pi} = -1", "e^(iπ) = -1"),
        (r"x^{n-1}y^{10}", "xⁿ⁻¹y¹⁰"),
        (r"A^T B_{max}", "A^T B_(max)"),
        (r"90^\circ = 90^{\circ}", "90° = 90°"),
        (r"\left( \frac{a}{b} \right)^2", "( a/b )²"),
        (r"\left. x \right|_0", " x |₀"),
        (r"\text{price} = 5\%", "price = 5%"),
        (r"\mathbb{R} \subset \mathbf{X}", "ℝ ⊂ X"),
        (r"\{1, 2, \ldots, n\}", "{1, 2, …, n}"),
        (r"\boxed{x = 4}", "x = 4"),
        (r"f'(x) = 3~\text{m/s}^2", "f'(x) = 3 m/s²"),
        (r"", ""),
    ],
)
def test_a_formula_is_text_that_can_be_read(tex: str, text: str):
    assert readable(tex) == text


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        r"\unknown{x}",
        r"\frac{1}{",
        r"\frac{1}",
        r"x^",
        r"x^{2",
        r"2}",
        r"a & b",
        r"\sqrt",
        "\\",
        "{" * 200 + "x" + "}" * 200,
    ],
)
def test_a_formula_that_cannot_be_read_stays_as_it_was_written(tex: str):
    assert readable(tex) == tex


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (r"So \(x^2 + 1\) is it.", "So x² + 1 is it."),
        ("$$\nx = \\frac{1}{2}\n$$", "x = 1/2"),
        (r"\[ \sqrt{2} \]", "√2"),
        (r"It costs $5, or $\frac{1}{2}$ of it.", "It costs $5, or 1/2 of it."),
        (r"Use `\frac{1}{2}` in TeX", r"Use \frac{1}{2} in TeX"),
    ],
)
def test_an_answer_on_messenger_has_formulas_that_can_be_read(markdown: str, text: str):
    assert plain(markdown) == text


@given(tex=st.text(alphabet="ab7 .^_{}\\()", max_size=40))
def test_no_letter_of_a_formula_is_lost(tex: str):
    assert [char for char in readable(tex) if char.isalpha()] == [char for char in tex if char.isalpha()]


@pytest.mark.parametrize("part", ["{", "\\frac", "x^", "\\sqrt{", "a_{b}", "^{", "\\left("])
def test_a_hostile_formula_is_read_in_bounded_time(part: str):
    began = time.process_time()
    readable(part * 20_000)
    assert time.process_time() - began < 10
