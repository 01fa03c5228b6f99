import base64
import hashlib
import re
from functools import partial
from html.parser import HTMLParser
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.content import page as pages
from chalicelib.content.page import Link
from chalicelib.ids import Channels
from tests.channels import ALL, BOTH, MESSENGER, WEB

WAYS_OUT: Final[dict[str, str | Link]] = {
    "forget_yes": "Yes, delete it",
    "contact": Link("me@example.org", "mailto:me@example.org"),
}
SHOWN: Final[dict[str, str | Link]] = {**WAYS_OUT, "code": "0" * 32, "received": "1 May 2026", "until": "1 July 2026"}
DAYS: Final = ("looks_kept", "turns_kept", "counts_days", "backup_days", "quota_days", "months")
WORDS: Final[dict[str, dict[str, str | Link]]] = {
    "privacy": {
        **WAYS_OUT,
        **dict.fromkeys(DAYS, "3"),
        "region": " (here)",
        "model_host": "api.example.org",
    },
    "deletion_open": SHOWN,
    "deletion_done": {**{name: words for name, words in SHOWN.items() if name != "forget_yes"}, "done": "2 May 2026"},
    "deletion_unknown": {**WAYS_OUT, "kept_days": "90"},
}


render = partial(pages.render, channels=BOTH)


class Reader(HTMLParser):
    """The tags of a page in order, and where they lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", WORDS)
def test_a_page_is_whole_and_says_what_it_is(name: str):
    html = render(name, WORDS[name]).html
    title = re.search("<title>(.+)</title>", html)
    assert title
    assert f"<h1>{title[1]}</h1>" in html
    assert Reader(html).open == []
    assert "$" not in html


@pytest.mark.parametrize("name", WORDS)
def test_a_page_runs_nothing_and_loads_nothing(name: str):
    page = Reader(render(name, WORDS[name]).html)
    assert not {"script", "link", "img", "iframe", "form", "object", "base"} & set(page.tags)
    assert not [attribute for attribute, _ in page.attributes if attribute.startswith("on") or attribute == "style"]


@pytest.mark.parametrize("name", WORDS)
def test_a_browser_is_told_to_use_the_pages_own_style_and_nothing_else(name: str):
    page = render(name, WORDS[name])
    style = re.search("<style>(.*)</style>", page.html, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert page.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$code", "&lt;"])
def test_words_never_become_more_than_words(name: str, hostile: str):
    plain = Reader(render(name, dict.fromkeys(WORDS[name], "x")).html)
    nasty = Reader(render(name, dict.fromkeys(WORDS[name], hostile)).html)
    assert (nasty.tags, nasty.attributes) == (plain.tags, plain.attributes)


@given(st.text(st.sampled_from("\"'<>&$ax =/")))
def test_an_address_stays_an_address(words: str):
    plain = Reader(render("deletion_unknown", {**WORDS["deletion_unknown"], "contact": Link("x", "x")}).html)
    nasty = Reader(render("deletion_unknown", {**WORDS["deletion_unknown"], "contact": Link(words, words)}).html)
    assert nasty.tags == plain.tags
    assert [name for name, _ in nasty.attributes] == [name for name, _ in plain.attributes]


@pytest.mark.parametrize("name", WORDS)
def test_a_blank_without_words_is_an_error(name: str):
    for blank in WORDS[name]:
        with pytest.raises(KeyError):
            render(name, {other: words for other, words in WORDS[name].items() if other != blank})


@pytest.mark.parametrize("channels", ALL, ids=str)
def test_the_privacy_page_is_whole_with_any_channels(channels: Channels):
    html = pages.render("privacy", WORDS["privacy"], channels).html
    assert Reader(html).open == []
    assert "<!--" not in html


@pytest.mark.parametrize(
    ("channels", "absent", "leads"),
    [
        (BOTH, [], "messages that you send to our Facebook page or write in our web chat. This"),
        (WEB, ["Facebook", "Messenger"], "messages that you write in our web chat. This"),
        (MESSENGER, ["web chat", "browser"], "messages that you send to our Facebook page. This"),
    ],
    ids=str,
)
def test_the_privacy_page_speaks_of_the_channels_that_there_are(channels: Channels, absent: list[str], leads: str):
    html = pages.render("privacy", WORDS["privacy"], channels).html
    assert leads in html
    assert [word for word in absent if word in html] == []
