import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.conversation.commands import Command, argument_of, not_known, number, parse, text_behind

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
        "/rememberme",
        "/memory all",
        "/forget 3 and 4",
        "/forget three",
        "/forget -3",
        "/forget 1234567",
    ],
)
def test_everything_else_is_a_question(text: str):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("/persona", ""),
        ("/persona santa", "santa"),
        (" /PERSONA  Santa \n Claus ", "santa claus"),
        ("/persona 중고 판매자", "중고 판매자"),
        ("/persona one two three", "one two three"),
    ],
)
def test_a_persona_is_named_behind_its_command(text: str, argument: str):
    assert parse(text) is Command.PERSONA
    assert argument_of(text) == argument


@pytest.mark.parametrize("text", ["/persona is a word from the theatre", "/personas santa", "persona santa"])
def test_a_sentence_about_personas_is_a_question(text: str):
    assert parse(text) is None


@given(st.text())
def test_no_text_is_too_strange_to_be_a_question(text: str):
    assert parse(text) is None or text.strip().startswith("/")


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("/hepl", Command.HELP),
        ("/help me", Command.HELP),
        ("/Help!", Command.HELP),
        ("//help", Command.HELP),
        ("/ help", Command.HELP),
        ("\uff0fhelp", Command.HELP),
        ("/h", Command.HELP),
        ("/commands", Command.HELP),
        ("/rest", Command.RESET),
        ("/reset the chat please", Command.RESET),
        ("/new", Command.RESET),
        ("/restart", Command.RESET),
        ("/clear", Command.RESET),
        ("/forgot", Command.FORGET),
        ("/forget everything", Command.FORGET),
        ("/forget-me", Command.FORGET),
        ("/delete", Command.FORGET),
        ("/forgetyes", Command.FORGET),
        ("/useage", Command.USAGE),
        ("/quota", Command.USAGE),
        ("/starts", Command.START),
        ("/imagine a castle", None),
        ("/weather", None),
        ("/yes", None),
        ("/도움", None),
        ("/hélp", Command.HELP),
    ],
)
def test_a_command_that_does_not_exist_is_known_as_one_with_the_nearest_that_does(text: str, nearest: Command | None):
    found = not_known(text)
    assert found
    assert found.nearest is nearest
    assert len(found.typed) <= 40


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "//",
        "help",
        "What does /help do?",
        "/etc/hosts is what?",
        "/etc/hosts",
        "/r/python is nice",
        "/home/anna/.bashrc: line 3",
        "/index.html gives a 404",
        "/ how are you",
        "/s that was a joke",
        "/10 is my rating",
        "/* a comment */",
        "/regex/g",
        "/^a+$/",
        "/help\nand two lines more of a text",
        "/translate " + "long text " * 20,
        "// a comment in the code",
        "://help",
        "\\help",
    ],
)
def test_a_message_that_only_begins_with_a_slash_is_a_question(text: str):
    assert not_known(text) is None


@pytest.mark.parametrize("command", list(Command))
def test_a_command_that_exists_is_never_unknown(command: Command):
    assert not_known(f"  {command.value.upper()} ") is None


@given(st.text(alphabet="/ helpforgtusa.!\n", max_size=20))
def test_every_message_is_a_command_or_an_unknown_one_or_a_question(text: str):
    assert parse(text) is None or not_known(text) is None


@pytest.mark.parametrize(
    ("text", "command", "behind"),
    [
        ("/remember I am a vegetarian", Command.REMEMBER, "I am a vegetarian"),
        (" /Remember\n that  Rex\nis a dog ", Command.REMEMBER, "that  Rex\nis a dog"),
        ("/remember", Command.REMEMBER, ""),
        ("/remember /forget yes", Command.REMEMBER, "/forget yes"),
        ("/forget 3", Command.FORGET_FACT, "3"),
        ("/forget  #12.", Command.FORGET_FACT, "#12."),
    ],
)
def test_what_stands_behind_a_command_keeps_its_case_and_its_lines(text: str, command: Command, behind: str):
    assert (parse(text), text_behind(text)) == (command, behind)


@pytest.mark.parametrize(
    ("text", "expected"), [("/forget 3", 3), ("/forget #12.", 12), ("/forget 007", 7), ("/forget …", 0)]
)
def test_the_number_behind_forget_is_read(text: str, expected: int):
    assert number(text) == expected
