from dataclasses import replace
from typing import Final

import pytest

from chalicelib import identity, terms
from chalicelib.messages import PersonId
from chalicelib.messages_web import ApiKey, KeyId, Terms
from chalicelib.settings import Settings
from chalicelib.terms import TermsOfUse
from tests.fakes.keys import FakeKeys
from tests.fakes.rim import NOON

SHOP: Final = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "santa", created_at=NOON, daily_messages=20)
VISITOR: Final = identity.visitor(SHOP.id, "anna")


@pytest.fixture
def keys() -> FakeKeys:
    return FakeKeys()


def of(keys: FakeKeys, person: PersonId) -> Terms:
    return TermsOfUse(keys, Settings.from_env({"PARLEY_DAILY_LIMIT": "7"})).of(person)


def test_on_messenger_the_deployments_limit_counts(keys: FakeKeys):
    assert of(keys, identity.messenger_person("4711", "anna")) == Terms("assistant", 7)


def test_for_who_signed_in_the_deployments_limit_counts(keys: FakeKeys):
    assert of(keys, identity.signed_in("anna")) == Terms("web", 7)


@pytest.mark.parametrize("daily", [None, 0, 20])
def test_for_a_visitor_the_keys_terms_count(keys: FakeKeys, daily: int | None):
    key = replace(SHOP, daily_messages=daily)
    keys.create(key)
    assert of(keys, VISITOR) == Terms("santa", daily, key) == terms.of_key(key)


def test_a_revoked_keys_terms_still_say_why_nobody_is_answered(keys: FakeKeys):
    keys.create(SHOP)
    keys.revoke(SHOP.id, now=NOON)
    assert of(keys, VISITOR).key == replace(SHOP, revoked_at=NOON)


def test_without_their_key_a_visitor_is_nobody_special(keys: FakeKeys):
    assert of(keys, VISITOR) == Terms("web", 7)
