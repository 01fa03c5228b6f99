import ast

import pytest

from chalicelib.access import identity
from chalicelib.access.channel_traits import TRAITS
from chalicelib.content import persona
from chalicelib.ids import Channel, KeyId, PersonId
from scripts.measure.source import modules


def test_every_channel_has_a_row_of_traits():
    assert set(TRAITS) == set(Channel)


@pytest.mark.parametrize("channel", Channel)
def test_the_default_persona_of_every_channel_exists(channel: Channel):
    assert TRAITS[channel].default_persona in persona.names()


@pytest.mark.parametrize("channel", Channel)
def test_the_traits_of_a_person_are_those_of_the_channel_in_the_id(channel: Channel):
    assert identity.traits_of(PersonId(f"{channel}:a:b")) is TRAITS[channel]


@pytest.mark.parametrize("channel", Channel)
def test_an_id_names_an_api_key_only_on_channels_with_api_keys(channel: Channel):
    expected = KeyId("a") if TRAITS[channel].has_api_keys else None
    assert identity.key_of(PersonId(f"{channel}:a:b")) == expected


def test_no_module_compares_channels_instead_of_reading_a_trait():
    compared = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Compare) and "Channel." in ast.unparse(node)
    ]
    assert compared == []
