"""The parsers that `tests/fuzz` has: what the fuzzer found, any bytes, and inputs that grow.

`python -m tests.fuzz` looks for more, guided by the parsers' branches.
"""

import re
from importlib.util import find_spec
from itertools import product
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import targets
from tests.fuzz.__main__ import NOT_HERE, fuzz, main
from tests.fuzz.growth import MOST, growth
from tests.fuzz.targets import TARGETS, Target

PIECES: Final = (
    *(b"[", b"]", b"{", b'{"a":', b"(", b")", b"<", b"<a ", b"<!--", b"</", b"'", b'"', b"'''", b"`", b"```", b"` "),
    *(b"*", b"**", b"* ", b"_", b"a_", b"~", b"~~", b"#", b"> ", b">", b"- ", b"1. ", b"|", b"|a", b"$", b"$$", b"$a "),
    *(b"\\", b"\\(", b"\\[", b"\\frac", b"\\frac{", b"\\sqrt[", b"^", b"^{", b"_{", b"{", b"}", b"&", b"&amp;", b"!["),
    *(b"[a](", b"[a]: ", b"[^a]", b"https://", b"https://a", b"a*", b"1*1", b"a ", b" ", b"\n", b" \n", b"\n\n", b"\t"),
    *(b"\r", b"\0", b".", b". ", b",", b";", b"=", b"&a=", b"%", b"%41", b"+", b"-", b"/", b"a", b"A1", b"0", b"9"),
    *(b"\xff", b"\xed\xa0\x80", "\u2764\ufe0f\u200d".encode(), "e\u0301".encode(), "\uac00".encode(), b"<think>"),
    *(b"data: ", b"data: {}\n", b"data: {}\n\n", b"event: a\n", b": ", b"null,", b"[1,", b'"a",', b"a = 1\n", b"[a]\n"),
    *(b"a.", b"a.b.", b"__Host-parley=x; ", b"/forget ", b"@", b"a@", b"abcdefg2", b"<br>", b"<script>", b"<p a='"),
)
"""What makes a parser slow that looks at all that follows, or came before, each time it meets it."""
EXCUSED: Final = {("persona", piece) for piece in (b"1. ", b"a.", b"a.b.")}
"""Python's `tomllib` with a key of thousands of dots, which only an owner can write: 0.2 s for 32 KB."""


def each_target() -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("name", "target"), TARGETS.items(), ids=TARGETS)


@each_target()
def test_what_the_fuzzer_found_gives_a_value_or_a_documented_error(name: str, target: Target):
    for data in (*target.seeds, *targets.stored(name)):
        target.run(data)


@each_target()
@given(data=st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
def test_any_bytes_give_a_value_or_a_documented_error(name: str, target: Target, data: bytes):
    target.run(data)


@each_target()
def test_a_seed_with_pieces_of_it_doubled_or_missing_gives_a_value_or_a_documented_error(name: str, target: Target):
    for data, cut in product(target.seeds, range(20)):
        begin, end = len(data) * cut // 20, len(data) * (cut + 3) // 20
        target.run(data[:begin] + data[end:])
        target.run(data[:end] + data[begin:])


@pytest.mark.slow
@each_target()
def test_no_repeated_piece_makes_a_parser_slower_than_its_length(name: str, target: Target):
    found = {piece: growth(target.run, piece, target.longest) for piece in PIECES if (name, piece) not in EXCUSED}
    assert {piece: round(times) for piece, times in found.items() if times > MOST} == {}


@pytest.mark.slow
def test_a_quadratic_parser_is_noticed():
    def measured() -> float:
        return growth(lambda data: re.findall(rb"a*b", data), b"a", 10**6, most_pieces=6000)

    assert any(measured() > MOST for _ in range(5)), "five times, as a busy machine makes small inputs slow"


def test_a_parser_that_raises_another_error_is_noticed():
    with pytest.raises(ZeroDivisionError):
        Target(lambda data: 1 / len(data), (ValueError,)).run(b"")


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.full) for name in TARGETS])
def test_some_seconds_of_fuzzing_find_nothing(name: str):
    if find_spec("atheris") is None:
        pytest.skip("atheris has no wheel for this platform")
    assert fuzz(name, seconds=5)


def test_the_targets_can_be_listed(capsys: pytest.CaptureFixture[str]):
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.split() == list(TARGETS)


def test_another_name_is_no_target(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["nothing"])
    assert "no target nothing; --list prints them" in capsys.readouterr().err


def test_the_command_says_so_where_there_is_no_fuzzer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.fuzz.__main__.find_spec", lambda _: None)
    assert main(["frame"]) == NOT_HERE
    assert "Linux on x86_64" in capsys.readouterr().err
