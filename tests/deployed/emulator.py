"""Starts ministack on GATEWAY_PORT with the changes that `chalice deploy` needs. Runs in its own virtual environment.

ministack 1.5.33 misreads two requests of `chalice deploy` to API Gateway; `test_the_shim_is_still_needed` fails when a
release reads them. It drops imported responses that API Gateway gives without a function. Its CloudFormation ignores
two properties of a table, does not know deployments of a WebSocket API, and separates the retry settings of a
function's latest version from those of the function. It runs WebSocket functions one event at a time and without a log,
and refuses a handshake with 403, whatever the function answers.
It copies the code for each environment of a function, and blocks while it removes a copy: here all share one in the
folder UNPACKED, which several emulators may use. An environment is a fork of a process that has imported the code's
modules: each would import them for half a second. And a new function is ready at once: AWS's waiters would poll again
only after five seconds. Other requests pass unchanged.

CloudFormation here refuses to delete a protected table, as on AWS. It fails at the resource that the file FAULTS names.
It runs the SAM transform as `SAM_TRANSFORM`, a command, since its libraries would be importable by the deployed code.
"""

import json
import os
import shlex
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from forking import Fork, Forks, unpacked  # type: ignore[import-not-found]  # beside this file, which is a program
from ministack.core import lambda_runtime
from ministack.services import apigateway, dynamodb, lambda_svc
from ministack.services import apigateway_v1 as v1
from ministack.services.cloudformation import provisioners, stacks

Answer = tuple[int, Mapping[str, str], bytes]
_original = v1.handle_request
_import_operation = v1._import_operation
_create_table = provisioners._ddb_create
_delete_table = provisioners._ddb_delete
_provision = provisioners._provision_resource
_put_event_invoke_config = lambda_svc._put_event_invoke_config
_invoke_ws_lambda = apigateway._invoke_ws_lambda
_handle_websocket = apigateway.handle_websocket
_connect_status: ContextVar[int] = ContextVar("connect_status", default=403)
_unpacking = threading.Lock()
_forks: dict[Path, Forks] = {}
"""A process for each version of the code; the one of the tests' own zip is that of FORKS."""


async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Mapping[str, Any]) -> Answer:
    """Read the API's description in `ImportRestApi` and `PutRestApi`."""
    match method, [part for part in path.partition("?")[0].split("/") if part]:
        case "POST", ["restapis"] if "import" in query_params.get("mode", ""):
            return _viewed(v1._import_rest_api(json.loads(body)), json.loads(body), status=201)
        case "PUT", ["restapis", api] if api in v1._rest_apis:
            return _viewed(_overwritten(api, json.loads(body)), json.loads(body), status=200)
    answer: Answer = await _original(method, path, headers, body, query_params)
    return answer


def _overwritten(api: str, spec: Any) -> str:
    resources = v1._resources[api]
    [(root_id, root)] = [(key, one) for key, one in resources.items() if one["path"] == "/"]
    resources.clear()
    resources[root_id] = {**root, "resourceMethods": {}}
    schemes = v1._import_security_schemes(api, spec)
    for path, item in spec["paths"].items():
        v1._import_path_item(api, path, item, schemes, spec.get("security"))
    return api


def _viewed(api: str, spec: Any, *, status: int) -> Answer:
    made = v1._rest_apis[api]
    made["binaryMediaTypes"] = spec.get("x-amazon-apigateway-binary-media-types") or []
    answer: Answer = v1._v1_response(v1._rest_api_view(made), status)
    return answer


def import_operation(api: str, resource: str, method: str, operation: Any, *schemes: Any) -> None:
    """Keep responses without a function, such as those to CORS preflight requests."""
    _import_operation(api, resource, method, operation, *schemes)
    for answer in operation["x-amazon-apigateway-integration"]["responses"].values():
        v1._put_integration_response(api, resource, method, answer["statusCode"], answer)


def create_table(logical_id: str, properties: Any, stack_name: str) -> Any:
    """Apply the expiry of items and point-in-time recovery too."""
    made = _create_table(logical_id, properties, stack_name)
    name = properties["TableName"]
    expiry = properties["TimeToLiveSpecification"]
    dynamodb._ttl_settings[name] = {"TimeToLiveStatus": "ENABLED", "AttributeName": expiry["AttributeName"]}
    dynamodb._pitr_settings[name] = True
    return made


def delete_table(physical_id: str, properties: Any) -> None:
    """Refuse to delete a protected table."""
    table = dynamodb._tables.get(physical_id, {})
    if table.get("DeletionProtectionEnabled"):
        raise ValueError(f"Resource cannot be deleted as it is currently protected against deletion: {physical_id}")
    _delete_table(physical_id, properties)


