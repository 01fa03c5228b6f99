"""What a cold start imports: nothing of the worker's, nothing from the network, nothing from the environment."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.architecture.fresh import as_a_process, forks

pytestmark = pytest.mark.slow

READ_IN_A_BROWSER: Final = {
    "chalicelib.operations.privacy",
    "chalicelib.content.page",
    "chalicelib.aws.dynamodb.deletions",
}
OF_CHAT_PAGES: Final = {"chalicelib.channels.web.config", "chalicelib.access.key_service", "jwt", "cryptography"}
OF_OTHERS: Final = {
    "chalicelib.bootstrap.adapters",
    "chalicelib.bootstrap.ports",
    "chalicelib.operations.alerts",
    "chalicelib.operations.heartbeat",
    "chalicelib.operations.report",
    "chalicelib.content.plots",
    "chalicelib.llm.prices",
    "tomllib",
}
WORKERS_ONLY: Final = {
    "openai",
    "requests",
    "pydantic",
    "httpx2",
    "regex",
    "markdown_it",
    "chalicelib.operations.health",
    "chalicelib.llm.openai",
    "chalicelib.conversation.worker",
}

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
from chalicelib.bootstrap import health, heartbeat, worker
from chalicelib.bootstrap.pages import Pages
heartbeat.heartbeat(), worker.worker(), health.health_check(), Pages().privacy, Pages().chat_config, Pages().api_keys
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
Loaded = Callable[..., set[str]]


@pytest.fixture(scope="module")
def loaded() -> Iterator[Loaded]:
    """The modules of a process that ran some code; see `fresh.py`."""
    with forks() as processes:
        yield processes.loaded


@pytest.fixture(scope="module")
def worker_loaded() -> Iterator[Loaded]:
    """The same, where the worker's slowest package may have been there before."""
    with forks("openai") as processes:
        yield processes.loaded


def test_the_app_can_be_imported_anywhere_without_settings_secrets_or_network():
    assert as_a_process("import app") & (WORKERS_ONLY | OF_CHAT_PAGES) == set()


def test_the_webhook_starts_without_the_workers_modules(loaded: Loaded):
    modules = loaded(SEND_TOO_MUCH, AWS_DEFAULT_REGION="eu-central-1")
    assert modules & (WORKERS_ONLY | OF_OTHERS | READ_IN_A_BROWSER | OF_CHAT_PAGES) == set()
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
def test_the_worker_is_woken_the_way_the_settings_say(loaded: Loaded, way: str, module: str, service: str, wake: str):
    code = WAKE_OF.format(module=module, service=service, wake=wake)
    loaded(code, AWS_DEFAULT_REGION="eu-central-1", PARLEY_WAKE=way)


HANDLERS: Final = {
    "parley-dev": ("api.webhook", ["dynamodb", "lambda", "ssm"]),
    "parley-dev-worker": ("worker.worker", ["dynamodb", "sns", "ssm"]),
    "parley-dev-heartbeat": ("heartbeat.heartbeat", ["dynamodb", "lambda", "lambda"]),
    "parley-dev-websocket_connect": ("websocket.handler", ["dynamodb", "lambda", "ssm"]),
    "parley-dev-websocket_message": ("websocket.handler", ["dynamodb", "lambda", "ssm"]),
    "parley-dev-websocket_disconnect": ("websocket.handler", ["dynamodb", "lambda", "ssm"]),
}
"""What each function builds once, by its name in Lambda, and the clients for it: each takes tens of milliseconds."""
IS_BUILT: Final = """
import boto3
made, make = [], boto3.Session.client
boto3.Session.client = lambda self, name, **options: made.append(name) or make(self, name, **options)
import app
assert sorted(made) == {clients}, made
before = set(sys.modules)
from chalicelib.bootstrap import {module}
assert {module}.{service}.cache_info().currsize == 1, "the handler would build it, at a fraction of a CPU"
{module}.{service}()
assert set(sys.modules) == before, set(sys.modules) - before
"""


