"""Which model answers a person: that of their API key, else the persona's, else the deployment's."""

import pytest

from tests.flow.chat import Chat, person_of

BAKER = 'name = "Baker"\nmax_output_tokens = 100\ninstructions = "You bake."\n'


def test_a_persons_own_model_comes_before_that_of_their_key(chat: Chat):
    chat.changes_key(model="gpt-6-sol")
    anna = chat.opens("anna")
    anna.says("Hello!")
    chat.bot.people.give_model(person_of("anna"), "gpt-5.4-mini")
    anna.says("Who are you?")
    assert [prompt.model for prompt in chat.bot.prompts] == ["gpt-6-sol", "gpt-5.4-mini"]


@pytest.mark.parametrize(
    ("of_key", "of_persona", "asked"),
    [
        ("", "", ""),
        ("", "gpt-5.4-mini", "gpt-5.4-mini"),
        ("gpt-6-sol", "", "gpt-6-sol"),
        ("gpt-6-sol", "gpt-5.4-mini", "gpt-6-sol"),
    ],
)
def test_the_keys_model_comes_before_the_personas(chat: Chat, of_key: str, of_persona: str, asked: str):
    chat.bot.persona_texts.put("web", BAKER + (f'model = "{of_persona}"\n' if of_persona else ""), now=chat.clock())
    chat.changes_key(model=of_key)
    chat.opens("anna").says("Hello!")
    assert chat.bot.last_prompt.model == asked
