"""Tests that a first deployment continues after CloudFormation failed, at whichever resource that was."""

from collections.abc import Iterator

import pytest
from cfnlint import decode

from tests.deployed.conftest import Deployment, new_account
from tests.deployed.running import ROOT, STAGE, Project
from tests.deployed.test_what_goes_wrong import finishes, message

TEMPLATE, _ = decode.decode(str(ROOT / ".chalice" / "resources.yaml"))


@pytest.fixture
def account(project: Project) -> Iterator[Deployment]:
    """A new account for a stage that has every resource of the template."""
    with new_account(project, PARLEY_WAKE="fifo") as account:
        yield account


def test_it_continues_after_each_resource_of_the_data_stack_failed_in_turn(account: Deployment):
    for resource in [*TEMPLATE["Resources"], "Table afterwards"]:
        account.fails_at(resource)
        name = resource.split()[0]
        assert message(account.deploy()).startswith(
            f"data stack: the stack parley-{STAGE} could not be deployed: {name}"
        )
    account.fails_at("")
    finishes(account)
    table = account.client("dynamodb").describe_table(TableName=f"parley-{STAGE}")["Table"]
    assert table["DeletionProtectionEnabled"]
