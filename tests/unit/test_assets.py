import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chalicelib.content import assets, joined, scripts
from chalicelib.content.compact import compact

FOLDER = Path(assets.__file__).parent / "static" / "chat"
OTHERS = sorted(place.name for ending in ("js", "mjs") for place in (FOLDER / "vendor").glob(f"*.{ending}"))
FILES = ["page.css", *sorted(scripts.names()), *OTHERS, *sorted(place.name for place in FOLDER.rglob("*.css"))]
CHALICE = json.loads((Path(assets.__file__).parents[2] / ".chalice" / "config.json").read_text())
COMPRESSED_FROM = CHALICE["minimum_compression_size"]
SOCKET = "wss://abc.execute-api.eu-west-1.amazonaws.com/prod"


def page(*, websocket_url: str = SOCKET, frame_ancestors: tuple[str, ...] = ()) -> assets.Asset:
    return assets.page(websocket_url=websocket_url, frame_ancestors=frame_ancestors)


def policy(asset: assets.Asset) -> dict[str, str]:
    rules = [rule.partition(" ") for rule in asset.headers["Content-Security-Policy"].split("; ")]
    return {name: value for name, _, value in rules}


class Addresses(HTMLParser):
    """Everything that a page loads, and what runs or styles inside it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("href", "src") and tag not in ("use", "a")]
        self.inline += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in dict(attrs)) else []


def test_the_page_may_talk_to_its_own_address_and_its_socket_and_to_nobody_else():
    assert policy(page()) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self' wss://abc.execute-api.eu-west-1.amazonaws.com",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "dompurify",
    }


def test_a_page_whose_socket_is_not_known_yet_may_talk_to_its_own_address_only():
    assert policy(page(websocket_url=""))["connect-src"] == "'self'"


def test_the_keys_origins_may_frame_the_page():
    framed = page(frame_ancestors=("https://example.com", "http://localhost:8000", "https://Shop.example"))
    expected = "'self' https://example.com http://localhost:8000 https://Shop.example"
    assert policy(framed)["frame-ancestors"] == expected
    assert policy(page(frame_ancestors=("*",)))["frame-ancestors"] == "'self' *"


@pytest.mark.parametrize(
    "hostile", ["https://a.com; script-src *", "https://a.com\r\nX: y", "https://a.com\n", "'unsafe-inline'", "", "a b"]
)
def test_an_invalid_origin_does_not_change_the_policy(hostile: str):
    assert page(frame_ancestors=(hostile,)) == page()


def test_the_page_is_never_kept_and_is_read_as_nothing_but_a_page():
    headers = page().headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_pages_of_other_sites_may_load_the_widget_and_frame_the_page_even_if_they_are_isolated():
    assert assets.widget().headers["Access-Control-Allow-Origin"] == "*"
    assert assets.widget().headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert page().headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert page().headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert "Access-Control-Allow-Origin" not in page().headers.keys() | assets.file("main.js").headers.keys()


def test_the_page_asks_for_nothing_but_files_that_are_there_below_its_own_address():
    addresses = Addresses(page().content)
    files = [address for address in addresses.loaded if not address.startswith("data:")]
    assert {address.partition("/")[0] for address in files} == {"chat"}
    assert {assets.file(address.removeprefix("chat/")).status for address in files} == {200}
    assert addresses.inline == []


def loaded(*, sign_in: bool = False, languages: str = "") -> set[str]:
    """Return the files that a page loads at once."""
    asked = assets.page(websocket_url=SOCKET, frame_ancestors=(), sign_in=sign_in, languages=languages)
    return {name.removeprefix("chat/") for name in Addresses(asked.content).loaded if not name.startswith("data:")}


@pytest.mark.parametrize("language", ["en", "de", "ko"])
def test_script_and_style_of_a_visitor_are_at_most_sixty_kilobytes_as_api_gateway_compresses_them(language: str):
    """Count what a visitor without sign-in loads, without the rules of mathematics; the kilobyte has 1,000 bytes.

    Each file counts alone, by `gzip -9`, or as it is if it is too short for API Gateway to compress.
    """
    assert 30_000 < weight(loaded(languages=language)) <= 60_000


@pytest.mark.parametrize("language", ["en", "de", "ko"])
def test_where_people_can_sign_in_it_is_at_most_eight_kilobytes_more(language: str):
    assert weight(loaded(languages=language, sign_in=True)) <= 68_000


def weight(names: set[str]) -> int:
    """Return the bytes of these files, `page.js` without mathematics."""
    without_mathematics = scripts.page({**scripts.modules(), "math.js": "", "math_rules.js": ""})
    texts = [without_mathematics if name == "page.js" else assets.file(name).content for name in names]
    sent = [text.encode() for text in texts]
    return sum(len(gzip.compress(file, 9)) if len(file) >= COMPRESSED_FROM else len(file) for file in sent)


def test_the_page_loads_its_own_modules_as_one_and_asks_for_all_that_it_imports_at_once():
    script = assets.file("page.js").content
    assert set(re.findall(r'import \* as \w+ from "\./([^"]+)";', script)) == {
        "marked.esm.js",
        "purify.es.mjs",
    }
    assert loaded() == {"page.js", "marked.esm.js", "purify.es.mjs", "words_en.js", "page.css"}


def test_the_pages_script_has_all_of_its_modules():
    sent = "".join(assets.file("page.js").content.split())
    for name in joined.needed("main.js", scripts.modules()):
        body = re.sub(r"^import .*\n|^export ", "", scripts.modules().get(name, ""), flags=re.MULTILINE)
        assert "".join(compact(body).split()) in sent


def test_what_only_some_visitors_need_is_not_loaded_by_the_others():
    later = (
        "words_",
        "with_sign_in",
        "conversations",
        "temml",
        "math_draw",
        "forgetting",
        "menu",
        "colours",
        "footnotes",
    )
    sometimes = {name for name in FILES if name.startswith(later)}
    assert loaded() & sometimes == {"words_en.js"}
    assert loaded(sign_in=True) - loaded() == {"with_sign_in.js", "conversations.js"}


def test_each_module_is_in_one_script_and_cannot_be_had_by_itself():
    for name in scripts.modules().keys() - scripts.names():
        assert assets.file(name).status == 404
    sent = {name: "".join(assets.file(name).content.split()) for name in scripts.names() - {"signing.js"}}
    for text in scripts.modules().values():
        line = max((line for line in text.splitlines() if "import" not in line), key=len)
        code = "".join(compact(line.removeprefix("export ")).split())
        assert sum(script.count(code) for script in sent.values()) == 1


@pytest.mark.parametrize(
    ("languages", "texts"),
    [
        ("", "words_en.js"),
        ("de-AT,de;q=0.9,en;q=0.8", "words_de.js"),
        ("it-IT, KO;q=0.9", "words_ko.js"),
        ("ar", "words_en.js"),
        ("../main,*;q=0.1,__proto__", "words_en.js"),
    ],
)
def test_the_texts_are_loaded_in_the_visitors_language_alone(languages: str, texts: str):
    assert {name for name in loaded(languages=languages) if name.startswith("words_")} == {texts}


def code_of(source: str) -> Iterator[str]:
    """Yield the lines of a file without comments on lines of their own, and without indentation."""
    commented = False
    for line in map(str.strip, source.splitlines()):
        commented = commented or (line.startswith("/*") and "*/" not in line[:-2])
        if line and not commented and not line.startswith("//"):
            yield line
        commented = commented and not line.endswith("*/")


@pytest.mark.parametrize("place", [*FOLDER.glob("*.js"), *FOLDER.glob("*.css")], ids=lambda place: place.name)
def test_comments_and_indentation_are_not_sent_and_nothing_else_is_missing(place: Path):
    source = place.read_text()
    sent = scripts.modules().get(place.name) or assets.file(place.name).content
    assert [line.rstrip() for line in sent.splitlines()] == list(code_of(source))
    assert not re.search(r"[=(,+?:>]\s*`$", source, re.MULTILINE), "a text must not have two lines"


@pytest.mark.parametrize("name", sorted({*scripts.names(), *OTHERS}))
def test_a_script_imports_only_its_neighbours(name: str):
    imported = re.findall(r'^import [^;]*?from "([^"]+)";', assets.file(name).content, re.MULTILINE)
    assert {assets.file(address.removeprefix("./")).status for address in imported} <= {200}
    assert {address[:2] for address in imported} <= {"./"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_it_is_and_is_kept_for_ten_minutes(name: str):
    file = assets.file(name)
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    assert (file.status, file.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
    assert file.headers["Cache-Control"] == "public, max-age=600"
    assert file.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", [*FILES, None])
def test_a_browser_that_has_a_file_already_does_not_get_it_again(name: str | None):
    def answered(known: str | None) -> assets.Asset:
        return assets.file(name, known=known) if name else assets.widget(known=known)

    etag = answered(None).headers["ETag"]
    assert (answered(etag).status, answered(etag).content) == (304, "")
    assert answered(f'W/"x", W/{etag}').status == 304
    assert answered('"another"').status == 200


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "index.html",
        "README.md",
        "marked.LICENSE",
        "vendor",
        "vendor/marked.esm.js",
        "../chat_files.py",
        "../style.css",
        "../widget.js",
        "..%2fstyle.css",
        "/etc/passwd",
        "main.js\0",
        "main.js/",
        "MAIN.JS",
    ],
)
def test_nothing_but_the_pages_modules_and_styles_can_be_had(name: str):
    answer = assets.file(name)
    assert (answer.status, answer.content) == (404, "not found")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_the_page_offers_to_sign_in_where_people_can():
    offering = assets.page(websocket_url=SOCKET, frame_ancestors=(), sign_in=True)
    assert ('data-connection="connecting" data-sign-in>' in offering.content, "data-sign-in" in page().content) == (
        True,
        False,
    )
    assert offering.headers == page().headers


@pytest.mark.parametrize("asset", [assets.signing("leave", address="https://a.example/?x&y"), assets.signing("return")])
def test_the_pages_around_the_issuers_load_their_own_files_only_and_cannot_be_framed(asset: assets.Asset):
    addresses = Addresses(asset.content)
    assert {assets.file(address).status for address in addresses.loaded} == {200}
    assert addresses.inline == []
    assert policy(asset) == {**policy(page(websocket_url="")), "frame-ancestors": "'none'"}
    assert asset.headers["Cache-Control"] == "no-store"
    assert asset.headers["Referrer-Policy"] == "no-referrer"


def test_the_widget_is_a_script():
    widget = assets.widget()
    assert widget.status == 200
    assert widget.headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_vendored_files_match_their_listed_hashes():
    listed = re.findall(
        r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$", (FOLDER / "vendor" / "README.md").read_text(), re.MULTILINE
    )
    there = [place for place in (FOLDER / "vendor").iterdir() if place.suffix in (".js", ".mjs", ".css")]
    assert dict(listed) == {place.name: hashlib.sha256(place.read_bytes()).hexdigest() for place in there}


def test_every_language_says_everything():
    said = {file.name: re.findall(r"^ +(\w+):", file.read_text(), re.MULTILINE) for file in FOLDER.glob("words_*.js")}
    assert len(said) == 6
    assert {name: keys for name, keys in said.items() if keys != said["words_en.js"]} == {}
