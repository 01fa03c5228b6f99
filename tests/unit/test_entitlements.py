from dataclasses import replace
from typing import Final

import pytest

from chalicelib.access import entitlements, identity
from chalicelib.access.api_key import ApiKey
from chalicelib.access.entitlements import Entitlements, EntitlementService
from chalicelib.access.person import Person
from chalicelib.ids import Channel, ConversationId, KeyId, PersonId
from chalicelib.settings.stage import Settings
from tests.channels import BOTH, MESSENGER, WEB
from tests.fakes.adapters import NOON
from tests.fakes.api_keys import FakeApiKeys

SHOP: Final = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "santa", created_at=NOON, daily_messages=20)
VISITOR: Final = identity.visitor(SHOP.id, "anna")


@pytest.fixture
def keys() -> FakeApiKeys:
    return FakeApiKeys()


def of(keys: FakeApiKeys, person: PersonId, **env: str) -> Entitlements:
    settings = Settings.from_env({"PARLEY_DAILY_LIMIT": "7", **env})
    personas = {Channel.MESSENGER: settings.messenger.persona, Channel.WEB: settings.web.persona}
    return EntitlementService(keys, settings.limits, personas).for_person(person)


def test_a_messenger_user_gets_the_deployments_limit(keys: FakeApiKeys):
    assert of(keys, identity.messenger_person("4711", "anna")) == Entitlements("assistant", 7)


def test_the_owner_chooses_who_answers_on_messenger_and_there_only(keys: FakeApiKeys):
    chosen = {"PARLEY_MESSENGER_PERSONA": "santa"}
    assert of(keys, identity.messenger_person("4711", "anna"), **chosen) == Entitlements("santa", 7)
    assert of(keys, identity.signed_in("anna"), **chosen) == Entitlements("web", 7)


def test_the_owner_chooses_who_answers_people_who_sign_in_and_them_only(keys: FakeApiKeys):
    chosen = {"PARLEY_WEB_PERSONA": "santa"}
    keys.create(replace(SHOP, persona="web"))
    assert of(keys, identity.signed_in("anna"), **chosen) == Entitlements("santa", 7)
    assert of(keys, identity.messenger_person("4711", "anna"), **chosen) == Entitlements("assistant", 7)
    assert of(keys, VISITOR, **chosen).persona == "web"


def test_a_user_who_signed_in_gets_the_deployments_limit(keys: FakeApiKeys):
    assert of(keys, identity.signed_in("anna")) == Entitlements("web", 7)


@pytest.mark.parametrize("daily", [None, 0, 20])
def test_a_visitor_gets_the_entitlements_of_the_key(keys: FakeApiKeys, daily: int | None):
    key = replace(SHOP, daily_messages=daily)
    keys.create(key)
    assert of(keys, VISITOR) == Entitlements("santa", daily, key) == entitlements.for_key(key)


def test_the_entitlements_of_a_revoked_key_still_hold_the_key(keys: FakeApiKeys):
    keys.create(SHOP)
    keys.revoke(SHOP.id, now=NOON)
    assert of(keys, VISITOR).key == replace(SHOP, revoked_at=NOON)


def test_a_visitor_of_an_unknown_key_gets_the_channels_defaults(keys: FakeApiKeys):
    assert of(keys, VISITOR) == Entitlements("web", 7)


def test_people_may_change_between_the_offered_personas_if_theirs_is_one_of_them(keys: FakeApiKeys):
    service = EntitlementService(keys, Settings.from_env({}).limits, offered=("assistant", "santa"))
    known = Person(PersonId("messenger:1:anna"), persona="santa")
    alone, in_room = ConversationId(known.id), identity.room(VISITOR, "camera")
    assistant, web = Entitlements("assistant", 7), Entitlements("web", 7)
    assert (service.offered_to(assistant), service.offered_to(web)) == (("assistant", "santa"), ())
    assert service.persona_of(known, assistant, alone) == "santa"
    assert service.persona_of(known, web, alone) == "web"
    assert service.persona_of(known, assistant, in_room) == "assistant"
    assert service.persona_of(replace(known, persona="seller"), assistant, alone) == "assistant"
    assert service.persona_of(replace(known, persona=""), assistant, alone) == "assistant"


def test_personas_to_which_people_may_change_are_in_use(keys: FakeApiKeys):
    service = EntitlementService(keys, Settings.from_env({}).limits, offered=("assistant", "santa"))
    assert service.personas_in_use(MESSENGER, now=NOON) == {"assistant", "santa"}
    assert service.personas_in_use(WEB, now=NOON) == {"web"}


def test_the_personas_in_use_are_those_of_the_channels_and_of_valid_keys(keys: FakeApiKeys):
    keys.create(SHOP)
    keys.create(replace(SHOP, id=KeyId("otherother"), persona="seller", revoked_at=NOON))
    service = EntitlementService(keys, Settings.from_env({}).limits, {Channel.MESSENGER: "assistant"})
    assert service.personas_in_use(BOTH, now=NOON) == {"assistant", "web", "santa"}
    keys.create(replace(SHOP, id=KeyId("endsendsen"), persona="seller", expires_at=NOON + 1))
    assert service.personas_in_use(BOTH, now=NOON) == {"assistant", "web", "santa", "seller"}
    assert service.personas_in_use(WEB, now=NOON) == {"web", "santa", "seller"}
    assert service.personas_in_use(MESSENGER, now=NOON) == {"assistant", "santa", "seller"}
    assert service.personas_in_use(BOTH, now=NOON + 1) == {"assistant", "web", "santa"}
