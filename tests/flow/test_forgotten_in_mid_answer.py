"""Who has everything deleted in one tab of the web chat, while another gets an answer, leaves no word behind."""

from tests.faults.forgetting import texts_in
from tests.flow.chat import Chat

CAT = "Minka"


def test_the_answer_ends_without_words_and_none_is_stored(chat: Chat):
    home, kitchen = chat.opens("anna"), chat.opens("anna", room="kitchen")

    def forget() -> None:
        chat.model_says("Then nothing.")
        home.says("/forget yes")

    chat.model_says(f"{CAT} is a", forget, " fine name.")
    frames = kitchen.says(f"my cat is {CAT}")
    ends = [frame for frame in [*frames, *kitchen.frames] if frame["type"] == "completed"]
    assert {frame["state"] for frame in ends} == {"dropped"}
    assert [text for text in texts_in(chat.bot.memory) if CAT in text] == []
    assert CAT not in chat.bot.logged.getvalue()


def test_the_answer_to_another_person_in_the_room_is_stored_and_comes(chat: Chat):
    home, bert = chat.opens("anna"), chat.opens("bert", room="kitchen")
    chat.opens("anna", room="kitchen").says(f"my cat is {CAT}")
    chat.model_says("Good", lambda: home.says("/forget yes"), " morning.")
    bert.says("hello, all")
    assert [frame["state"] for frame in bert.frames if frame["type"] == "completed"][-1:] == ["done"]
    assert [text for text in texts_in(chat.bot.memory) if CAT in text] == []
    assert any("hello, all" in text for text in texts_in(chat.bot.memory))
