"""What a persona may look like: a face in which nothing runs, and a colour that can be read."""

import pytest

from chalicelib.content import persona
from chalicelib.content.look import Look, contrast_with_white
from chalicelib.errors import ConfigError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">{}</svg>'
FILE = 'name = "Baker"\nmax_output_tokens = 9\ninstructions = "You bake."\n'


def look(**values: str) -> Look:
    lines = "".join(f"{name} = '''{value}'''\n" for name, value in values.items())
    return persona.parse("baker", FILE + lines).look


def refused(**values: str) -> str:
    with pytest.raises(ConfigError) as caught:
        look(**values)
    message = str(caught.value)
    assert message.startswith("content/personas/baker.toml, line 4: ")
    return message.partition("line 4: ")[2]


@pytest.mark.parametrize("face", ["🥐", "🎅🏽", "👩‍🍳", "☕️", "🇰🇷"])
def test_an_emoji_is_a_face(face: str):
    assert look(face=face).public() == {"face": face}


@pytest.mark.parametrize(
    "face", ["A", ":-)", "https://example.com/face.png", "🥐 🥐", "🥐" * 13, "&lt;svg", "data:image"]
)
def test_other_text_is_none(face: str):
    assert refused(face=face) == "face must be an emoji, or the text of an SVG that begins with <svg"


@pytest.mark.parametrize(
    "inside",
    [
        "",
        '<circle cx="4" cy="4" r="4" fill="#b3202a"/>',
        '<linearGradient id="sky"><stop offset="0" stop-color="red"/></linearGradient><rect fill="url(#sky)"/>',
    ],
)
def test_a_small_svg_of_shapes_is_a_face(inside: str):
    assert look(face=f"\n{SVG.format(inside)}\n").face == SVG.format(inside)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<script>alert(1)</script>", "the element script is not allowed"),
        ("<SCRIPT>alert(1)</SCRIPT>", "the element SCRIPT is not allowed"),
        ('<circle r="1" onload="alert(1)"/>', "the attribute onload is not allowed"),
        ('<g style="background:url(https://evil.example)"/>', "the attribute style is not allowed"),
        ("<style>@import 'https://evil.example'</style>", "the element style is not allowed"),
        ('<image href="https://evil.example/x.png"/>', "the element image is not allowed"),
        ('<use href="#x"/>', "the element use is not allowed"),
        ('<a href="javascript:alert(1)"><circle r="1"/></a>', "the element a is not allowed"),
        ("<foreignObject><p/></foreignObject>", "the element foreignObject is not allowed"),
        ('<animate attributeName="href" to="x"/>', "the element animate is not allowed"),
        ('<h:script xmlns:h="http://www.w3.org/1999/xhtml"/>', "the element {http://www.w3.org/1999/xhtml}script"),
        ('<g xmlns:x="http://www.w3.org/1999/xlink" x:href="#y"/>', "the attribute {http://www.w3.org/1999/xlink}href"),
        ('<rect fill="url(https://evil.example/#x)"/>', "the attribute fill may refer to a part of the SVG only"),
        ('<rect fill="u&#114;l(//evil.example)"/>', "the attribute fill may refer to a part of the SVG only"),
        ("<!-- a comment -->", "it has a comment or a declaration"),
        ("<?xml-stylesheet href='x'?>", "it has a comment or a declaration"),
        ("<g>", "it is no XML"),
        ("&bomb;", "it is no XML"),
        ("<g/>" * 500, "it has more than 2000 bytes"),
    ],
)
def test_whatever_else_is_in_an_svg_is_refused_by_name(inside: str, reason: str):
    assert refused(face=SVG.format(inside)).startswith(f"face is an SVG, but {reason}")


@pytest.mark.parametrize(
    "text",
    [
        "<svg/>",
        "<p/>",
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<html xmlns="http://www.w3.org/1999/xhtml"/>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>',
    ],
)
def test_what_is_no_svg_for_a_page_is_refused(text: str):
    assert refused(face=text).startswith("face is an SVG, but it ")


def test_the_contrast_is_that_of_wcag():
    assert contrast_with_white("#ffffff") == 1
    assert contrast_with_white("#000000") == 21
    assert round(contrast_with_white("#767676"), 2) == 4.54


@pytest.mark.parametrize("colour", ["#b3202a", "#B3202A", "#000000", "#5443d6"])
def test_a_colour_on_which_white_can_be_read_is_taken(colour: str):
    assert look(colour=colour).public() == {"colour": colour.lower()}


@pytest.mark.parametrize("colour", ["#ffcc00", "#ffffff", "#777777"])
def test_a_colour_that_is_too_light_is_refused_with_its_contrast(colour: str):
    assert refused(colour=colour).startswith("colour is too light: its contrast with white is ")


@pytest.mark.parametrize("colour", ["red", "#b32", "#b3202", "b3202a", "#b3202a;", "rgb(1,2,3)", "#b3202g"])
def test_what_is_no_colour_is_refused(colour: str):
    assert refused(colour=colour) == 'colour must be text such as "#b3202a"'


def test_santa_has_a_winter_look():
    look = persona.load("santa").look
    assert look.face.startswith("<svg")
    assert look.colour == "#b3202a"
    assert persona.load("santa").welcome.title == "The workshop at the North Pole"


def test_all_that_clients_get_of_a_persona_fits_into_a_frame_with_the_history():
    table = '\n[translations.{}]\nopening = "{}"\nstarters = ["{}", "{}"]\n'
    languages = "".join(table.format(f"a{letter}", "x" * 160, "y" * 80, "z" * 80) for letter in "abcdefghijklmnop")
    with pytest.raises(ConfigError, match=r"all but the instructions has \d+ bytes, and may have 5500: shorten it"):
        persona.parse("baker", FILE + languages)


@pytest.mark.parametrize(
    ("title", "reason"),
    [("", "title must be text of 1 to 60 characters"), ("x" * 61, "title must be text"), ("a\nb", "a single line")],
)
def test_a_title_is_a_short_line(title: str, reason: str):
    assert reason in refused(title=title)
