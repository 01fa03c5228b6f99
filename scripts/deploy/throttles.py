"""Sets how many requests a second API Gateway passes on: AWS's own limits are 10,000 a second for the whole account.

A request beyond the limit gets the status 429 and costs nothing. Meta sends it again. Each method and each route has a
limit of its own, so that requests for pages take nothing from the webhook.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.ids import Channels
from chalicelib.operations.findings import Finding


@dataclass(frozen=True)
class Rate:
    """Requests a second, and how many may come at once."""

    per_second: int
    burst: int


WEBHOOK: Final = "~1webhook/POST"
"""The method of Meta's requests, as API Gateway writes it in the settings of a stage."""
METHODS: Final[Mapping[str, Rate]] = {"*/*": Rate(10, 200), WEBHOOK: Rate(100, 500)}
"""The limits of the REST API; the first one holds for each other method. A page is about 40 requests at once."""
FRAMES: Final = Rate(15, 100)
"""The limit of the WebSocket API, for all people's frames."""
CONNECT: Final = Rate(10, 50)
"""The limit of its new connections."""


@dataclass(frozen=True)
class Throttles:
    """The limits of a stage's two APIs."""

    client: Callable[[str], Any]
    """Creates a boto3 client for a service."""
    stage: str

    channels: Channels

    def apply(self, api: str, websocket_api: str) -> None:
        """Set all limits, also where they are set already. Without the web chat there is no `websocket_api`."""
        operations = [
            {"op": "replace", "path": f"/{method}/throttling/{name}", "value": str(value)}
            for method, rate in methods(self.channels).items()
            for name, value in (("rateLimit", rate.per_second), ("burstLimit", rate.burst))
        ]
        known = map(_plain, self._method_settings(api))
        if not self.channels.messenger and _plain(WEBHOOK) in known:
            operations.append({"op": "remove", "path": f"/{WEBHOOK}"})
        self.client("apigateway").update_stage(restApiId=api, stageName=self.stage, patchOperations=operations)
        if not self.channels.web:
            return
        self.client("apigatewayv2").update_stage(
            ApiId=websocket_api,
            StageName=self.stage,
            DefaultRouteSettings=route_settings(FRAMES),
            RouteSettings={"$connect": route_settings(CONNECT)},
        )

    def missing(self, api: str, websocket_api: str) -> Iterator[str]:
        """Yield the names of the APIs whose limits are not those that `apply` sets."""
        known = {_plain(method): limits for method, limits in self._method_settings(api).items()}
        if any(_rate(known.get(_plain(method), {})) != rate for method, rate in methods(self.channels).items()):
            yield "the REST API"
        if not self.channels.web:
            return
        stage = self.client("apigatewayv2").get_stage(ApiId=websocket_api, StageName=self.stage)
        frames, connect = stage.get("DefaultRouteSettings", {}), stage.get("RouteSettings", {}).get("$connect", {})
        if (_route_rate(frames), _route_rate(connect)) != (FRAMES, CONNECT):
            yield "the WebSocket API"

    def _method_settings(self, api: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the settings of the REST API's methods, by their names."""
        stage = self.client("apigateway").get_stage(restApiId=api, stageName=self.stage)
        found: Mapping[str, Mapping[str, Any]] = stage.get("methodSettings", {})
        return found

    def finding(self, api: str, websocket_api: str, deploy: str) -> Finding:
        """Return whether the limits are those that `apply` sets; `deploy` is the command that deploys the stage."""
        if missing := list(self.missing(api, websocket_api)):
            what = f"not limited as deployed: {' and '.join(missing)}"
            return Finding.warning(
                "throttles", what, "AWS passes on up to 10,000 requests a second, and each costs money", deploy
            )
        which = "both APIs have their limits" if self.channels.web else "the REST API has its limits"
        return Finding.ok("throttles", f"{which} of requests a second")


def route_settings(rate: Rate) -> dict[str, int]:
    """Return a rate as the settings of a WebSocket API's routes."""
    return {"ThrottlingRateLimit": rate.per_second, "ThrottlingBurstLimit": rate.burst}


def methods(channels: Channels) -> Mapping[str, Rate]:
    """Return the limits of a deployment with these channels: without Messenger it has no webhook."""
    return {method: rate for method, rate in METHODS.items() if channels.messenger or method != WEBHOOK}


def method_settings(channels: Channels) -> list[dict[str, Any]]:
    """Return the limits of the REST API as a template has them."""
    return [
        {
            "ResourcePath": "/*" if method == "*/*" else f"/{method.rpartition('/')[0]}",
            "HttpMethod": method.rpartition("/")[2],
            "ThrottlingRateLimit": rate.per_second,
            "ThrottlingBurstLimit": rate.burst,
        }
        for method, rate in methods(channels).items()
    ]


def _plain(method: str) -> str:
    """Return a method's name as it is in whichever way it was set: some have a slash in front, or `~1` for slashes."""
    return method.replace("~1", "/").lstrip("/")


def _route_rate(settings: Mapping[str, Any]) -> Rate:
    return Rate(int(settings.get("ThrottlingRateLimit", 0)), int(settings.get("ThrottlingBurstLimit", 0)))


def _rate(settings: Mapping[str, Any]) -> Rate:
    return Rate(int(settings.get("throttlingRateLimit", 0)), int(settings.get("throttlingBurstLimit", 0)))
