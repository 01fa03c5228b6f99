"""Simulates API Gateway's WebSocket APIs in memory, for requests that read or delete."""

from dataclasses import dataclass, field
from typing import Any, Final

_PAGE: Final = 2
_ROUTE: Final = "$request.body.action"
KINDS: Final = ("connect", "message", "disconnect")


@dataclass(frozen=True)
class WebsocketApi:
    """An API: the functions that it calls, and its stages."""

    name: str
    calls: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass
class WebsocketApis:
    """APIs by id."""

    apis: dict[str, WebsocketApi] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    """The settings of the routes, the same for all APIs and stages."""

    def deployed(self, stage: str) -> str:
        """Create the API that `chalice deploy` creates for a stage, and return its id."""
        calls = tuple(f"parley-{stage}-websocket_{kind}" for kind in KINDS)
        self.apis[f"chat-of-{stage}"] = WebsocketApi(f"parley-{stage}-websocket-api", calls, (stage,))
        return f"chat-of-{stage}"

    def get_apis(self, next_token: str = "0") -> dict[str, Any]:
        start, found = int(next_token), [_view(key, api) for key, api in self.apis.items()]
        more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(found) else {}
        return {"Items": found[start : start + _PAGE], **more}

    def get_integrations(self, api_id: str) -> dict[str, Any]:
        return {"Items": [{"IntegrationUri": _uri(function)} for function in self.apis[api_id].calls]}

    def get_stages(self, api_id: str) -> dict[str, Any]:
        return {"Items": [{"StageName": stage} for stage in self.apis[api_id].stages]}

    def get_stage(self, api_id: str, stage_name: str) -> dict[str, Any]:
        assert stage_name in self.apis[api_id].stages
        return {"StageName": stage_name, **self.limits}

    def update_stage(
        self,
        api_id: str,
        stage_name: str,
        default_route_settings: dict[str, Any],
        route_settings: dict[str, Any],
    ) -> dict[str, Any]:
        self.limits = {"DefaultRouteSettings": default_route_settings, "RouteSettings": route_settings}
        return self.get_stage(api_id, stage_name)

    def delete_api(self, api_id: str) -> dict[str, Any]:
        del self.apis[api_id]
        return {}


def _view(key: str, api: WebsocketApi) -> dict[str, Any]:
    return {"ApiId": key, "Name": api.name, "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": _ROUTE}


def _uri(function: str) -> str:
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{function}"
    return f"arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/{arn}/invocations"
