"""Where the channels of a stage come from when nobody names them."""

from pathlib import Path

import pytest

from chalicelib.ids import Channels
from scripts.cli import channels
from scripts.deploy.deployment import Deployment
from tests.channels import BOTH, MESSENGER, WEB
from tests.deploy.cloudformation import CloudFormation
from tests.deploy.conftest import Account


def found(account: Account, folder: Path, deployed: str | None, **settings: str) -> Channels | None:
    stack = CloudFormation("parley-dev", "CREATE_COMPLETE")
    stack.parameters = [{"ParameterKey": "Channels", "ParameterValue": deployed}] if deployed else []
    account.fakes["cloudformation"] = stack
    return channels.found(Deployment(account.environment(**settings), folder), ask=True)


@pytest.mark.parametrize(
    ("deployed", "kept"), [("web", WEB), ("messenger", MESSENGER), ("messenger,web", BOTH), (None, None)]
)
def test_another_computer_deploys_the_channels_that_the_stage_has(
    account: Account, tmp_path: Path, deployed: str | None, kept: Channels | None
):
    assert found(account, tmp_path, deployed) == kept


def test_a_choice_in_the_configuration_wins_over_what_is_deployed(account: Account, tmp_path: Path):
    assert found(account, tmp_path, "messenger", PARLEY_CHANNELS="web") is None


def test_the_environment_of_other_channels_has_their_functions_and_keeps_all_else(account: Account):
    before = account.environment("prod", PARLEY_DAILY_LIMIT="3")
    alone = channels.with_channels(before, MESSENGER)
    assert (alone.settings.stage.channels, alone.settings.stage.websocket_functions) == (MESSENGER, ())
    assert channels.with_channels(alone, BOTH).settings == before.settings
