"""Tests single steps of a deployment and a removal, and when they are refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from chalicelib.errors import ConfigError, MetaError
from chalicelib.operations.findings import Severity
from chalicelib.settings.stage import Secret
from scripts.deploy.deployment import Deployment
from scripts.deploy.doctor import check_page, store_generated
from scripts.deploy.removal import RemovalPlan
from scripts.deploy.steps import DeploymentPlan, Step
from scripts.simulator.meta import PAGE_ID, Meta
from scripts.simulator.table import create_table
from tests.contract.meta import serving
from tests.deploy.cloudformation import CloudFormation
from tests.deploy.conftest import Account
from tests.deploy.fakes import Refusal

KEY: Final[dict[str, str]] = {Secret.OPENAI_KEY: "sk-key"}


@pytest.fixture
def cloud(account: Account) -> CloudFormation:
    account.fakes["cloudformation"] = cloud = CloudFormation("parley-dev", at_once=True)
    return cloud


@pytest.fixture
def deployment(account: Account, cloud: CloudFormation, tmp_path: Path) -> Deployment:
    return Deployment(account.environment(), tmp_path)


def nobody(_: str) -> None:
    """Ignore progress."""


def run(steps: list[Step], name: str) -> str:
    [step] = [step for step in steps if step.name == name]
    return step.run(nobody)


def store(deployment: Deployment, secrets: dict[str, str]) -> str:
    return run(DeploymentPlan(deployment, secrets, None).steps(), "secrets")


def in_region(account: Account, region: str) -> Account:
    return Account(boto3.Session("test", "test", region_name=region), account.fakes)


# -- one region -------------------------------------------------------------------------------------------------------


def test_a_stage_that_was_never_deployed_from_here_may_go_anywhere(deployment: Deployment):
    deployment.check_region()


def test_a_stage_stays_in_the_region_where_its_deployment_began_even_if_it_broke_off(
    account: Account, deployment: Deployment
):
    store(deployment, KEY)
    deployment.check_region()
    with pytest.raises(ConfigError) as caught:
        Deployment(in_region(account, "us-east-1").environment(), deployment.project).check_region()
    assert str(caught.value) == (
        "stage dev runs in eu-central-1, not in us-east-1: add --region eu-central-1, "
        "or first run scripts/parley destroy --region eu-central-1 --stage dev"
    )


def test_another_stage_may_be_in_another_region(account: Account, deployment: Deployment):
    store(deployment, KEY)
    Deployment(in_region(account, "us-east-1").environment("prod"), deployment.project).check_region()


def test_a_destroyed_stage_may_be_deployed_in_another_region(account: Account, deployment: Deployment):
    store(deployment, KEY)
    run(RemovalPlan(deployment).steps(), "secrets")
    Deployment(in_region(account, "us-east-1").environment(), deployment.project).check_region()


def test_a_deployment_that_stored_nothing_binds_to_no_region(account: Account, tmp_path: Path):
    account.fakes["cloudformation"] = CloudFormation("parley-dev")
    nowhere = account.environment(PARLEY_GRAPH_URL="http://127.0.0.1:1")
    with pytest.raises(MetaError):
        store(Deployment(nowhere, tmp_path), {"page-token": "EAA", "app-secret": "0" * 32})
    Deployment(in_region(account, "us-east-1").environment(), tmp_path).check_region()


# -- one account ------------------------------------------------------------------------------------------------------


def test_a_stage_remembers_its_account_and_refuses_another_until_it_is_destroyed(
    account: Account, deployment: Deployment
):
    deployment.check_account("999999999999")
    store(deployment, KEY)
    deployment.check_account(account.number)
    with pytest.raises(ConfigError) as caught:
        deployment.check_account("999999999999")
    assert str(caught.value) == (
        f"stage dev runs in the account {account.number}, but these credentials are of 999999999999: choose others "
        f"with --profile, or first run scripts/parley destroy --stage dev with those of {account.number}"
    )
    Deployment(account.environment("prod"), deployment.project).check_account("999999999999")
    run(RemovalPlan(deployment).steps(), "secrets")
    deployment.check_account("999999999999")


# -- secrets ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def meta() -> Meta:
    return Meta()


@pytest.fixture
def with_meta(account: Account, cloud: CloudFormation, meta: Meta, tmp_path: Path) -> Iterator[Deployment]:
    with serving(meta) as url:
        yield Deployment(account.environment(PARLEY_GRAPH_URL=f"{url}/graph/v25.0"), tmp_path)


def test_new_secrets_are_stored_and_counted(deployment: Deployment):
    assert store(deployment, {**KEY, Secret.VERIFY_TOKEN: "x"}) == "2 stored"
    assert deployment.vault.stored() == {**KEY, Secret.VERIFY_TOKEN: "x"}
    assert store(deployment, {}) == "unchanged"


def test_the_plan_names_what_is_stored_and_never_shows_it(deployment: Deployment):
    [first, *_] = DeploymentPlan(deployment, {**KEY, "page-token": "EAA-secret"}, None).steps()
    assert first.plan == "store openai-key, page-token"
    [first, *_] = DeploymentPlan(deployment, {}, None).steps()
    assert first.plan == "all are stored already"


@pytest.mark.parametrize("wrong", [{"page-token": "EAA" + "x" * 40}, {"app-secret": "0" * 32}], ids=str)
def test_a_token_refused_by_facebook_is_not_stored(with_meta: Deployment, meta: Meta, wrong: dict[str, str]):
    assert store(with_meta, meta.secrets) == "4 stored"
    with pytest.raises(MetaError):
        store(with_meta, wrong)
    assert with_meta.vault.stored() == meta.secrets


def test_the_page_whose_events_are_handled_is_the_tokens(with_meta: Deployment, meta: Meta):
    store(with_meta, meta.secrets)
    assert with_meta.vault.noted(Secret.PAGE_ID) == PAGE_ID
    assert check_page(with_meta) == []


def test_a_stage_of_an_earlier_version_learns_its_page_at_the_next_deployment_or_from_the_doctor(
    with_meta: Deployment, meta: Meta
):
    with_meta.vault.put(meta.secrets)
    [finding] = check_page(with_meta)
    assert (finding.state, finding.remedy) == (Severity.WARNING, "scripts/parley doctor --fix --stage dev")
    assert check_page(with_meta, fix=True) == []
    with_meta.vault.note(Secret.PAGE_ID, "815")
    assert [finding.state for finding in check_page(with_meta)] == [Severity.BROKEN]
    assert store(with_meta, {}) == "unchanged"
    assert check_page(with_meta) == []


def test_the_doctor_generates_what_a_pipeline_did_not_store_and_changes_no_other_secret(
    with_meta: Deployment, meta: Meta
):
    before: dict[str, str] = {**meta.secrets, Secret.TICKET_KEY: "kept", Secret.APP_SECRET_PREVIOUS: "kept"}
    with_meta.vault.put(before)
    store_generated(with_meta)
    after = with_meta.vault.stored()
    assert after.pop(Secret.PSEUDONYM_KEY) == meta.app_secret  # of which its pseudonyms were made before
    assert after == before
    store_generated(with_meta)
    assert with_meta.vault.stored() == {**before, Secret.PSEUDONYM_KEY: meta.app_secret}


def test_without_a_token_that_works_the_health_check_says_why(with_meta: Deployment, meta: Meta):
    assert check_page(with_meta, fix=True) == []
    with_meta.vault.put({**meta.secrets, "page-token": "EAA" + "x" * 40})
    assert check_page(with_meta, fix=True) == []
    assert with_meta.vault.noted(Secret.PAGE_ID) == ""


def test_a_greeting_that_facebook_no_longer_offers_does_not_stop_a_deployment(with_meta: Deployment, meta: Meta):
    store(with_meta, meta.secrets)
    meta.admin.offers_greeting = False
    steps = DeploymentPlan(with_meta, {}, None).steps()
    assert run(steps, "profile") == "set, without the greeting, which Facebook no longer offers"
    assert sorted(meta.admin.profile) == ["commands", "get_started", "ice_breakers", "persistent_menu"]
    assert run(steps, "profile") == "unchanged, without the greeting, which Facebook no longer offers"
    meta.admin.offers_greeting = True
    assert [run(steps, "profile"), run(steps, "profile")] == ["set", "unchanged"]
    assert "greeting" in meta.admin.profile


# -- the data stack ---------------------------------------------------------------------------------------------------


def address(cloud: CloudFormation) -> str:
    return {one["ParameterKey"]: one["ParameterValue"] for one in cloud.parameters}["OwnerEmail"]


def test_the_owners_address_stays_until_another_one_is_given(cloud: CloudFormation, deployment: Deployment):
    for email, expected in ((None, ""), ("a@example.org", "a@example.org"), (None, "a@example.org"), ("", "")):
        run(DeploymentPlan(deployment, {}, email).steps(), "data stack")
        assert address(cloud) == expected


def test_the_plan_says_whether_the_stack_is_made_or_changed(cloud: CloudFormation, deployment: Deployment):
    assert DeploymentPlan(deployment, {}, None).steps()[1].plan.startswith("create: table")
    cloud.begin("CREATE")
    assert DeploymentPlan(deployment, {}, None).steps()[1].plan.startswith("update: table")


def table_of(account: Account, *, protected: bool = True, parleys: bool = True, items: int = 0) -> Any:
    """Create a table with the stage's name, and return the client."""
    client = account.client("dynamodb")
    if parleys:
        create_table(client, "parley-dev")
    else:
        client.create_table(
            TableName="parley-dev",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
    client.update_table(TableName="parley-dev", DeletionProtectionEnabled=protected)
    for number in range(items):
        client.put_item(TableName="parley-dev", Item={"pk": {"S": str(number)}, "sk": {"S": "TURN"}})
    return client


@pytest.mark.parametrize("protected", [True, False])
@pytest.mark.parametrize(
    "status", ["", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED"]
)
def test_an_empty_table_that_a_failed_deployment_left_is_deleted_and_made_again(
    account: Account, cloud: CloudFormation, deployment: Deployment, status: str, *, protected: bool
):
    client = table_of(account, protected=protected)
    cloud.status = status
    assert run(DeploymentPlan(deployment, {}, None).steps(), "data stack") == "created"
    assert client.list_tables()["TableNames"] == []  # the fake stack makes none
    assert cloud.status == "UPDATE_COMPLETE"


@pytest.mark.parametrize("status", ["", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"])
@pytest.mark.parametrize("table", [{"items": 1}, {"parleys": False}, {"items": 3, "protected": False}], ids=str)
def test_a_table_with_data_or_of_somebody_else_is_never_deleted(
    account: Account, cloud: CloudFormation, deployment: Deployment, table: dict[str, Any], status: str
):
    client = table_of(account, **table)
    cloud.status = status
    with pytest.raises(ConfigError, match="the table parley-dev exists but belongs to no stack: delete it"):
        run(DeploymentPlan(deployment, {}, None).steps(), "data stack")
    assert client.list_tables()["TableNames"] == ["parley-dev"]
    assert "CREATE" not in cloud.asked


def test_the_table_of_a_stack_is_left_alone(account: Account, cloud: CloudFormation, deployment: Deployment):
    client = table_of(account)
    cloud.begin("CREATE")
    assert run(DeploymentPlan(deployment, {}, None).steps(), "data stack") == "updated"
    assert client.list_tables()["TableNames"] == ["parley-dev"]


def test_the_table_is_protected_once_its_stack_is_complete(cloud: CloudFormation, deployment: Deployment):
    run(DeploymentPlan(deployment, {}, None).steps(), "data stack")
    assert cloud.asked == ["CREATE", "UPDATE"]
    assert {"ParameterKey": "Protected", "ParameterValue": "true"} in cloud.parameters


# -- the table --------------------------------------------------------------------------------------------------------


class SlowTable:
    """DynamoDB with a table whose changes take time, unlike moto's."""

    def __init__(self, status: str) -> None:
        self.status, self.protected, self.looks, self.asked = status, True, 0, list[str]()

    def describe_table(self, table_name: str) -> dict[str, Any]:
        self.looks += 1
        if self.status == "DELETING" and self.looks > 1:
            raise Refusal("ResourceNotFoundException", "Requested resource not found")
        status, self.status = self.status, {"UPDATING": "ACTIVE"}.get(self.status, self.status)
        return {"Table": {"TableName": table_name, "TableStatus": status if self.looks == 1 else self.status}}

    def update_table(self, table_name: str, *, deletion_protection_enabled: bool) -> dict[str, Any]:
        self._change("update")
        self.status, self.protected = "UPDATING", deletion_protection_enabled
        return {"TableDescription": {"TableName": table_name}}

    def delete_table(self, table_name: str) -> dict[str, Any]:
        self._change("delete")
        if self.protected:
            raise Refusal("ValidationException", "protected")
        self.status = "DELETING"
        return {"TableDescription": {"TableName": table_name}}

    def _change(self, what: str) -> None:
        if self.status != "ACTIVE":
            raise Refusal("ResourceInUseException", f"Table is {self.status}")
        self.asked.append(what)


def test_a_protected_table_is_deleted_with_all_that_is_in_it(account: Account, deployment: Deployment):
    client = account.client("dynamodb")
    create_table(client, "parley-dev")
    client.update_table(TableName="parley-dev", DeletionProtectionEnabled=True)
    assert run(RemovalPlan(deployment).steps(), "table") == "deleted"
    assert client.list_tables()["TableNames"] == []
    assert run(RemovalPlan(deployment).steps(), "table") == "did not exist"


def test_a_table_is_deleted_once_its_protection_is_really_off(account: Account, deployment: Deployment):
    account.fakes["dynamodb"] = table = SlowTable("ACTIVE")
    assert run(RemovalPlan(deployment).steps(), "table") == "deleted"
    assert table.asked == ["update", "delete"]


def test_a_table_that_is_being_deleted_already_is_only_waited_for(account: Account, deployment: Deployment):
    account.fakes["dynamodb"] = table = SlowTable("DELETING")
    assert run(RemovalPlan(deployment).steps(), "table") == "deleted"
    assert table.asked == []
