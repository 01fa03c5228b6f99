import re

import pytest
from click.testing import CliRunner, Result

from app import app
from scripts.cli.commands import parley
from scripts.stage.environment import ROOT

URL = "https://abc123defg.execute-api.ap-southeast-1.amazonaws.com/api"
OPTIONS = [
    "--page-name",
    "Anna's Bakery",
    "--owner",
    "Anna Example",
    "--provider",
    "Example AI",
    "--region",
    "ap-southeast-1",
]


def review_texts(*options: str) -> Result:
    return CliRunner().invoke(parley, ["review-texts", *options])


def words(result: Result) -> str:
    """Return the text without line breaks."""
    return " ".join(result.output.split())


def test_the_texts_name_the_page_the_owner_and_who_gets_the_words():
    said = words(review_texts(*OPTIONS, "--url", URL))
    assert "This app runs a chatbot on the Facebook Page Anna's Bakery." in said
    assert "Who is responsible for all Platform Data? Anna Example" in said
    assert (
        "Amazon Web Services: hosting and database in ap-southeast-1. Stores messages and answers for 30 days." in said
    )
    assert "Example AI: writes the answers." in said


def test_the_texts_say_for_how_long_the_owner_keeps_words(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PARLEY_KEEP_DAYS", "0")
    assert "Stores messages and answers for an hour." in words(review_texts())


@pytest.mark.parametrize(
    "permission", ["pages_messaging", "pages_manage_metadata", "pages_show_list", "business_management"]
)
def test_each_permission_of_the_use_case_has_its_text(permission: str):
    assert f"\n== {permission}: how the app uses it\n" in review_texts().output


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}/webhook"])
def test_the_addresses_are_made_of_the_bots_or_its_webhooks(url: str):
    lines = [line.strip() for line in review_texts("--url", url).output.splitlines()]
    assert f"{URL}/privacy" in lines
    assert f"{URL}/data-deletion" in lines


@pytest.mark.parametrize("url", ["", "abc123defg", "http://example.org/webhook", "https:/example.org"])
def test_an_invalid_url_of_a_bot_is_refused(url: str):
    result = review_texts("--url", url)
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert "is not the address of a bot" in result.output


def test_the_texts_fit_80_columns_and_leave_no_blank_of_ours():
    output = review_texts(*OPTIONS, "--url", URL).output
    assert max(map(len, output.splitlines())) <= 80
    assert "$" not in output


def test_values_that_are_not_given_stay_visible_blanks():
    blanks = re.findall("<[^>]+>", words(review_texts()))
    assert {"<name of your Page>", "<address of the bot>", "<your name or your company's>"} <= set(blanks)


def test_the_addresses_in_texts_and_guide_are_those_of_the_app():
    guide = (ROOT / "docs" / "messenger-setup.md").read_text()
    for route in ("/privacy", "/data-deletion"):
        assert route in app.routes
        assert f"<the bot's address>{route}" in guide
        assert f"<address of the bot>{route}" in words(review_texts())


def test_a_name_may_be_strange():
    assert "the Facebook Page $url {x} <b>." in words(review_texts("--page-name", "$url {x} <b>"))
