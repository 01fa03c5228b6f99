"""Markdown as text for apps that show signs as they stand: snippets as models write them, and what holds for all."""
# ruff: noqa: RUF001 (signs that look alike are what this is about)

import re
import time
from collections import Counter

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.channels.plain_text import MOST, plain
from chalicelib.channels.splitting import split
from tests.fuzz import growth as fuzzed

EXAMPLES = settings().max_examples
"""Fewer with `scripts/check --fast`."""
READ_AS_MARKS = {
    "stars": re.compile(r"\*(?=[^\s*])[^\n]*?[^\s*]\*|(?<![A-Za-z0-9])\*\*+(?=\S)|(?<=\S)\*\*+(?![A-Za-z0-9])"),
    "underscores": re.compile(r"(?<![A-Za-z0-9_])_(?=[^\s_])[^\n]*?[^\s_]_(?![A-Za-z0-9_])"),
    "tildes": re.compile(r"~(?=[^\s~])[^\n]*?[^\s~]~"),
    "backticks": re.compile(r"`[^\n]*`"),
}
"""What Messenger in a browser may read as a mark, in any of the ways that are known of other apps."""
WILD = "ab7 .*_~-#>[]()|!\\\n"
wild = st.text(alphabet=WILD, max_size=40).map(lambda text: re.sub("  +", " ", text))
words = st.text("abcäßё日서9", min_size=1, max_size=6)
marked = st.one_of(
    words,
    words.map("**{}**".format),
    words.map("*{}*".format),
    words.map("~~{}~~".format),
    words.map("[{}](https://example.com/a_b)".format),
    words.map("# {}".format),
    words.map("- {}".format),
    words.map("1. {}".format),
    words.map("> {}".format),
)
documents = st.lists(st.tuples(marked, st.sampled_from(["\n", "\n\n"])), max_size=12).map(
    lambda pieces: "".join(map("".join, pieces))
)


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalpha())


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Our **opening hours**", "Our opening hours"),
        ("*Maybe* _this_ ***one***", "Maybe this one"),
        ("Now ~~10 €~~ 8 €", "Now (10 €) 8 €"),
        ("Run `pip install a_b`", "Run pip install a_b"),
        ("**1,000원(부가세 포함)**입니다", "1,000원(부가세 포함)입니다"),
        ("これは**「大切」**です", "これは「大切」です"),
        ("an answer that was **cut of", "an answer that was cut of"),
        ("an answer that was [cut](https://exam", "an answer that was [cut](https://exam"),
        ("\\*not a mark\\*", "\u2217not a mark\u2217"),
        ("un*frigging*believable", "unfriggingbelievable"),
        ("Tom &amp; Anna", "Tom & Anna"),
    ],
)
def test_marks_of_emphasis_are_gone(markdown: str, text: str):
    assert plain(markdown) == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("2*3*4 = 24", "2×3×4 = 24"),
        ("2*3 = 6, 2**10", "2×3 = 6, 2**10"),
        ("a*b*c", "a\u2217b\u2217c"),
        ("~5~10 EUR", "\u223c5\u223c10 EUR"),
        ("9~18시, 3~5일", "9\u223c18시, 3\u223c5일"),
        ("4*/5* hotels", "4\u2217/5\u2217 hotels"),
    ],
)
def test_signs_that_a_browser_would_read_as_marks_look_the_same_and_are_none(markdown: str, text: str):
    assert plain(markdown) == text


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 or $6, $10-$20.",
        "Restaurants from $$ to $$$",
        "2 * 3 * 4 = 24, and 2*3 = 6",
        "2**10 = 1024",
        "three ``` ticks alone",
        "a 4* hotel, a 5* hotel",
        "about ~5 EUR",
        "my_file_name.txt and a _b",
        "shop__search and a_b__c_d, x___y",
        "Name: ____ Date: ____",
        "5 < 6 & 7 > 3; AT&T [sic] C:\\new",
        "f***ing **** stars",
        "https://example.com/a_b_*c*_d?x=~1~&y=1",
        "#hashtag, issue #12, C# and F#",
        "Room 3-5; - no; well -- yes",
        "1. one\n2. two\n4. four",
        "A poem,\n   set in\n      a_b steps\n\n\n\nand * more",
    ],
)
def test_a_text_without_markdown_stays_as_it_is(text: str):
    assert plain(text) == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("See [our page](https://a.example/x_y_z).", "See our page (https://a.example/x_y_z)."),
        ("[https://a.example](https://a.example/)", "https://a.example/"),
        ("[a.example](https://a.example)", "https://a.example"),
        ("<https://a.example/?a=1&b=2>", "https://a.example/?a=1&b=2"),
        ("**https://a.example/b**", "https://a.example/b"),
        ("(https://a.example/b_(c)_d), *x*", "(https://a.example/b_(c)_d), x"),
        ("[**Write**](mailto:hi@a.example) or <hi@a.example>", "Write (hi@a.example) or hi@a.example"),
        ("[Call](tel:+49301234)", "Call (+49301234)"),
        ("[서울](https://ko.example/wiki/서울)", "서울 (https://ko.example/wiki/서울)"),
        ("![A red **chair**](https://a.example/c.png)", "A red chair (https://a.example/c.png)"),
        ("[x](javascript:alert(1)) *y*", "[x](javascript:alert(1)) y"),
        ("Fact[^1].\n\n[^1]: *Source*", "Fact[1].\n\n[1]: Source"),
        ("Fact [1].\n\n[1]: https://a.example/_s_", "Fact [1].\n\n[1]: https://a.example/_s_"),
    ],
)
def test_links_have_their_address_behind_them(markdown: str, text: str):
    assert plain(markdown) == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Title\nText", "Title\n\nText"),
        ("Text\n## Title\n- One\n- Two", "Text\n\nTitle\n\n• One\n• Two"),
        ("* One\n+ Two", "• One\n• Two"),
        ("- One\n  - Two\n    - Three\n      more\n- Four", "• One\n  ◦ Two\n    ▪ Three\n      more\n• Four"),
        ("- One\n\n- Two", "• One\n\n• Two"),
        ("1. One\n1. Two\n1. Three", "1. One\n2. Two\n3. Three"),
        ("3) One\n5) Two", "3) One\n5) Two"),
        ("1. **One**\n   - a\n2. Two", "1. One\n  ◦ a\n2. Two"),
        ("- [ ] write\n- [x] read", "☐ write\n☑ read"),
        ("> A **quote**\n> of two lines", "│ A quote\n│ of two lines"),
        ("Above\n\n---\n\nBelow", "Above\n\nBelow"),
        ("Title\n=====\nText", "Title\n\nText"),
    ],
)
def test_blocks_are_lines(markdown: str, text: str):
    assert plain(markdown) == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("| Day | Hours |\n|--|--|\n| Mon | 9–18 |\n| Tue | |", "Day – Hours:\n• Mon: 9–18\n• Tue"),
        (
            "| Product | Price | Left |\n|:--|--:|:-:|\n| **Chair** | 10 € | 3 |\n| Bed<br>big | | `1` |",
            "Product:\n• Chair – Price: 10 €, Left: 3\n• Bed, big – Price: –, Left: 1",
        ),
        ("| | A | B |\n|-|-|-|\n| x | 1 | 2 |", "• x – A: 1, B: 2"),
        ("| A | B |\n|-|-|", "A, B"),
        ("Prices:\n| A | B |\n|-|-|\n| 1 | 2 |\n\nThat is all.", "Prices:\n\nA – B:\n• 1: 2\n\nThat is all."),
    ],
)
def test_tables_are_a_line_for_each_row(markdown: str, text: str):
    assert plain(markdown) == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (r"So \(a_1 * b_1 * c\) is", "So a₁ * b₁ * c is"),
        (r"\[x*y*z\]", "x\u2217y\u2217z"),
        ("$$\nE = mc^2\n- 1\n$$", "E = mc²\n- 1"),
        ("so $x^2$ costs $5 and $6", "so x² costs $5 and $6"),
        ("$$ a = b $$", "a = b"),
    ],
)
def test_formulas_have_no_marks(markdown: str, text: str):
    assert plain(markdown) == text


