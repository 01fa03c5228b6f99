"""Which model answers a person: that of their API key, else the persona's, else the deployment's."""

import pytest

from tests.flow.chat import Chat

BAKER = 'name = "Baker"\nmax_output_tokens = 100\ninstructions = "You bake."\n'


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
