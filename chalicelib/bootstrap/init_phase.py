"""Builds a function's services while Lambda starts it: it has a full CPU then, and later only its share of one."""

import os
from contextlib import suppress

from chalicelib.bootstrap import clients
from chalicelib.errors import ConfigError


def build() -> None:
    """Import and build what the function in AWS_LAMBDA_FUNCTION_NAME needs; nothing outside Lambda.

    Does nothing if a setting is wrong: the handler then builds the same, and its error is logged as that of a request.
    """
    if function := os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        with suppress(ConfigError):
            _build(function)


def _build(function: str) -> None:
    stage = clients.settings().stage
    if function == stage.worker_function:
        from chalicelib.bootstrap import worker  # noqa: PLC0415 (no other function may load its modules)

        worker.worker()
    elif function in stage.websocket_functions:
        from chalicelib.bootstrap import websocket  # noqa: PLC0415

        websocket.handler()
    elif function == stage.api_function:
        from chalicelib.bootstrap import api  # noqa: PLC0415

        api.build()
    else:
        from chalicelib.bootstrap import heartbeat  # noqa: PLC0415

        heartbeat.heartbeat()
