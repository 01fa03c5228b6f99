"""What a cold start imports: nothing of the worker's, nothing from the network, nothing from the environment."""

import json
import os
import subprocess
import sys
from typing import Final

import pytest

from scripts.measure.source import ROOT

READ_IN_A_BROWSER: Final = {
    "chalicelib.operations.privacy",
    "chalicelib.content.page",
    "chalicelib.aws.dynamodb.deletions",
}
OF_CHAT_PAGES: Final = {"chalicelib.channels.web.config", "chalicelib.access.key_service", "jwt", "cryptography"}
WORKERS_ONLY: Final = {
    "openai",
    "requests",
    "pydantic",
    "httpx2",
    "regex",
    "chalicelib.operations.health",
    "chalicelib.llm.openai",
    "chalicelib.conversation.worker",
}

OFFLINE: Final = """
import json, socket, sys
def refuse(*_, **__):
    raise OSError("a cold start does not touch the network")
socket.socket.connect = socket.getaddrinfo = refuse
"""
SEND_TOO_MUCH: Final = """
import app
from chalicelib.channels.messenger.webhook import MAX_BODY
post = {"resourcePath": "/webhook", "httpMethod": "POST", "path": "/webhook"}
answer = app.app({"requestContext": post, "headers": {}, "body": " " * (MAX_BODY + 1)} | dict.fromkeys(
    ("multiValueQueryStringParameters", "pathParameters", "stageVariables")), None)
assert answer["statusCode"] == 413, answer
"""
WAKE_OF: Final = """
from chalicelib.bootstrap import {module}
service = {module}.{service}()
wake = getattr(service, "ingest", service).wake
assert type(wake).__name__ + " in turn" * getattr(wake, "in_turn", False) == "{wake}", wake
"""
SIGN_IN: Final = """
from chalicelib.bootstrap import websocket
tokens = websocket.id_token_verifier()
assert str(getattr(tokens, "issuer", None)) == "{}", tokens
"""
BUILD: Final = """
from chalicelib.access import ticket
from chalicelib.bootstrap import health, worker
from chalicelib.bootstrap.pages import Pages
worker.worker(), health.health_check(), Pages().privacy, Pages().chat_config, Pages().api_keys
ticket.mint("key", "anna", secret="a secret of thirty-two characters", now=0)
"""
WRONG_SETTING: Final = """
import contextlib, io
import app
post = {"resourcePath": "/webhook", "httpMethod": "POST", "path": "/webhook"}
event = {"requestContext": post, "headers": {}, "body": "{}"} | dict.fromkeys(
    ("multiValueQueryStringParameters", "pathParameters", "stageVariables"))
with contextlib.redirect_stderr(io.StringIO()) as logged:
    answer = app.app(event, None)
assert answer["statusCode"] == 500, answer
assert "PARLEY_TIMEZONE" in logged.getvalue(), logged.getvalue()
"""
SENDERS: Final = """
from chalicelib.bootstrap import worker
from chalicelib.ids import Channel
missing = set(Channel) - set(worker.worker().sender.senders)
assert not missing, f"add a sender for {missing} to the ChannelRouter in chalicelib/bootstrap/worker.py"
"""
LOADED: Final = """
print(json.dumps(sorted(sys.modules)))
"""


def loaded(code: str, **environment: str) -> set[str]:
    """The modules of a fresh process that ran `code` with nothing in its environment but this."""
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE + code + LOADED],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_app_can_be_imported_anywhere_without_settings_secrets_or_network():
    assert loaded("import app") & (WORKERS_ONLY | OF_CHAT_PAGES) == set()


def test_the_webhook_starts_without_the_workers_modules():
    modules = loaded(SEND_TOO_MUCH, AWS_DEFAULT_REGION="eu-central-1")
    assert modules & (WORKERS_ONLY | READ_IN_A_BROWSER | OF_CHAT_PAGES) == set()
    assert "chalicelib.channels.messenger.webhook" in modules


@pytest.mark.parametrize(
    ("way", "module", "service", "wake"),
    [
        ("lambda", "api", "webhook", "LambdaWake"),
        ("lambda", "heartbeat", "heartbeat", "LambdaWake"),
        ("fifo", "api", "webhook", "FifoWake in turn"),
        ("fifo", "heartbeat", "heartbeat", "FifoWake"),
    ],
)
def test_the_worker_is_woken_the_way_the_settings_say(way: str, module: str, service: str, wake: str):
    code = WAKE_OF.format(module=module, service=service, wake=wake)
    loaded(code, AWS_DEFAULT_REGION="eu-central-1", PARLEY_WAKE=way)


