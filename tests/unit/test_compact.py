import re

import pytest

from chalicelib.content import scripts
from chalicelib.content.compact import compact


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        ("if (a) {\n  b();\n} else {\n  c(1, 2);\n}\nd();\n", "if(a){b();}else{c(1,2);}d();"),
        ("const a = b ? [1] : { c: 2 };\n", "const a=b?[1]:{c:2};"),
        ("const f = async (x = 1) => x === 2 || x ?? y;\n", "const f=async(x=1)=>x===2||x??y;"),
        ("a();\nb()\n", "a();b()\n"),
        ("return x?.y ? a?.[0] : -1;\n", "return x?.y?a?.[0]:-1;"),
        ("a = b + +c - -d;\n", "a=b + +c - -d;"),
        ("for (const [a, b] of c) d(a in b);\n", "for(const[a,b]of c)d(a in b);"),
    ],
)
def test_blanks_beside_signs_are_left_out_and_those_between_words_stay(script: str, sent: str):
    assert compact(script) == sent


@pytest.mark.parametrize(
    "kept",
    [
        '"a = { b } ; // no comment"',
        "'a : b'",
        "`a ${b} = { c }`",
        r'"a quoted \" = mark"',
        r"/a = [/ ] \/ b/u",
        r"/^(?: {0,3}\[ \])+$/",
        "/x{1, 2}/",
    ],
)
@pytest.mark.parametrize("before", ["a = ", "call(", "x || ", "return ", "(b) => ", "a, "])
def test_strings_and_regular_expressions_are_sent_as_they_are(before: str, kept: str):
    assert kept in compact(f"{before}{kept};\n")
    assert compact(f"{before}{kept};\nb = c;\n").endswith(";b=c;")


def test_a_division_is_no_regular_expression():
    assert compact("a = (b + c) / 2 + d[1] / e / f;\n") == "a=(b + c)/ 2 + d[1]/ e / f;"


def test_comments_behind_a_line_are_left_out_and_addresses_in_strings_are_none():
    assert compact('a(); // isn\'t "this" left out\nb("https://a.example");\n') == 'a();\nb("https://a.example");'


@pytest.mark.parametrize("name", sorted(scripts.modules()))
def test_no_text_of_our_modules_is_changed(name: str):
    module = scripts.modules()[name]
    code = re.sub(r" // .*", "", module)
    sent = compact(module)
    for text in re.findall(r'"\w[\w .#/-]*"', code):
        assert text in sent
    assert "".join(sent.split()) == "".join(code.split())
