import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.conversation.commands import Command, parse

blanks = st.text(" \t\n\u00a0", max_size=3)


@pytest.mark.parametrize("command", list(Command))
def test_a_command_is_known_by_what_a_button_sends(command: Command):
    assert parse(command.value) is command


@given(command=st.sampled_from(Command), before=blanks, after=blanks, upper=st.booleans())
def test_a_command_is_known_however_it_is_typed(command: Command, before: str, after: str, *, upper: bool):
    typed = command.value.upper() if upper else command.value.title()
    assert parse(before + typed.replace(" ", "  \n ") + after) is command


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/",
        "help",
        "//help",
        "/ help",
        "/helpme",
        "/help me",
        "/forget everything",
        "What does /help do?",
        "/hélp",
    ],
)
def test_everything_else_is_a_question(text: str):
    assert parse(text) is None


@given(st.text())
def test_no_text_is_too_strange_to_be_a_question(text: str):
    assert parse(text) is None or text.strip().startswith("/")