def test_a_wrong_setting_is_logged_when_the_webhook_cannot_be_built():
    loaded(WRONG_SETTING, AWS_DEFAULT_REGION="eu-central-1", PARLEY_TIMEZONE="Nowhere/X")


HANDLERS: Final = {
    "parley-dev": "api.webhook",
    "parley-dev-worker": "worker.worker",
    "parley-dev-heartbeat": "heartbeat.heartbeat",
    "parley-dev-websocket_connect": "websocket.handler",
    "parley-dev-websocket_message": "websocket.handler",
    "parley-dev-websocket_disconnect": "websocket.handler",
}
"""What each function builds once, by its name in Lambda."""
IS_BUILT: Final = """
import app
before = set(sys.modules)
from chalicelib.bootstrap import {module}
assert {module}.{service}.cache_info().currsize == 1, "the handler would build it, at a fraction of a CPU"
{module}.{service}()
assert set(sys.modules) == before, set(sys.modules) - before
"""


@pytest.mark.parametrize(("function", "built"), HANDLERS.items())
def test_on_lambda_the_services_are_built_before_the_first_event(function: str, built: str):
    module, service = built.split(".")
    code = IS_BUILT.format(module=module, service=service)
    modules = loaded(code, AWS_DEFAULT_REGION="eu-central-1", AWS_LAMBDA_FUNCTION_NAME=function)
    if function != "parley-dev-worker":
        assert modules & WORKERS_ONLY == set()


@pytest.mark.parametrize("function", ["", "parley-dev"])
def test_a_wrong_setting_fails_the_request_and_not_the_start(function: str):
    environment = {"AWS_DEFAULT_REGION": "eu-central-1", "PARLEY_TIMEZONE": "Nowhere/X"}
    loaded(WRONG_SETTING, **environment, AWS_LAMBDA_FUNCTION_NAME=function)


@pytest.mark.parametrize("function", [name for name in HANDLERS if name != "parley-dev"])
def test_a_wrong_setting_does_not_end_the_start_of_any_function(function: str):
    loaded("import app", PARLEY_TIMEZONE="Nowhere/X", PARLEY_STAGE="dev", AWS_LAMBDA_FUNCTION_NAME=function)


COUNTING: Final = """
import boto3
made, make = [], boto3.Session.client
boto3.Session.client = lambda self, name, **options: made.append(name) or make(self, name, **options)
"""


@pytest.mark.parametrize(
    ("function", "clients"),
    [
        ("parley-dev", ["dynamodb", "lambda", "ssm"]),
        ("parley-dev-worker", ["dynamodb", "sns", "ssm"]),
        ("parley-dev-heartbeat", ["dynamodb", "lambda", "lambda"]),
        ("parley-dev-websocket_connect", ["dynamodb", "lambda", "ssm"]),
        ("parley-dev-websocket_message", ["dynamodb", "lambda", "ssm"]),
    ],
)
def test_a_start_builds_each_client_once_since_each_takes_tens_of_milliseconds(function: str, clients: list[str]):
    code = f"{COUNTING}\nimport app\nassert sorted(made) == {clients}, made"
    loaded(code, AWS_DEFAULT_REGION="eu-central-1", AWS_LAMBDA_FUNCTION_NAME=function)


def test_every_channel_has_a_sender_in_the_worker():
    loaded(SENDERS, AWS_DEFAULT_REGION="eu-central-1")


def test_others_do_load_them_so_that_the_names_above_are_right():
    modules = loaded(BUILD, AWS_DEFAULT_REGION="eu-central-1")
    assert modules >= (WORKERS_ONLY | READ_IN_A_BROWSER | OF_CHAT_PAGES) - {"pydantic", "httpx2", "regex"}


def test_signing_in_costs_nothing_where_nobody_can():
    assert (
        loaded(SIGN_IN.format(None), AWS_DEFAULT_REGION="eu-central-1") & {"jwt", "cryptography", "requests"} == set()
    )


def test_the_issuer_gets_no_request_before_there_is_a_token():
    issuer = "https://accounts.example.org"
    modules = loaded(SIGN_IN.format(issuer), PARLEY_OIDC_ISSUER=issuer, PARLEY_OIDC_AUDIENCE="parley-web")
    assert modules >= {"jwt", "cryptography"}
