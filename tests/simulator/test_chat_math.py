"""Mathematics in answers: what is a formula, that prices are none, and that nothing flickers meanwhile."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.simulator.chat_page import a_page, answered, asked, every_state_shown, expect_to_fit, open_chat, write
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

REQUESTED = "() => performance.getEntriesByType('resource').map((one) => one.name.split('/').at(-1))"


def formulas(answer: Locator, *expected: str) -> None:
    """Check the formulas of an answer, each as its TeX, and that all are drawn."""
    assert answer.locator("var").evaluate_all("all => all.map((each) => each.dataset.tex)") == list(expected)
    expect(answer.locator("var > math")).to_have_count(len(expected))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (r"So \(a^2+b^2\) is it.", [r"a^2+b^2"]),
        ("\\[x=1\\]", ["x=1"]),
        ("Then:\n\\[\nx = 1\n\\]\nand on.", ["x = 1"]),
        ("$$\n\\frac{a}{b}\n= c\n- d\n$$", ["\\frac{a}{b}\n= c\n- d"]),
        ("- item:\n  $$\n  x^2\n  $$\n- next", ["x^2"]),
        ("1. First \\(x\\)\n\n   \\[ y \\]\n2. Then", ["x", "y"]),
        ("> $$e^{i\\pi}$$", ["e^{i\\pi}"]),
        ("| a | b |\n|---|---|\n| $x_1$ | \\(y\\) |", ["x_1", "y"]),
        ("$0$ points to X, costs $5", ["0"]),
        ("**Area: $A = a * b * c$**", ["A = a * b * c"]),
        ("*see $a*b$ and $c*d$*", ["a*b", "c*d"]),
        ("the $n$th of $x_i$, 값 $x$는 $f(x)$.", ["n", "x_i", "x", "f(x)"]),
        (r"Units: $5\,\text{km}$ and $50\%$", [r"5\,\text{km}", r"50\%"]),
        (r"$$\begin{aligned}a &= 1\\b &= 2\end{aligned}$$", [r"\begin{aligned}a &= 1\\b &= 2\end{aligned}"]),
        (r"\[\ce{H2O}\]", [r"\ce{H2O}"]),
        ("$\\{1, 2\\}$ and \\$5", [r"\{1, 2\}"]),
        ("## The $x$ axis", ["x"]),
    ],
)
def test_a_formula_is_drawn(open_page: Page, bot: ChatServer, markdown: str, expected: list[str]):
    formulas(answered(open_page, bot, markdown), *expected)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("costs $5 or $6, $10-$20", "costs $5 or $6, $10-$20"),
        ("It is **$750** or **$4**", "It is $750 or $4"),
        ("US$5 and A$ 6, C$7", "US$5 and A$ 6, C$7"),
        ("$5/mo and 6/mo$ or $5k", "$5/mo and 6/mo$ or $5k"),
        ("$1,000.00 to $2,000.50 (= $3)", "$1,000.00 to $2,000.50 (= $3)"),
        ("export $HOME and $PATH, $HOME/$USER", "export $HOME and $PATH, $HOME/$USER"),
        ("The $$$ places", "The $$$ places"),
        ("pay 5$ or 6$", "pay 5$ or 6$"),
        (r"\$5 and \$6", "$5 and $6"),
        (r"use `$$` and `\(`, `$x$`", r"use $$ and \(, $x$"),
        ("```\n$x$ \\(y\\)\n$$z$$\n```", "$x$ \\(y\\)\n$$z$$"),
        (r"C:\(new)", r"C:\(new)"),
        (r"\[note\] and \[citation needed\]", r"\[note\] and \[citation needed\]"),
        (r"as in \[1\]", r"as in \[1\]"),
        (r"\[note", r"\[note"),
        ("$$", "$$"),
        ("never $$ closed", "never $$ closed"),
        ("$x\ny$", "$x\ny$"),
    ],
)
def test_what_is_no_formula_stays_text(open_page: Page, bot: ChatServer, markdown: str, shown: str):
    answer = answered(open_page, bot, markdown)
    expect(answer).to_have_text(shown, use_inner_text=True)
    assert answer.locator("var").count() == 0


@pytest.mark.parametrize(
    "source",
    [
        r"\(\frac{a\)",
        r"\[\foo{x}\]",
        r"$$\def\a{\a\a}\a$$",
        r"$x^{2$",
        r"\(\includegraphics{https://example.com/a.png}\)",
        r"\(\href{javascript:alert(1)}{x}\)",
        r"\(\class{top}{x}\)",
        r"\(<img src=x onerror=alert(1)>\frac\)",
        "\\(" + r"\sqrt" * 400 + "x\\)",
        "\\(" + r"\frac{1}{" * 100 + "x" + "}" * 100 + "\\)",
        "\\(" + "x+" * 1600 + "x\\)",
    ],
)
def test_a_formula_that_cannot_be_read_stays_as_it_was_written(open_page: Page, bot: ChatServer, source: str):
    answer = answered(open_page, bot, f"So {source}.\n\nAnd \\(x\\).")
    expect(answer.locator("math")).to_have_count(1)
    expect(answer).to_contain_text(f"So {source}.")


def test_nothing_of_a_formula_becomes_html_or_reaches_beyond_its_place(open_page: Page, bot: ChatServer):
    hostile = r"\(\text{<img src=x onerror=alert(1)>}\) \(\rule{900em}{900em}\) \(\style{position:fixed}{x}\)"
    answer = answered(open_page, bot, hostile, r" \(\kern-900em x\)")
    expect(answer.locator("math").first).to_contain_text("<img src=x onerror=alert(1)>")
    assert answer.locator("img, script, [onerror]").count() == 0
    assert open_page.evaluate("document.documentElement.scrollWidth") <= 1100
    expect(answer).to_have_css("overflow-x", "clip")


def test_the_library_is_loaded_with_the_first_formula_and_not_before(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    answered(chat, bot, "Costs $5, no formula.")
    assert not {"temml.mjs", "temml.css", "math.css"} & set(chat.evaluate(REQUESTED))
    write(chat, "And now?")
    bot.answer(r"\(x\)")
    expect(chat.locator("var > math")).to_have_count(1)
    chat.wait_for_function(f"['temml.mjs', 'temml.css', 'math.css'].every((name) => ({REQUESTED})().includes(name))")


def test_formulas_keep_their_looks_under_the_policy(open_page: Page, bot: ChatServer):
    answer = answered(open_page, bot, r"\(\color{red}x\) \[\boxed{y}\begin{cases}a&b\\c&d\end{cases}\]")
    expect(answer.locator("math")).to_have_count(2)
    colours = answer.locator("math *").evaluate_all("all => all.map((each) => getComputedStyle(each).color)")
    assert "rgb(255, 0, 0)" in colours


@pytest.mark.parametrize(
    ("steps", "unseen"),
    [
        (("Then ", "\\(a^2 ", "+ b^2", "\\) holds."), ("\\(", "a^2")),
        (("Then:\n\n", "\\[\n", "x = \\frac{1}", "{2}\n", "\\]\n", "So."), ("\\[", "frac")),
        (("$$", "\nx^2", "\n- y\n", "$$\n\ndone"), ("$$", "x^2")),
        (("Take ", "$x_", "1$ and ", "go."), ("$", "x_")),
    ],
)
def test_an_unfinished_formula_is_not_seen_while_the_answer_grows(
    open_page: Page, bot: ChatServer, steps: tuple[str, ...], unseen: tuple[str, ...]
):
    formulas(answered(open_page, bot, r"\(x\)"), "x")
    drawn = open_page.locator("var > math").count()
    write(open_page, "Go on")
    turn = bot.ask()
    open_page.evaluate("() => { window.shown.length = 0 }")
    for seq, words in enumerate(steps, 1):
        bot.say(turn, words, seq=seq)
        open_page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    bot.complete(turn, len(steps))
    expect(open_page.locator("var > math")).to_have_count(drawn + 1)
    assert not [state for state in every_state_shown(open_page) if any(sign in state for sign in unseen)]


@pytest.mark.parametrize("rest", ["$$ x", "\\(x", "\\[\nx = 1", "$x_1 + "])
def test_what_was_held_back_is_shown_when_the_answer_ends_without_it(open_page: Page, bot: ChatServer, rest: str):
    answer = answered(open_page, bot, "So ", rest)
    expect(answer).to_contain_text(rest.split(maxsplit=1)[0])


def test_a_price_is_seen_at_once_while_the_answer_grows(open_page: Page, bot: ChatServer):
    turn, answer = asked(open_page, bot)
    bot.say(turn, "It costs $5 ")
    expect(answer).to_contain_text("It costs $5")
    bot.complete(turn, 1)


def test_a_formula_that_is_drawn_keeps_its_node_while_its_paragraph_grows(open_page: Page, bot: ChatServer):
    turn, answer = asked(open_page, bot)
    bot.say(turn, "Take \\(x^2\\) and")
    expect(answer.locator("var > math")).to_have_count(1)
    answer.locator("math").evaluate("(drawn) => { drawn.kept = true }")
    bot.say(turn, " then more", seq=2)
    expect(answer).to_contain_text("then more")
    assert answer.locator("math").evaluate("(drawn) => drawn.kept") is True
    bot.complete(turn, 2)


def test_a_wide_formula_scrolls_alone_also_by_keyboard(browser: Browser, bot: ChatServer):
    size: Any = {"width": 360, "height": 640}
    with a_page(browser, bot.url, viewport=size) as chat:
        open_chat(chat, bot)
        answer = answered(
            chat,
            bot,
            "\\["
            + "+".join(f"x_{{{n}}}" for n in range(40))
            + "\\]\n\nIn a line: \\(a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u\\)",
        )
        expect(answer.locator("math")).to_have_count(2)
        expect_to_fit(chat, 360)
        place = answer.get_by_role("group", name="Formula")
        place.focus()
        chat.keyboard.press("End")
        assert place.evaluate("node => node.scrollWidth > node.clientWidth")