@pytest.mark.parametrize(
    "code",
    [
        "def f(*a, **k):\n    return a * 2 ** 3  # __init__",
        "~/a ~/b `x`",
        "| a | b |\n\n\n  - *c*",
        "$$x$$ [a](b) \\* &amp;",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "**Try** this:\n````py\n{}\n````\n*Done*", "- One\n\n  ````\n{}\n  ````\n- Two", "~~~~\n{}\n~~~~"]
)
def test_code_keeps_its_content_exactly(code: str, around: str):
    if around == "{}":
        around, code = "*Say* ``` {} ``` or _not_", code.replace("\n", " ")
    nested = code.replace("\n", "\n  ") if around.startswith("- One") else code
    text = plain(around.replace("{}", f"  {nested}" if nested != code or around.startswith("- One") else code))
    assert code in text
    assert "```" not in text
    assert "~~~~" not in text


def test_code_in_a_list_stands_apart():
    assert plain("- One\n\n  ```\n  a\n   b\n  ```\n- Two") == "• One\n\na\n b\n\n• Two"


@settings(max_examples=4 * EXAMPLES)
@given(text=wild)
@example(text="**a*b")
@example(text="*a **b* c**")
@example(text="_a __b_ c__")
@example(text="~a ~~b~ c~~")
@example(text="a\\*\\*b\\*\\*")
@example(text="[](~7)~")
def test_no_pair_of_signs_survives(text: str):
    assume("~~~" not in text)
    assume(any(map(str.isalnum, text)))  # a text of signs alone stays
    for line in plain(text).split("\n"):
        found = {name for name, mark in READ_AS_MARKS.items() if mark.search(line)}
        assert not found, line


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[a](*b) c*", "a (*b) c∗"),
        ("`*a` b*", "*a b∗"),
        ("~a [b](c~)", "∼a b (c~)"),
        ("[x](https://e.f/~g) y", "x (https://e.f/~g) y"),
    ],
)
def test_a_sign_is_in_no_pair_with_one_of_an_address_or_of_code(text: str, written: str):
    assert plain(text) == written


