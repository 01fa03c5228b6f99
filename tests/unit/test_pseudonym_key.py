"""By what key people are called in logs: one of the stage's own, which opens nothing else."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

import pytest

from chalicelib.aws.ssm import Secrets
from chalicelib.bootstrap import adapters, api, clients, websocket, worker
from chalicelib.ids import PersonId
from chalicelib.log import Log
from chalicelib.settings.stage import Secret
from scripts.deploy import secrets
from tests.channels import ALL, BOTH

ANNA: Final = PersonId("messenger:1:anna")
APP_SECRET: Final = "0123456789abcdef0123456789abcdef"
to_store = partial(secrets.to_store, BOTH)
STORED: Final[dict[str, str]] = {Secret.APP_SECRET: APP_SECRET, Secret.PSEUDONYM_KEY: "a key of its own"}
API: Final = api.SECRETS.of(BOTH)
READERS: Final = {"api_handler": api.SECRETS, "websocket_message": websocket.SECRETS, "worker": worker.SECRETS}


@pytest.fixture(autouse=True)
def _function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A function that reads its settings anew."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    caches = (clients.settings, clients.session, clients.functions)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def pseudonym(stored: Mapping[str, str] | None, names: Sequence[str] = API) -> str:
    """What a function that may read these names calls Anna; None for one that may read no secrets."""

    def get_parameters(*, Names: Sequence[str], **_: Any) -> Any:  # noqa: N803 (boto3's name)
        found = {name: (stored or {}).get(name.rpartition("/")[2]) for name in Names}
        return {"Parameters": [{"Name": name, "Value": value} for name, value in found.items() if value]}

    client: Any = SimpleNamespace(get_parameters=get_parameters)
    found = None if stored is None else Secrets(client, "/parley/prod", names)
    return adapters.ports(found).log.pseudonym(ANNA)


def test_all_functions_call_a_person_the_same():
    called = {pseudonym(STORED, needs.of(channels)) for needs in READERS.values() for channels in ALL}
    assert called == {Log(lambda: "a key of its own", "prod").pseudonym(ANNA)}


def test_a_person_is_called_the_same_after_an_upgrade_and_after_the_app_secret_was_renewed():
    before: dict[str, str] = {Secret.APP_SECRET: APP_SECRET}
    upgraded = before | to_store({}, before)
    again = upgraded | to_store({}, upgraded)
    renewed = again | to_store({Secret.APP_SECRET: "f" * 32}, again)
    assert renewed[Secret.APP_SECRET] != APP_SECRET
    assert pseudonym(upgraded) == pseudonym(again) == pseudonym(renewed)


def test_an_upgrade_from_a_version_without_the_key_changes_no_pseudonym():
    """Those versions made pseudonyms with Facebook's secret."""
    stored: dict[str, str] = {Secret.APP_SECRET: APP_SECRET}
    upgraded = stored | to_store({Secret.APP_SECRET: "f" * 32}, stored)
    assert pseudonym(upgraded) == hmac.digest(APP_SECRET.encode(), ANNA.encode(), "sha256").hex()[:16]


def test_the_key_of_a_new_stage_is_made_of_nothing():
    """Also if its first deployment is interrupted wherever, and Messenger comes at once or later."""
    written = to_store({Secret.APP_SECRET: APP_SECRET}, {})
    for number in range(1, len(written) + 1):
        stored = dict(list(written.items())[:number])
        key = (stored | to_store({Secret.APP_SECRET: APP_SECRET}, stored))[Secret.PSEUDONYM_KEY]
        assert key not in {APP_SECRET, to_store({}, {})[Secret.PSEUDONYM_KEY]}


@pytest.mark.parametrize("stored", [None, {}, {Secret.APP_SECRET: APP_SECRET}], ids=["no secrets", "none", "old"])
def test_a_function_without_the_key_goes_on_and_calls_people_by_one_that_nobody_knows(stored: dict[str, str] | None):
    called = pseudonym(stored)
    assert called == pseudonym(stored)
    assert called not in {Log(lambda key=key: key, "prod").pseudonym(ANNA) for key in ("", APP_SECRET)}  # type: ignore[misc]
