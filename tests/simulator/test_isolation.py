"""The demo answers whatever the environment says in which it is started."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from scripts.simulator.isolation import isolated, of_the_emulator
from scripts.simulator.model import ModelServer
from tests.simulator.conftest import ROOT, running_demo
from tests.simulator.served import served

NOWHERE: Final = "http://127.0.0.1:9"
"""The port of the service `discard`: nothing listens there."""
SOCKS: Final = "socks5://127.0.0.1:9"
FOREIGN: Final = {
    "HTTP_PROXY": NOWHERE,
    "http_proxy": NOWHERE,
    "HTTPS_PROXY": NOWHERE,
    "ALL_PROXY": SOCKS,
    "all_proxy": SOCKS,
    "no_proxy": "example.org",
    "AWS_PROFILE": "a-profile-that-is-gone",
    "AWS_DEFAULT_PROFILE": "another",
    "AWS_ENDPOINT_URL": NOWHERE,
    "AWS_ENDPOINT_URL_DYNAMODB": NOWHERE,
    "AWS_ENDPOINT_URL_SSM": NOWHERE,
    "AWS_ENDPOINT_URL_SQS": NOWHERE,
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_SESSION_TOKEN": "a token",
    "AWS_REGION": "mars-north-1",
    "AWS_MAX_ATTEMPTS": "many",
    "AWS_RETRY_MODE": "no such mode",
    "AWS_LAMBDA_FUNCTION_NAME": "parley-prod-worker",
    "AWS_CA_BUNDLE": "/nowhere.pem",
    "SSL_CERT_FILE": "/nowhere.pem",
    "REQUESTS_CA_BUNDLE": "/nowhere.pem",
    "TZ": "Mars/Olympus",
    "GATEWAY_PORT": "1",
    "SERVICES": "s3",
    "USE_SSL": "1",
}
CONFIG: Final = f"""[default]
endpoint_url = {NOWHERE}
ignore_configured_endpoint_urls = true
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with settings of AWS's tools."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    return tmp_path


def test_the_demo_and_its_commands_work_whatever_the_environment_says(home: Path):
    env = {**os.environ, **FOREIGN, "HOME": str(home), "AWS_CONFIG_FILE": str(home / ".aws" / "config")}
    with running_demo(env={**env, "SSLKEYLOGFILE": "/nowhere/keys.log"}) as (demo, _):
        demo.say("anna", "is anybody there?")
        demo.wait_until_answered("anna")
        assert "is anybody there?" in demo.answers_to("anna")[0]
        command = [sys.executable, "-m", "scripts.cli", "people", "list", "--stage", "demo", "--json"]
        listed = subprocess.run(
            command, cwd=ROOT, env={**env, "PARLEY_DEMO_URL": demo.url}, capture_output=True, text=True, check=True
        )
    assert "anna" in json.dumps(json.loads(listed.stdout))


def test_a_model_on_this_machine_answers_past_proxies_that_cannot_be_used():
    with served(ModelServer().routes()) as model:
        env = {**os.environ, **FOREIGN, "OPENAI_BASE_URL": model, "PARLEY_MODEL": "gpt-6-luna"}
        with running_demo(env=env) as (demo, _):
            demo.say("anna", "is anybody there?")
            demo.wait_until_answered("anna")
            assert "is anybody there?" in demo.answers_to("anna")[0]


@pytest.mark.parametrize(
    "env", [{}, {"OPENAI_API_KEY": "sk"}, {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}], ids=str
)
def test_nothing_of_aws_is_left(env: Mapping[str, str]):
    left = isolated({**FOREIGN, "AWS_SOMETHING_NEW": "x", "PARLEY_DAILY_LIMIT": "5", "PATH": "/bin", **env})
    assert {name: value for name, value in left.items() if name.startswith("AWS_")} == {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    assert left.items() >= {"PARLEY_DAILY_LIMIT": "5", "PATH": "/bin", **env}.items()


def test_without_a_real_model_no_proxy_and_no_certificate_is_left():
    left = isolated({**FOREIGN, "Http_Proxy": NOWHERE, "PATH": "/bin"})
    assert not [name for name in left if "proxy" in name.lower() or "CERT" in name or "BUNDLE" in name]


@pytest.mark.parametrize("real", [{"OPENAI_API_KEY": "sk"}, {"OPENAI_BASE_URL": "https://models.example/v1"}], ids=str)
def test_a_real_model_keeps_a_proxy_that_works_for_all_but_this_machine(real: Mapping[str, str], tmp_path: Path):
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    proxies = {
        "HTTPS_PROXY": "http://proxy.example:3128",
        "ALL_PROXY": SOCKS,
        "all_proxy": "socks5h://x",
        "NO_PROXY": "a.example",
    }
    left = isolated({**real, **proxies, "SSL_CERT_FILE": str(bundle), "CURL_CA_BUNDLE": "/nowhere.pem"})
    assert {name: value for name, value in left.items() if "proxy" in name.lower()} == {
        "HTTPS_PROXY": "http://proxy.example:3128",
        "NO_PROXY": "a.example,127.0.0.1,localhost",
        "no_proxy": "a.example,127.0.0.1,localhost",
    }
    assert (left["SSL_CERT_FILE"], "CURL_CA_BUNDLE" in left) == (str(bundle), False)


def test_the_emulator_sees_no_settings_of_other_emulators():
    seen = of_the_emulator({**FOREIGN, "PATH": "/bin", "LC_ALL": "C", "PERSIST_STATE": "1", "DOCKER_HOST": "tcp://x"})
    assert seen == {"PATH": "/bin", "LC_ALL": "C"}
