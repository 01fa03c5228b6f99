"""The owner's texts of personas, while the bot runs."""

from collections.abc import Mapping

from chalicelib.access.personas import Personas
from chalicelib.access.ports import PersonaText
from chalicelib.content import persona
from tests.fakes.personas import FakePersonaTexts
from tests.flow.bot import Bot
from tests.flow.chat import Chat


def text(instructions: str, name: str = "Baker") -> str:
    return f'name = "{name}"\nmax_output_tokens = 100\ninstructions = "{instructions}"\nopening = "Bread?"\n'


def test_the_next_answer_is_in_the_owners_words_and_after_their_removal_in_the_files(bot: Bot):
    bot.persona_texts.put("assistant", text("You answer for a bakery."), now=bot.clock())
    bot.receives("anna", "Hello?")
    assert bot.last_prompt.instructions.startswith("You answer for a bakery.\n")
    assert bot.last_prompt.max_output_tokens == 100
    assert bot.persona_texts.remove("assistant", now=bot.clock())
    bot.receives("anna", "Hello?")
    assert bot.last_prompt.instructions == persona.load("assistant").system_prompt(opening_shown=False)


def test_the_page_is_told_of_the_owners_words_too():
    chat = Chat()
    chat.bot.persona_texts.put("web", text("You answer for a bakery."), now=chat.clock())
    [ready] = chat.opens().got("ready")
    assert ready["persona"] == {"name": "Baker", "opening": "Bread?"}


def test_a_text_for_one_persona_changes_no_other(bot: Bot):
    bot.persona_texts.put("web", text("You answer for a bakery."), now=bot.clock())
    bot.receives("anna", "Hello?")
    assert bot.last_prompt.instructions == persona.load("assistant").system_prompt(opening_shown=False)


def test_a_text_that_this_version_cannot_use_is_logged_and_the_file_is_used(bot: Bot):
    bot.persona_texts.put("assistant", text("You answer for a bakery.") + "key_of_tomorrow = 1\n", now=bot.clock())
    bot.receives("anna", "Hello?")
    assert bot.last_prompt.instructions == persona.load("assistant").system_prompt(opening_shown=False)
    assert bot.log_lines("persona")
    assert "bakery" not in bot.logged.getvalue()


def test_the_owners_files_are_in_the_prompt_and_not_the_shipped_ones(bot: Bot):
    knows = 'knows = ["opening-hours.md"]\n' + text("You answer for a bakery.")
    bot.persona_texts.put("assistant", knows, now=bot.clock(), files={"opening-hours.md": "Open at 5 in the morning"})
    bot.receives("anna", "When do you open?")
    assert "Open at 5 in the morning" in bot.last_prompt.instructions
    assert "Example Shop" not in bot.last_prompt.instructions
    bot.persona_texts.put("assistant", knows, now=bot.clock(), files={"opening-hours.md": "Open at 6"})
    bot.receives("anna", "And now?")
    assert "Open at 6" in bot.last_prompt.instructions
    assert "Open at 5" not in bot.last_prompt.instructions


def test_a_text_whose_files_are_missing_is_logged_and_the_file_is_used(bot: Bot):
    knows = 'knows = ["opening-hours.md"]\n' + text("You answer for a bakery.")
    bot.persona_texts.put("assistant", knows, now=bot.clock())
    bot.receives("anna", "When do you open?")
    assert bot.last_prompt.instructions == persona.load("assistant").system_prompt(opening_shown=False)
    assert bot.log_lines("persona")


def test_a_turn_has_one_persona_from_its_price_to_its_answer(bot: Bot):
    class Changing(FakePersonaTexts):
        """The owner changes the text all the time."""

        def current(self) -> Mapping[str, PersonaText]:
            now = super().current()
            self.put("assistant", text("x" * 10_000), now=0)
            return now

    bot.persona_texts = Changing(bot.memory)
    bot.receives("anna", "Hello?")
    assert bot.last_prompt.instructions == persona.load("assistant").system_prompt(opening_shown=False)
    assert bot.last_prompt.max_output_tokens == persona.load("assistant").max_output_tokens


def test_personas_without_a_store_are_the_files():
    assert Personas().named("santa") is persona.load("santa")
