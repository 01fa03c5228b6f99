"""Messenger alone: no WebSocket API; the web chat comes with another deployment, and goes again with its address."""

import json
from collections.abc import Iterator
from typing import Any, Final

import httpx2
import pytest
from botocore.exceptions import ClientError

from scripts.simulator.aws import TICK
from tests.deployed.chat import address
from tests.deployed.conftest import Deployment, new_account
from tests.deployed.running import STAGE, Project

NAME: Final = f"parley-{STAGE}"
OF_THE_WEB: Final = {f"{NAME}-websocket_{route}" for route in ("connect", "message", "disconnect")}


@pytest.fixture(scope="module")
def messenger(project: Project) -> Iterator[Deployment]:
    """A bot that answers a Facebook page and nobody else."""
    with new_account(project) as account:
        switched(account, "messenger")
        yield account


def switched(deployment: Deployment, channels: str) -> str:
    deployed = deployment.parley("deploy", "--yes", "--channels", channels, **deployment.secrets)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    return deployed.stdout


def functions(deployment: Deployment) -> set[str]:
    return {one["FunctionName"] for one in deployment.client("lambda").list_functions()["Functions"]}


def websocket_apis(deployment: Deployment) -> list[Any]:
    found: list[Any] = deployment.client("apigatewayv2").get_apis()["Items"]
    return found


def test_a_message_is_answered_and_nothing_of_the_web_chat_exists(messenger: Deployment):
    messenger.write("anna", "What is a comet?")
    messenger.wait_for_answers("anna", 1)
    assert functions(messenger) == {NAME, f"{NAME}-heartbeat", f"{NAME}-worker"}
    assert websocket_apis(messenger) == []
    with pytest.raises(ClientError):
        address(messenger)
    home = messenger.meta.webhook_url.removesuffix("/webhook")
    with httpx2.Client(base_url=home, timeout=60, trust_env=False) as http:
        assert [http.get(path).status_code for path in ("/health", "/privacy")] == [200, 200]
        assert http.get("/widget.js").status_code in {403, 404}


def test_the_heartbeat_the_doctor_and_the_commands_know_of_no_web_chat(messenger: Deployment):
    answer = messenger.client("lambda").invoke(FunctionName=f"{NAME}-heartbeat", Payload=json.dumps(TICK).encode())
    assert json.loads(answer["Payload"].read())["warmed"] == [NAME, f"{NAME}-worker"]
    doctor = messenger.parley("doctor")
    assert (doctor.returncode, "websocket" in doctor.stdout.lower()) == (0, False), doctor.stdout
    refused = messenger.parley("keys", "create", "Shop")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: stage {STAGE} has no web chat, and only that has keys: ")


def test_the_web_chat_comes_and_goes_with_its_address_and_the_owner_is_told(messenger: Deployment):
    told = switched(messenger, "messenger,web")
    assert "The web chat gets a new address" in told
    assert functions(messenger) == {NAME, f"{NAME}-heartbeat", f"{NAME}-worker", *OF_THE_WEB}
    before = address(messenger)
    told = switched(messenger, "messenger")
    assert "The web chat ends, with all open chats. Switched on again, it gets another address" in told
    assert before in told
    assert (functions(messenger) & OF_THE_WEB, websocket_apis(messenger)) == (set(), [])
    roles = {role["RoleName"] for role in messenger.client("iam").list_roles()["Roles"]}
    assert roles & OF_THE_WEB == set()
    messenger.write("anna", "And a star?")
    messenger.wait_for_answers("anna", 2)
