"""Which issuer's people keep their ids: the first one, noted once, before a deployment changes the functions."""

from pathlib import Path

import pytest

from chalicelib.settings.stage import Secret
from scripts.deploy.deployment import Deployment
from scripts.deploy.doctor import store_generated
from scripts.deploy.first_issuer import note_first_issuer
from tests.deploy.conftest import Account
from tests.deploy.functions import function

OLD, NEW = "https://old.example", "https://new.example"


def deployment(account: Account, folder: Path, *, issuer: str = "", channels: str = "messenger,web") -> Deployment:
    sign_in = {"PARLEY_OIDC_ISSUER": issuer, "PARLEY_OIDC_AUDIENCE": "parley-web"} if issuer else {}
    return Deployment(account.environment(PARLEY_CHANNELS=channels, **sign_in), folder)


def noted(account: Account, folder: Path) -> str:
    return deployment(account, folder).vault.noted(Secret.FIRST_ISSUER)


def runs_with(account: Account, issuer: str) -> None:
    """The stage's functions are deployed with this issuer."""
    function(account, "parley-dev", stage="dev", Environment={"Variables": {"PARLEY_OIDC_ISSUER": issuer}})


@pytest.mark.parametrize(
    ("deployed", "configured", "first"),
    [
        pytest.param("", NEW, NEW, id="a new stage with sign-in"),
        pytest.param(OLD, OLD, OLD, id="a stage that goes on as it was"),
        pytest.param(OLD, NEW, OLD, id="a stage that changes its issuer"),
        pytest.param(OLD, "", OLD, id="a stage that ends sign-in"),
        pytest.param("", "", "", id="a stage that never had any"),
    ],
)
def test_the_first_issuer_is_the_deployed_one_or_else_the_configured_one(
    account: Account, tmp_path: Path, deployed: str, configured: str, first: str
):
    if deployed:
        runs_with(account, deployed)
    note_first_issuer(deployment(account, tmp_path, issuer=configured))
    assert noted(account, tmp_path) == first


def test_the_first_issuer_stays_whatever_is_configured_later(account: Account, tmp_path: Path):
    note_first_issuer(deployment(account, tmp_path, issuer=OLD))
    runs_with(account, NEW)
    note_first_issuer(deployment(account, tmp_path, issuer=NEW))
    store_generated(deployment(account, tmp_path, issuer=NEW))
    assert noted(account, tmp_path) == OLD


def test_after_a_pipeline_doctor_notes_it(account: Account, tmp_path: Path):
    runs_with(account, OLD)
    store_generated(deployment(account, tmp_path, issuer=OLD))
    assert noted(account, tmp_path) == OLD


def test_without_the_web_chat_nothing_is_noted(account: Account, tmp_path: Path):
    note_first_issuer(deployment(account, tmp_path, issuer=OLD, channels="messenger"))
    assert noted(account, tmp_path) == ""
