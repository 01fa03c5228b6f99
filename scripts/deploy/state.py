"""Finds the deployed resources in AWS and writes them to Chalice's state file, so any machine can continue.

Chalice writes that file only at the end of a successful deployment. Without it, or after a failed deployment, Chalice
would create a second API, while Facebook would still send its requests to the first.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chalicelib.settings.stage import APP_NAME

Resource = dict[str, str]
_API: Final = "rest_api"
_SOCKETS: Final = "websocket_api"


@dataclass(frozen=True)
class DeployedState:
    """The functions, roles, rules and APIs of one stage. Chalice manages no other resources of Parley."""

    client: Callable[[str], Any]
    """Creates a boto3 client for a service."""
    stage: str
    folder: Path
    """The folder in which `chalice` runs."""

    @property
    def file(self) -> Path:
        """The path of Chalice's state file."""
        return self.folder / ".chalice" / "deployed" / f"{self.stage}.json"

    def write(self) -> list[Resource]:
        """Write the existing resources to Chalice's state file, and return them."""
        found = self.find()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({"schema_version": "2.0", "backend": "api", "resources": found}, indent=2))
        return found

    def find(self) -> list[Resource]:
        """Find the existing resources, in the format of Chalice's state file."""
        functions = list(self._functions())
        names = sorted({*self._configured(), *(function["name"] for function in functions)})
        ids = {_API: self.api_id(), _SOCKETS: self._websocket_api()}
        apis = [{"name": name, "resource_type": name, f"{name}_id": api} for name, api in ids.items() if api]
        return [*self._roles(names), *functions, *self._rules(names), *apis]

    def api_id(self) -> str:
        """Find the id of the REST API that calls the stage's function; empty if there is none."""
        calls = f":function:{self._prefix}/"
        apis = self.client("apigateway")
        for page in apis.get_paginator("get_rest_apis").paginate():
            for api in page["items"]:
                if api["name"] == APP_NAME and calls in self._integrations(apis, api["id"]):
                    return str(api["id"])
        return ""

    def websocket_api_id(self) -> str:
        """Find the id of the stage's WebSocket API; empty if there is none, or its deployment never finished."""
        api = self._websocket_api()
        return api if api and self._is_finished(api) else ""

    def clear(self) -> None:
        """Delete a WebSocket API whose deployment never finished: Chalice would treat it as finished."""
        api = self._websocket_api()
        if api and not self._is_finished(api):
            self.client("apigatewayv2").delete_api(ApiId=api)

    def _websocket_api(self) -> str:
        """Find the API that has the stage's name and calls only the stage's functions."""
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
        """List only functions that Chalice created for this stage: it deletes those that the app has no more."""
        client = self.client("lambda")
        for page in client.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                full, arn = function["FunctionName"], function["FunctionArn"]
                if f"{full}-".startswith(f"{self._prefix}-") and self._is_ours(client, full):
                    name = full.removeprefix(self._prefix).removeprefix("-") or "api_handler"
                    yield {"name": name, "resource_type": "lambda_function", "lambda_arn": arn}

    def _is_ours(self, client: Any, function: str) -> bool:
        return made_by_chalice(client, client.get_function(FunctionName=function), self.stage)

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


def made_by_chalice(client: Any, function: Mapping[str, Any], stage: str) -> bool:
    """Check by the tags of a function, which is a response of GetFunction, that Chalice created it for this stage.

    GetFunction leaves the tags out for a caller without the permission `lambda:ListTags`. Raises ClientError then.
    """
    tags = function.get("Tags")
    if tags is None:
        tags = client.list_tags(Resource=function["Configuration"]["FunctionArn"])["Tags"]
    return {f"stage={stage}", f"app={APP_NAME}"} <= set(tags.get("aws-chalice", "").split(":"))
