"""What is deployed, found in AWS itself and written down as Chalice wants it: any machine can go on at any point.

Chalice only knows what it wrote into a file at the end of its last success. Without that file, or after a deployment
that broke off, it would make a second API, and Facebook would go on calling the first one.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.settings import APP_NAME

Resource = dict[str, str]
_API: Final = "rest_api"
_SOCKETS: Final = "websocket_api"


@dataclass(frozen=True)
class DeployedState:
    """The functions, roles, rules and the APIs of one stage. Nothing else of Parley's is Chalice's."""

    client: Callable[[str], Any]
    """A way to a service."""
    stage: str
    folder: Path
    """The project that `chalice` is run in."""

    @property
    def file(self) -> Path:
        """Where Chalice looks for it."""
        return self.folder / ".chalice" / "deployed" / f"{self.stage}.json"

    def write(self) -> list[Resource]:
        """Put before Chalice what there is; what that is."""
        found = self.find()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({"schema_version": "2.0", "backend": "api", "resources": found}, indent=2))
        return found

    def find(self) -> list[Resource]:
        """What there is, as Chalice would have noted it."""
        functions = list(self._functions())
        names = sorted({*self._configured(), *(function["name"] for function in functions)})
        ids = {_API: self.api_id(), _SOCKETS: self._websocket_api()}
        apis = [{"name": name, "resource_type": name, f"{name}_id": api} for name, api in ids.items() if api]
        return [*self._roles(names), *functions, *self._rules(names), *apis]

    def api_id(self) -> str:
        """The API whose methods call the stage's function; empty when there is none."""
        calls = f":function:{self._prefix}/"
        apis = self.client("apigateway")
        for page in apis.get_paginator("get_rest_apis").paginate():
            for api in page["items"]:
                if api["name"] == APP_NAME and calls in self._integrations(apis, api["id"]):
                    return str(api["id"])
        return ""

    def websocket_api_id(self) -> str:
        """The WebSocket API of the stage; empty when there is none, or it was never finished."""
        api = self._websocket_api()
        return api if api and self._is_finished(api) else ""

    def clear(self) -> None:
        """Delete a WebSocket API that was begun and cannot be reached: Chalice would take it for finished."""
        api = self._websocket_api()
        if api and not self._is_finished(api):
            self.client("apigatewayv2").delete_api(ApiId=api)

    def _websocket_api(self) -> str:
        """The API that has the stage's name and calls nobody but its functions."""
        calls, client = f":function:{self._prefix}-websocket_", self.client("apigatewayv2")
        for page in client.get_paginator("get_apis").paginate():
            for api in page["Items"]:
                if (api["Name"], api["ProtocolType"]) == (f"{self._prefix}-websocket-api", "WEBSOCKET"):
                    called = client.get_integrations(ApiId=api["ApiId"])["Items"]
                    if all(calls in one.get("IntegrationUri", "") for one in called):
                        return str(api["ApiId"])
        return ""

    def _is_finished(self, api: str) -> bool:
        return any(one["StageName"] == self.stage for one in self.client("apigatewayv2").get_stages(ApiId=api)["Items"])

    @property
    def _prefix(self) -> str:
        return f"{APP_NAME}-{self.stage}"

    def _configured(self) -> list[str]:
        config = json.loads((self.folder / ".chalice" / "config.json").read_text())
        return list(config["lambda_functions"])

    def _functions(self) -> Iterator[Resource]:
        """Those alone that Chalice made for this stage: it deletes whatever is noted and no longer in the app."""
        client = self.client("lambda")
        for page in client.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                full, arn = function["FunctionName"], function["FunctionArn"]
                if f"{full}-".startswith(f"{self._prefix}-") and self._is_ours(client, full):
                    name = full.removeprefix(self._prefix).removeprefix("-") or "api_handler"
                    yield {"name": name, "resource_type": "lambda_function", "lambda_arn": arn}

    def _is_ours(self, client: Any, function: str) -> bool:
        return made_by_chalice(client.get_function(FunctionName=function), self.stage)

    def _roles(self, functions: list[str]) -> Iterator[Resource]:
        iam = self.client("iam")
        for name in functions:
            role = f"{self._prefix}-{name}"
            try:
                arn = iam.get_role(RoleName=role)["Role"]["Arn"]
            except iam.exceptions.NoSuchEntityException:
                continue
            yield {"name": f"{name}_role", "resource_type": "iam_role", "role_arn": arn, "role_name": role}

    def _rules(self, functions: list[str]) -> Iterator[Resource]:
        names = {f"{self._prefix}-{name}-event" for name in functions}
        for rule in self.client("events").list_rules(NamePrefix=f"{self._prefix}-")["Rules"]:
            if rule["Name"] in names:
                name = rule["Name"].removeprefix(f"{self._prefix}-")
                yield {"name": name, "resource_type": "cloudwatch_event", "rule_name": rule["Name"]}

    @staticmethod
    def _integrations(apis: Any, api: str) -> str:
        pages = apis.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
        return json.dumps([page["items"] for page in pages], default=str)


def made_by_chalice(function: Mapping[str, Any], stage: str) -> bool:
    """Whether the tags of a function, as Lambda shows it, say that Chalice made it for this stage of Parley."""
    tag = function.get("Tags", {}).get("aws-chalice", "")
    return {f"stage={stage}", f"app={APP_NAME}"} <= set(tag.split(":"))
