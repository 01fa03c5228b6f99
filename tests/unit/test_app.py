"""Which routes and functions `app.py` registers, and so deploys, for each choice of channels."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.errors import ConfigError
from chalicelib.ids import Channels, Needs
from chalicelib.settings.stage import Settings
from tests.channels import ALL, BOTH, MESSENGER, WEB

ROOT: Final = Path(__file__).parents[2]
CODE: Final = """
import json, app
routes = sorted(f"{method} {path}" for path, methods in app.app.routes.items() for method in methods)
functions = sorted(handler.name for handler in app.app.pure_lambda_functions)
sockets = sorted(handler.name for handler in app.app.websocket_handlers.values())
print(json.dumps({"routes": routes, "functions": functions, "sockets": sockets}))
"""
OF_THE_OWNER: Final = {
    *("GET /owner", "GET /owner/owner.css", "GET /owner/in/{link}", "POST /owner/in/{link}", "POST /owner/leave"),
    *("GET /owner/people", "GET /owner/people/{name}", "POST /owner/people/{name}", "POST /owner/people/{name}/words"),
    *("GET /owner/money", "GET /owner/bot", "POST /owner/leave-others"),
}
ALWAYS: Final = {"GET /health", "GET /privacy", "GET /export/{link}", "POST /export/{link}"} | OF_THE_OWNER
OF_MESSENGER: Final = {"GET /webhook", "POST /webhook", "POST /data-deletion", "GET /deletion/{code}"}
OF_THE_WEB: Final = {
    *("GET /chat", "GET /chat/{file}", "GET /config/{key}", "GET /widget.js"),
    *("GET /keys", "POST /keys", "DELETE /keys/{key}", "POST /rooms", "POST /tickets"),
    *("GET /config", "GET /chat/sign-in", "POST /chat/sign-in", "GET /chat/signed-in", "POST /chat/signed-in"),
}
SOCKETS: Final = ["websocket_connect", "websocket_disconnect", "websocket_message"]


def registered(channels: str | None) -> Any:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    env = {**kept, "AWS_DEFAULT_REGION": "eu-central-1"} | ({"PARLEY_CHANNELS": channels} if channels else {})
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("channels", "routes", "sockets"),
    [
        (None, OF_MESSENGER | OF_THE_WEB, SOCKETS),
        pytest.param("messenger,web", OF_MESSENGER | OF_THE_WEB, SOCKETS, marks=pytest.mark.full),
        ("web", OF_THE_WEB, SOCKETS),
        ("messenger", OF_MESSENGER, []),
        ("carrier pigeons", OF_MESSENGER | OF_THE_WEB, SOCKETS),  # each request then fails with the setting's error
    ],
)
def test_a_channel_that_is_off_has_no_routes_and_no_functions(
    channels: str | None, routes: set[str], sockets: list[str]
):
    found = registered(channels)
    assert set(found["routes"]) == ALWAYS | routes
    assert (found["functions"], found["sockets"]) == (["worker"], sockets)


@pytest.mark.parametrize("channels", ALL, ids=str)
def test_what_is_written_is_read_again(channels: Channels):
    settings = Settings.from_env({"PARLEY_CHANNELS": str(channels)})
    assert settings.stage.channels == channels
    assert bool(settings.stage.websocket_functions) == channels.web


@pytest.mark.parametrize("text", ["web,messenger", " messenger , web "])
def test_the_order_of_channels_and_spaces_make_no_difference(text: str):
    assert Settings.from_env({"PARLEY_CHANNELS": text}).stage.channels == BOTH


@pytest.mark.parametrize("text", ["", "both", "Web", "web,web", "messenger,", "web;messenger"])
def test_other_words_are_refused_in_one_line(text: str):
    with pytest.raises(ConfigError) as caught:
        Settings.from_env({"PARLEY_CHANNELS": text})
    assert str(caught.value) == f'PARLEY_CHANNELS is "{text}"; it must be messenger, web or messenger,web'


def test_a_part_needs_what_its_channels_need():
    needs = Needs(always=("key",), messenger=("page",), web=("ticket",))
    assert [needs.of(channels) for channels in (BOTH, MESSENGER, WEB)] == [
        ("key", "page", "ticket"),
        ("key", "page"),
        ("key", "ticket"),
    ]
