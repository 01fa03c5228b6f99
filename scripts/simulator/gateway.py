"""Simulates API Gateway's REST API: converts HTTP requests to Lambda events and runs `app.py` in threads."""

import base64
import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from chalice.app import Chalice, IAMAuthorizer
from chalice.local import LambdaContext, LambdaEventConverter, LocalChalice, RouteMatcher
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from scripts.simulator import signed
from scripts.stage.environment import ROOT

_TIMEOUT_MS = 29_000
_COMPRESSED_FROM: Final[int] = json.loads((ROOT / ".chalice" / "config.json").read_text())["minimum_compression_size"]
_DEFAULT_TYPE: Final = "application/json"
"""What API Gateway calls a response that does not say what it is."""

Serve = Callable[[Request], Awaitable[Response]]


class ApiGateway:
    """The REST API of a Chalice app."""

    def __init__(self, app: Chalice) -> None:
        app.__class__ = LocalChalice  # it keeps one current request per thread, like `chalice local`
        self._app = app
        self._converter = LambdaEventConverter(RouteMatcher(list(app.routes)), app.api.binary_types)

    async def serve(self, request: Request) -> Response:
        """Handle an HTTP request."""
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
        body = await request.body()
        try:
            event = self._converter.create_lambda_event(request.method, path, headers, body)
        except ValueError:
            return _forbidden(signed.NOT_SIGNED)
        if self._wants_signature(event):
            objection = signed.objection(request.method, str(request.url), event["headers"], body)
            if objection:
                return _forbidden(objection)
        return _response(await run_in_threadpool(self.invoke, event))

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """Run the API handler on an event, or respond to a CORS preflight request as API Gateway does."""
        if preflight := _preflight(self._app, event):
            return {"statusCode": 200, "headers": preflight}
        answer: dict[str, Any] = self._app(event, LambdaContext("api", 1024, _TIMEOUT_MS))
        return answer

    def _wants_signature(self, event: dict[str, Any]) -> bool:
        context = event["requestContext"]
        route = self._app.routes[context["resourcePath"]].get(context["httpMethod"])
        return route is not None and isinstance(route.authorizer, IAMAuthorizer)


def _forbidden(why: str) -> Response:
    return JSONResponse({"message": why}, status_code=403)


def _response(answer: dict[str, Any]) -> Response:
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body
    headers = answer.get("headers") or {}
    return Response(content, status_code=answer["statusCode"], headers=headers, media_type=_DEFAULT_TYPE)


def compressing(serve: Serve) -> Serve:
    """Compress the responses as API Gateway does, for a client that accepts it."""

    async def compressed(request: Request) -> Response:
        response = await serve(request)
        body = bytes(response.body)
        if len(body) < _COMPRESSED_FROM or "gzip" not in request.headers.get("accept-encoding", ""):
            return response
        headers = {**response.headers, "content-encoding": "gzip"}
        del headers["content-length"]
        return Response(gzip.compress(body), status_code=response.status_code, headers=headers)

    return compressed


def _preflight(app: Chalice, event: dict[str, Any]) -> dict[str, str]:
    """Return the headers of the response to a CORS preflight request; empty for any other request."""
    asked = event["requestContext"]
    methods = app.routes.get(asked["resourcePath"], {})
    configured: list[Any] = [route.cors for route in methods.values()]
    cors = next(filter(None, configured), None)
    if asked["httpMethod"] != "OPTIONS" or "OPTIONS" in methods or cors is None:
        return {}
    return {**cors.get_access_control_headers(), "Access-Control-Allow-Methods": ",".join([*methods, "OPTIONS"])}
