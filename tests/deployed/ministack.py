"""Starts ministack so that Chalice can deploy to it: `python -m tests.deployed.ministack`, told where by GATEWAY_PORT.

ministack 1.5.33 misreads two requests that `chalice deploy` makes of API Gateway; everything else passes unchanged.
`test_the_shim_is_still_needed` notices a release that reads them.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from ministack.services import apigateway_v1

Answer = tuple[int, Mapping[str, str], bytes]
_original = apigateway_v1.handle_request


async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Mapping[str, Any]) -> Answer:
    """`ImportRestApi` makes an API of its own; `UpdateRestApi` takes an empty compression size for none."""
    match method, [part for part in path.partition("?")[0].split("/") if part]:
        case "POST", ["restapis"] if "import" in query_params.get("mode", ""):
            return _imported(json.loads(body))
        case "PATCH", ["restapis", _]:
            body = _with_numbers(json.loads(body or b"{}"))
    answer: Answer = await _original(method, path, headers, body, query_params)
    return answer


def _imported(spec: Any) -> Answer:
    api = apigateway_v1._import_rest_api(spec)  # noqa: SLF001 (there is no public way; the version is pinned)
    made = apigateway_v1._rest_apis[api]  # noqa: SLF001
    made["binaryMediaTypes"] = spec.get("x-amazon-apigateway-binary-media-types") or []
    answer: Answer = apigateway_v1._v1_response(apigateway_v1._rest_api_view(made), 201)  # noqa: SLF001
    return answer


def _with_numbers(patch: Any) -> bytes:
    for operation in patch.get("patchOperations", []):
        if operation.get("path") == "/minimumCompressionSize":
            operation["value"] = int(operation["value"]) if operation.get("value") else None
    return json.dumps(patch).encode()


if __name__ == "__main__":
    if "--plain" not in sys.argv:
        apigateway_v1.handle_request = handle_request
    sys.argv = ["ministack"]
    from ministack.app import main

    main()
