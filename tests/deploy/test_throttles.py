"""The limits of requests a second at both APIs."""

from dataclasses import replace
from typing import Final

import pytest

from scripts.deploy.throttles import Throttles, method_settings
from tests.channels import BOTH, MESSENGER, WEB
from tests.deploy.conftest import Account
from tests.deploy.rest_apis import RestApis

API: Final = "api"


def throttled(account: Account) -> tuple[Throttles, RestApis, str]:
    account.fakes["apigateway"] = apis = RestApis({API: ("parley", [])})
    return Throttles(account.client, "dev", BOTH), apis, account.websocket_apis.deployed("dev")


def test_both_apis_get_limits_and_the_webhook_and_connections_their_own(account: Account):
    throttles, apis, websocket_api = throttled(account)
    for _ in range(2):
        throttles.apply(API, websocket_api)
    assert apis.settings == {
        "*/*": {"throttlingRateLimit": 10.0, "throttlingBurstLimit": 200},
        "~1webhook/POST": {"throttlingRateLimit": 100.0, "throttlingBurstLimit": 500},
    }
    assert account.websocket_apis.limits == {
        "DefaultRouteSettings": {"ThrottlingRateLimit": 15.0, "ThrottlingBurstLimit": 100},
        "RouteSettings": {"$connect": {"ThrottlingRateLimit": 10.0, "ThrottlingBurstLimit": 50}},
    }


@pytest.mark.parametrize("name", ["/~1webhook/POST", "/webhook/POST", "webhook/POST"])
def test_the_limits_of_a_method_are_recognised_however_its_name_is_written(account: Account, name: str):
    throttles, apis, websocket_api = throttled(account)
    throttles.apply(API, websocket_api)
    apis.settings[name] = apis.settings.pop("~1webhook/POST")
    assert list(throttles.missing(API, websocket_api)) == []


def test_other_settings_of_the_routes_are_not_looked_at(account: Account):
    throttles, _, websocket_api = throttled(account)
    throttles.apply(API, websocket_api)
    account.websocket_apis.limits["DefaultRouteSettings"]["DetailedMetricsEnabled"] = False
    assert list(throttles.missing(API, websocket_api)) == []


def test_apis_without_limits_are_named(account: Account):
    throttles, _, websocket_api = throttled(account)
    assert list(throttles.missing(API, websocket_api)) == ["the REST API", "the WebSocket API"]
    throttles.apply(API, websocket_api)
    assert list(throttles.missing(API, websocket_api)) == []


def test_a_limit_that_was_changed_by_hand_is_found(account: Account):
    throttles, apis, websocket_api = throttled(account)
    throttles.apply(API, websocket_api)
    apis.settings["~1webhook/POST"]["throttlingBurstLimit"] = 5000
    assert list(throttles.missing(API, websocket_api)) == ["the REST API"]
    account.websocket_apis.limits["RouteSettings"] = {}
    assert list(throttles.missing(API, websocket_api)) == ["the REST API", "the WebSocket API"]


def test_only_what_exists_is_limited(account: Account):
    throttles, apis, _ = throttled(account)
    web, messenger = replace(throttles, channels=WEB), replace(throttles, channels=MESSENGER)
    messenger.apply(API, "")
    assert (sorted(apis.settings), account.websocket_apis.limits) == (["*/*", "~1webhook/POST"], {})
    assert list(messenger.missing(API, "")) == []
    assert messenger.finding(API, "", "deploy").what == "the REST API has its limits of requests a second"
    assert [one["ResourcePath"] for one in method_settings(MESSENGER)] == ["/*", "/~1webhook"]
    web.apply(API, account.websocket_apis.deployed("dev"))
    assert sorted(apis.settings) == ["*/*"]
    assert [one["ResourcePath"] for one in method_settings(WEB)] == ["/*"]
