"""Simulates API Gateway's REST APIs in memory, for requests that read."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

_PAGE = 2
_LIMIT: Final = re.compile(r"/([^/]+/[^/]+)/throttling/(\w+)")


@dataclass
class RestApis:
    """APIs by id: the name, and the ARNs of the functions that the paths call."""

    apis: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The limits of methods, the same for all APIs and stages."""

    def get_rest_apis(self, position: str = "0") -> dict[str, Any]:
        start, found = int(position), [{"id": key, "name": name} for key, (name, _) in self.apis.items()]
        more = {"position": str(start + _PAGE)} if start + _PAGE < len(found) else {}
        return {"items": found[start : start + _PAGE], **more}

    def get_resources(self, rest_api_id: str, embed: list[str], position: str = "0") -> dict[str, Any]:
        assert embed == ["methods"]
        start, found = int(position), [_resource(arn) for arn in self.apis[rest_api_id][1]]
        more = {"position": str(start + _PAGE)} if start + _PAGE < len(found) else {}
        return {"items": [{"path": "/"}, *found[start : start + _PAGE]], **more}

    def get_stage(self, rest_api_id: str, stage_name: str) -> dict[str, Any]:
        assert rest_api_id in self.apis
        return {"stageName": stage_name, "methodSettings": self.settings}

    def update_stage(self, rest_api_id: str, stage_name: str, patch_operations: list[dict[str, str]]) -> dict[str, Any]:
        for one in patch_operations:
            if one["op"] == "remove":
                del self.settings[one["path"].lstrip("/")]
                continue
            method, name = _LIMIT.fullmatch(one["path"]).groups()  # type: ignore[union-attr]
            field_name, number = {
                "rateLimit": ("throttlingRateLimit", float(one["value"])),
                "burstLimit": ("throttlingBurstLimit", int(one["value"])),
            }[name]
            self.settings.setdefault(method, {})[field_name] = number
        return self.get_stage(rest_api_id, stage_name)


def _resource(function_arn: str) -> dict[str, Any]:
    way = f"arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    return {"path": "/webhook", "resourceMethods": {"POST": {"methodIntegration": {"type": "AWS_PROXY", "uri": way}}}}
