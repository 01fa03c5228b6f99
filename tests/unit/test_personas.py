import pytest

from chalicelib import personas


def test_those_that_ship_are_known_by_name():
    assert {"assistant", "web"} <= set(personas.names())


@pytest.mark.parametrize("name", personas.names())
def test_each_has_a_name_for_people_and_knows_what_it_is_to_do(name: str):
    persona = personas.load(name)
    assert persona.name
    assert persona.instructions
    assert persona.max_output_tokens >= 200


def test_a_web_page_is_greeted_and_messenger_greets_by_itself():
    assert personas.load("web").opening
    assert not personas.load("assistant").opening


def test_what_does_not_ship_cannot_be_loaded():
    with pytest.raises(FileNotFoundError):
        personas.load("nobody")
