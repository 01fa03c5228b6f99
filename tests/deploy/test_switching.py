"""What a deployment says and does when a stage's channels change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from chalicelib.ids import Channels
from chalicelib.settings.stage import Secret
from scripts.deploy.deployment import Deployment
from scripts.deploy.doctor import store_generated
from scripts.deploy.steps import DeploymentPlan
from scripts.deploy.switching import consequences
from scripts.simulator.meta import Meta
from tests.channels import BOTH, MESSENGER, WEB
from tests.contract.meta import serving
from tests.deploy.cloudformation import CloudFormation
from tests.deploy.conftest import Account
from tests.deploy.rest_apis import RestApis

ARN: Final = "arn:aws:lambda:eu-central-1:1:function:parley-dev/invocations"
NEW_ADDRESS: Final = "The web chat gets a new address, also if it had one before."
ENDS: Final = "The web chat ends, with all open chats. Switched on again, it gets another address than wss://"
MESSENGER_ENDS: Final = "Messenger ends: your page's menu, its subscription"


@pytest.fixture
def meta() -> Meta:
    return Meta()


@pytest.fixture
def graph(meta: Meta) -> Iterator[str]:
    with serving(meta) as url:
        yield f"{url}/graph/v25.0"


@pytest.fixture
def deployed(account: Account, tmp_path: Path, graph: str) -> Deployment:
    """A stage with both channels."""
    account.fakes["cloudformation"] = CloudFormation("parley-dev", "CREATE_COMPLETE", at_once=True)
    account.fakes["apigateway"] = RestApis({"api": ("parley", [ARN])})
    account.websocket_apis.deployed("dev")
    return Deployment(account.environment(PARLEY_GRAPH_URL=graph), tmp_path)


def wanting(deployment: Deployment, account: Account, channels: Channels) -> Deployment:
    graph = deployment.environment.settings.messenger.graph_url
    return Deployment(account.environment(PARLEY_GRAPH_URL=graph, PARLEY_CHANNELS=str(channels)), deployment.project)


def begins(sentences: Iterator[str]) -> list[str]:
    return [next(known for known in (NEW_ADDRESS, ENDS, MESSENGER_ENDS) if one.startswith(known)) for one in sentences]


def test_a_deployment_that_changes_no_channel_says_nothing(deployed: Deployment):
    assert list(consequences(deployed)) == []


def test_a_new_stage_has_nothing_to_lose(account: Account, tmp_path: Path):
    account.fakes["cloudformation"] = CloudFormation("parley-dev")
    for channels in (BOTH, MESSENGER, WEB):
        environment = account.environment(PARLEY_CHANNELS=str(channels))
        assert list(consequences(Deployment(environment, tmp_path))) == []


def test_the_web_chat_ends_with_its_address_and_gets_another_one_later(deployed: Deployment, account: Account):
    assert begins(consequences(wanting(deployed, account, MESSENGER))) == [ENDS]
    account.websocket_apis.apis.clear()
    assert begins(consequences(wanting(deployed, account, BOTH))) == [NEW_ADDRESS]


def test_messenger_ends_with_all_that_is_stored_of_facebooks_and_is_told_before(
    deployed: Deployment, account: Account, meta: Meta
):
    deployed.vault.put({**meta.secrets, Secret.OPENAI_KEY: "sk-key"})
    store_generated(deployed)
    deployed.vault.note(Secret.PAGE_ID, "1")
    deployed.vault.note(Secret.API_URL, "https://api.example")
    deployed.page().write_profile()
    alone = wanting(deployed, account, WEB)
    assert begins(consequences(alone)) == [MESSENGER_ENDS]
    names = [step.name for step in DeploymentPlan(alone, {}, None).steps()]
    assert names == ["secrets", "facebook", "data stack", "zip", "code", "worker"]
    [leaving] = [step for step in DeploymentPlan(alone, {}, None).steps() if step.name == "facebook"]
    assert leaving.run(print) == "deleted"
    assert meta.admin.profile == {}
    assert alone.vault.stored().keys() == {Secret.OPENAI_KEY, Secret.TICKET_KEY, Secret.PSEUDONYM_KEY}
    assert (alone.vault.noted(Secret.PAGE_ID), alone.vault.noted(Secret.API_URL)) == ("", "https://api.example")
    assert begins(consequences(alone)) == []
    assert "facebook" not in [step.name for step in DeploymentPlan(alone, {}, None).steps()]


def test_messenger_ends_also_if_its_token_has_expired(deployed: Deployment, account: Account, meta: Meta):
    deployed.vault.put({**meta.secrets, Secret.OPENAI_KEY: "sk-key", Secret.PAGE_TOKEN: "EAA" + "x" * 40})
    alone = wanting(deployed, account, WEB)
    [leaving] = [step for step in DeploymentPlan(alone, {}, None).steps() if step.name == "facebook"]
    assert leaving.run(print).startswith("skipped: ")
    assert alone.vault.stored().keys() == {Secret.OPENAI_KEY}
