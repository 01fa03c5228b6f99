"""The events that the handlers get: one signed message a webhook request, as API Gateway passes it on, and wakes."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

APP_SECRET: Final = "the app secret of the page"  # noqa: S105 (of a stub)
PAGE: Final = "100"
PSID: Final = "4711"
_numbers: Final = count()

Event = Mapping[str, Any]


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def from_messenger() -> Event:
    """Return a request with a new message of Messenger's."""
    mid, at = f"m_{next(_numbers)}-of-this-run", now_ms()
    message = {"mid": mid, "text": "When do you open on Sunday?"}
    item = {"sender": {"id": PSID}, "recipient": {"id": PAGE}, "timestamp": at, "message": message}
    body = json.dumps({"object": "page", "entry": [{"id": PAGE, "time": at, "messaging": [item]}]})
    return _post(body, {"X-Hub-Signature-256": f"sha256={_signed(body)}"})


def from_slack() -> Event:
    """Return a request with a new message of Slack's."""
    at = str(now_ms() // 1000)
    said = {"type": "message", "channel": "C1", "user": "U1", "text": "When do you open on Sunday?", "ts": f"{at}.1"}
    envelope = {"type": "event_callback", "event_id": f"Ev{next(_numbers)}", "team_id": "T1", "api_app_id": "A1"}
    body = json.dumps(
        {**envelope, "event": said, "authorizations": [{"team_id": "T1", "user_id": "U0", "is_bot": True}]}
    )
    signature = f"v0={_signed(f'v0:{at}:{body}')}"
    return _post(body, {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature})


def wake() -> Event:
    """Return what invokes Parley's worker."""
    return {"conversation": f"messenger:{PAGE}:{PSID}"}


def message() -> Event:
    """Return what invokes the other workers."""
    return {"id": f"m_{next(_numbers)}", "person": PSID, "text": "When do you open on Sunday?"}


def execution() -> Event:
    """Return what invokes a durable execution for the first time."""
    started = {"Id": "0", "Type": "EXECUTION", "Status": "STARTED", "StartTimestamp": now_ms()}
    state = {"Operations": [{**started, "ExecutionDetails": {"InputPayload": json.dumps(message())}}], "NextMarker": ""}
    arn = f"arn:aws:lambda:eu-central-1:000000000000:function:worker:1/durable-execution/{next(_numbers)}/0"
    return {"DurableExecutionArn": arn, "CheckpointToken": "first", "InitialExecutionState": state}


def _signed(text: str) -> str:
    return hmac.new(APP_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def _post(body: str, headers: Mapping[str, str]) -> Event:
    """Return a POST of API Gateway's, with the headers that it adds."""
    all_headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
        "User-Agent": "facebookexternalua",
        "X-Amzn-Trace-Id": "Root=1-67e00000-000000000000000000000000",
        "X-Forwarded-For": "173.252.79.4",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        **headers,
    }
    context = {"resourcePath": "/webhook", "httpMethod": "POST", "path": "/api/webhook", "stage": "api"}
    return {
        "resource": "/webhook",
        "path": "/webhook",
        "httpMethod": "POST",
        "headers": all_headers,
        "multiValueHeaders": {name: [value] for name, value in all_headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {**context, "requestId": "0", "identity": {"sourceIp": "173.252.79.4"}},
        "body": body,
        "isBase64Encoded": False,
    }