AS_ANOTHER: Final = {"parley-dev-websocket_message", "parley-dev-websocket_disconnect"}
"""Functions with the handler of `websocket_connect`."""
FUNCTIONS: Final = [
    pytest.param(name, marks=pytest.mark.full) if name in AS_ANOTHER else pytest.param(name) for name in HANDLERS
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_on_lambda_the_services_and_each_client_are_built_once_before_the_first_event(
    loaded: Loaded, worker_loaded: Loaded, function: str
):
    built, clients = HANDLERS[function]
    module, service = built.split(".")
    code = IS_BUILT.format(module=module, service=service, clients=clients)
    is_worker = function == "parley-dev-worker"
    start = worker_loaded if is_worker else loaded
    modules = start(code, AWS_DEFAULT_REGION="eu-central-1", AWS_LAMBDA_FUNCTION_NAME=function)
    if not is_worker:
        assert modules & WORKERS_ONLY == set()


def test_a_worker_loads_the_library_of_its_models_provider_only(loaded: Loaded):
    environment = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_NAME": "parley-dev-worker"}
    of_openai = loaded("import app", **environment)
    of_bedrock = loaded(
        IS_BUILT.format(module="worker", service="worker", clients=["bedrock-runtime", "dynamodb", "sns", "ssm"]),
        **environment,
        PARLEY_MODEL="bedrock:eu.amazon.nova-lite-v1:0",
    )
    assert "chalicelib.llm.converse" in of_bedrock - of_openai
    assert of_bedrock & {"openai", "httpx2", "pydantic", "anyio", "chalicelib.llm.openai"} == set()
    assert "openai" in of_openai


@pytest.mark.parametrize("function", ["", "parley-dev"])
def test_a_wrong_setting_fails_the_request_and_not_the_start(loaded: Loaded, function: str):
    environment = {"AWS_DEFAULT_REGION": "eu-central-1", "PARLEY_TIMEZONE": "Nowhere/X"}
    loaded(WRONG_SETTING, **environment, AWS_LAMBDA_FUNCTION_NAME=function)


@pytest.mark.parametrize("function", FUNCTIONS[1:])
def test_a_wrong_setting_does_not_end_the_start_of_any_function(worker_loaded: Loaded, function: str):
    worker_loaded("import app", PARLEY_TIMEZONE="Nowhere/X", PARLEY_STAGE="dev", AWS_LAMBDA_FUNCTION_NAME=function)


def test_every_channel_has_a_sender_in_the_worker(worker_loaded: Loaded):
    worker_loaded(SENDERS, AWS_DEFAULT_REGION="eu-central-1")


TEXT_TURN: Final = """
from tests.flow.bot import Bot
bot = Bot()
plain = 'name = "Helper"\\nmax_output_tokens = 100\\ninstructions = "You help."'
bot.persona_texts.put("assistant", plain, now=1)
bot.receives("anna", "Hello?")
assert bot.sent_to("anna") == ["An answer."]
"""


@pytest.mark.parametrize("code", [TEXT_TURN, "from chalicelib.bootstrap import worker\nworker.worker()"])
def test_a_persona_without_tools_loads_no_tools(worker_loaded: Loaded, code: str):
    modules = worker_loaded(code, AWS_DEFAULT_REGION="eu-central-1")
    assert "chalicelib.conversation.dialogue" in modules
    assert [name for name in modules if name.startswith(("chalicelib.tools", "chalicelib.bootstrap.tools"))] == []


def test_others_do_load_them_so_that_the_names_above_are_right(loaded: Loaded):
    modules = loaded(BUILD, AWS_DEFAULT_REGION="eu-central-1")
    assert modules >= (WORKERS_ONLY | OF_OTHERS | READ_IN_A_BROWSER | OF_CHAT_PAGES) - {
        "pydantic",
        "httpx2",
        "regex",
        "markdown_it",
    }


def test_signing_in_costs_nothing_where_nobody_can(loaded: Loaded):
    assert (
        loaded(SIGN_IN.format(None), AWS_DEFAULT_REGION="eu-central-1") & {"jwt", "cryptography", "requests"} == set()
    )


def test_the_issuer_gets_no_request_before_there_is_a_token(loaded: Loaded):
    issuer = "https://accounts.example.org"
    modules = loaded(SIGN_IN.format(issuer), PARLEY_OIDC_ISSUER=issuer, PARLEY_OIDC_AUDIENCE="parley-web")
    assert modules >= {"jwt", "cryptography"}
