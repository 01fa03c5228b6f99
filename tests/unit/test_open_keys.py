"""What `doctor` says of open keys, and of who may connect."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from chalicelib.access.api_key import ApiKey
from chalicelib.ids import KeyId
from chalicelib.operations import open_keys
from chalicelib.operations.findings import Finding, Severity
from chalicelib.settings.stage import Settings
from tests.fakes.adapters import NOON

OPEN: Final = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=NOON, is_open=True)
LIMITED: Final = replace(OPEN, max_messages=100, used=30)
OK, WARNING, BROKEN = Severity


def found(keys: Sequence[ApiKey], *, dollars: str | None = "0.75", **env: str) -> dict[str, Finding]:
    web = Settings.from_env(env).web
    findings = list(open_keys.findings(keys, web, dollars_a_day=dollars, stage="prod", now=NOON))
    assert all(one.why and one.remedy for one in findings if one.state is not OK)
    return {finding.name: finding for finding in findings}


def test_without_an_open_key_there_is_nothing_to_say():
    assert found([replace(OPEN, is_open=False)]) == {}


def test_an_open_key_with_a_total_says_how_much_is_left():
    [finding] = found([LIMITED]).values()
    assert (finding.state, finding.what) == (
        OK,
        "all who know the id of Shop may ask; 70 of 100 questions are left",
    )


def test_one_without_a_total_is_a_warning_that_says_what_strangers_can_cost():
    [finding] = found([OPEN]).values()
    assert finding.state is WARNING
    assert "the 0.75 USD a day that the web chat may cost" in finding.why
    assert "--max-messages, then scripts/parley keys revoke shopshopsh --stage prod" in finding.remedy


def test_where_the_price_is_unknown_it_says_so():
    assert "the bot knows no price" in found([OPEN], dollars=None)["open-key-shopshopsh"].why


@pytest.mark.parametrize("changed", [{"revoked_at": NOON - 1}, {"expires_at": NOON}])
def test_an_open_key_that_has_ended_costs_nothing(changed: dict[str, Any]):
    assert found([replace(OPEN, **changed)]) == {}


def test_the_bare_address_may_ask_at_the_cost_of_a_key():
    finding = found([LIMITED], PARLEY_OPEN_KEY=OPEN.id)["open-address"]
    assert (finding.state, finding.what) == (
        OK,
        "PARLEY_OPEN_KEY admits all who find the address, also without a key, at the cost of shopshopsh",
    )


@pytest.mark.parametrize("changed", [{"is_open": False}, {"revoked_at": NOON}, {"id": KeyId("other12345")}])
def test_a_bare_address_whose_key_opens_nothing_is_broken(changed: dict[str, Any]):
    finding = found([replace(OPEN, **changed)], PARLEY_OPEN_KEY=OPEN.id)["open-address"]
    assert (finding.state, "shopshopsh" in finding.what) == (BROKEN, True)


def test_a_deployment_that_takes_programs_only_says_that_the_page_cannot_connect():
    assert "the chat page and the widget cannot" in found([], PARLEY_WEB_AUTHENTICATE="handshake")["handshake"].what