@settings(max_examples=4 * EXAMPLES)
@given(text=wild)
def test_no_word_is_lost(text: str):
    assume("~~~" not in text)
    if "|" in text:
        assert Counter(_letters(text)) <= Counter(_letters(plain(text)))
    else:
        assert _letters(plain(text)) == _letters(text)


@settings(max_examples=2 * EXAMPLES)
@given(text=documents)
def test_every_word_of_a_document_stays_and_no_sign(text: str):
    written = plain(text)
    assert _letters(written) == _letters(text)
    assert not re.search(r"[*#>\[\]]|~~", written)


@given(text=st.text(alphabet="ab äß日.,!?:;'()–—\n😀%/", max_size=60))
def test_a_text_without_signs_stays_as_it_is(text: str):
    assert plain(text) == text


@settings(max_examples=2 * EXAMPLES)
@given(text=documents, limit=st.integers(20, 60))
def test_no_part_of_a_long_answer_has_a_sign(text: str, limit: int):
    assert not any(re.search(r"[*#>\[\]]|~~", part) for part in split(plain(text), limit=limit))


OTHER_MARKS = ("![", "*a ", "**a*", "> ", "\\(", "$$a", "`a", "~a ", "$$x\n", "https://a ", "\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "mark", ["[", "a|b\n-|-\n", *(pytest.param(mark, marks=pytest.mark.full) for mark in OTHER_MARKS)]
)
def test_a_hostile_text_is_written_in_bounded_time(mark: str):
    started = time.process_time()
    plain((mark * MOST)[:MOST])
    assert time.process_time() - started < 10


@pytest.mark.parametrize("line", ["\n", " \n", "\t\r\n"])
def test_empty_lines_without_end_are_looked_at_once(line: str):
    assert fuzzed.growth(lambda data: plain(data.decode()), line.encode(), MOST, most_pieces=MOST) <= fuzzed.MOST


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\n\n \n  - b", "a\n\n\n• b"),
        ("\n\n> a", "│ a"),
        ("a\n\n1. b\n2. c", "a\n\n1. b\n2. c"),
        ("a\n= \nb", "a\n\nb"),
    ],
)
def test_signs_behind_empty_lines_are_found(text: str, written: str):
    assert plain(text) == written


@pytest.mark.parametrize("text", ["---", "****", "**", "```\n```", "> ", ""])
def test_a_text_of_signs_alone_is_not_made_empty(text: str):
    assert plain(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "*" * 999 + "a" + "*" * 999,
        "**a _b " * 1000 + "c_ d**" * 1000,
        "~~a " * 1000 + "b~~" * 1000,
        "> " * 1000 + "**a**",
        "- " * 1000 + "**a**",
        "> - " * 1000 + "**a**",
        "[" * 1000 + "a" + "](x)" * 1000,
        "![" * 1000 + "a" + "](x)" * 1000,
    ],
    ids=["stars", "emphasis", "strikes", "quotes", "lists", "quoted lists", "links", "images"],
)
def test_a_text_that_is_nested_without_end_is_written_too(text: str):
    assert "a" in plain(text)


def test_a_longer_text_than_any_answer_stays_as_it_is():
    assert plain("*" * (MOST + 1)) == "*" * (MOST + 1)