def provision(kind: str, logical_id: str, properties: Any, stack_name: str) -> Any:
    """Fail at the resource that FAULTS names: before it exists, or `afterwards`."""
    fault = Path(os.environ["FAULTS"]).read_text().split()
    if fault == [logical_id]:
        raise ValueError("Resource handler returned message: Access denied")
    made = _provision(kind, logical_id, properties, stack_name)
    if fault == [logical_id, "afterwards"]:
        raise ValueError("Resource handler returned message: Access denied")
    return made


def transform(template: Any, *_: Any) -> Any:
    """Run the SAM transform in its own environment."""
    command = shlex.split(os.environ["SAM_TRANSFORM"])
    done = subprocess.run(command, input=json.dumps(template), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def put_event_invoke_config(function: str, qualifier: str | None, settings: Any) -> Any:
    """Use the latest version if none is named."""
    return _put_event_invoke_config(function, None if qualifier == "$LATEST" else qualifier, settings)


def create_deployment(logical_id: str, properties: Any, stack_name: str) -> Any:
    """The deployment that a WebSocket API's stage returns; the emulator itself returns the latest."""
    _, _, body = apigateway._create_deployment(properties["ApiId"], {})
    return json.loads(body)["deploymentId"], {}


async def invoke_ws_lambda(*args: Any, **named: Any) -> Any:
    """Note the status that the function for new connections answers."""
    answer = await _invoke_ws_lambda(*args, **named)
    if "CONNECT" in args:
        _connect_status.set(int((answer or {}).get("statusCode", 200)))
    return answer


async def handle_websocket(scope: Any, receive: Any, send: Any, *args: Any, **named: Any) -> None:
    """Refuse a handshake with the status that the function answered."""
    is_open = False

    async def pass_on(message: Any) -> None:
        nonlocal is_open
        is_open = is_open or message["type"] == "websocket.accept"
        if is_open or message["type"] != "websocket.close":
            await send(message)
        else:
            await apigateway._refuse_ws_handshake(scope, send, _connect_status.get(), "", None, None)

    await _handle_websocket(scope, receive, pass_on, *args, **named)


class Worker:
    """Run a WebSocket function like any other: in parallel, and with a log."""

    def __init__(self, name: str, config: Any, code_zip: bytes, *, qualifier: str) -> None:
        self._function = {"config": config, "code_zip": code_zip}

    def invoke(self, event: Any, request_id: str) -> Any:
        """Convert the response of an emulator's worker to Lambda's."""
        done = lambda_svc._execute_function(self._function, event)
        return {"status": "ok", "result": lambda_svc.lambda_execute_result_to_api_proxy_response(done)[0]}


class Code(zipfile.ZipFile):
    """Unpack the code of a function once, and use it in all its environments and in later emulators."""

    def extractall(self, path: Any = None, *_: Any) -> None:
        """Link the code instead of creating an empty folder."""
        with _unpacking:
            home = unpacked(Path(str(self.filename)), Path(os.environ["UNPACKED"]))
        Path(path).rmdir()
        Path(path).symlink_to(home)


def popen(words: list[str], *, cwd: str, env: dict[str, str], **_: Any) -> Fork:
    """Start the environment of a function."""
    home = Path(cwd).resolve()
    with _unpacking:
        if home not in _forks:
            _forks[home] = Forks.loaded(words[0], "boto3", "chalice.app", "chalicelib", path=str(home))
    return _forks[home].start(*words[1:], folder=cwd, environment=env)


def forks_of_the_tests() -> None:
    """Use the process that the tests have started, for the code of which it has the modules."""
    number, home = os.environ["FORKS"].split(maxsplit=1)
    _forks[Path(home)] = Forks(socket.socket(fileno=int(number)))


def end_with(parent: int) -> None:
    """Exit when the parent process has ended, since killed tests cannot stop it."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    forks_of_the_tests()
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    lambda_svc._unzipped_size = lru_cache(maxsize=2)(lambda_svc._unzipped_size)  # all functions have one zip
    lambda_svc._put_event_invoke_config = put_event_invoke_config
    provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"] |= {"create": create_table, "delete": delete_table}
    stacks._provision_resource = provision
    for name in ("samtranslator", "samtranslator.translator", "samtranslator.translator.transform"):
        sys.modules[name] = ModuleType(name)
    vars(sys.modules[name])["transform"] = transform
    deployment = {"create": create_deployment, "delete": lambda physical_id, properties: None}
    provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Deployment"] = deployment
    if "--plain" not in sys.argv:
        v1.handle_request = handle_request
        v1._import_operation = import_operation
    apigateway._invoke_ws_lambda = invoke_ws_lambda
    apigateway.handle_websocket = handle_websocket
    lambda_runtime.get_or_create_worker = Worker
    lambda_runtime.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": popen})
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": Code})
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = 0
    sys.argv = ["ministack"]
    from ministack.app import main

    main()
