"""What visitors noticed in two hours of use, on a phone and on a desktop, by eye and by screen reader."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.simulator.chat_page import a_page, open_chat, write
from tests.simulator.chat_server import OTHER, PERSONA, YOU, ChatServer
from tests.simulator.chromium import needs_chromium

pytestmark = needs_chromium

LONG = "\n\n".join(f"Paragraph {number} of a long answer." for number in range(40))


# -- by screen reader -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("A quote\nin two lines", "A quote\nin two lines"),
        ("| a | b |\n|---|---|\n| black,<br>silver | 2 |", "black,\nsilver"),
        ("So it is[^1].\n\n[^1]: The note.", "So it is\n1."),
        ("It is $\\frac{1}{3}$ here.", "It is \\frac{1}{3} here."),
        ("$$\\int_0^1 x^2$$", "\\int_0^1 x^2"),
    ],
)
def test_an_answer_is_read_out_with_its_lines_apart_and_formulas_as_they_were_written(
    chat: Page, bot: ChatServer, answer: str, said: str
):
    open_chat(chat, bot)
    write(chat, "First, so that formulas and footnotes can be drawn")
    bot.answer("$x$[^1]\n\n[^1]: The note.")
    expect(chat.locator("math")).to_have_count(1)
    expect(chat.locator("sup")).to_have_count(1)
    write(chat, "And now?")
    bot.answer(answer)
    expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(2)
    chat.wait_for_function("said => document.getElementById('read-out').textContent.includes(said)", arg=said)


def test_the_line_below_the_name_is_not_read_before_each_answer(chat: Page, bot: ChatServer):
    bot.facts["persona"] = {**PERSONA, "title": "The best aunt of all"}
    open_chat(chat, bot)
    write(chat, "Hello")
    bot.answer("Hello dear.")
    expect(chat.get_by_test_id("read-out")).to_have_text("Aunt Mary: Hello dear.")


def test_who_reads_from_message_to_message_hears_whose_each_one_is(chat: Page, bot: ChatServer):
    open_chat(chat, bot, "config=k1&room=garden")
    turn = bot.next_turn()
    bot.tell("question", turn=turn, **{"from": OTHER}, text="What grows in May?")
    bot.say(turn, "Asparagus.")
    bot.complete(turn, 1)
    write(chat, "And in June?")
    bot.answer("Peas.")
    for article, asked, answered in ((0, OTHER, "Asparagus."), (1, "You", "Peas.")):
        expect(chat.get_by_role("article").nth(article)).to_contain_text(answered)
        tree = chat.get_by_role("article").nth(article).aria_snapshot()
        assert tree.index(asked) < tree.index("Aunt Mary") < tree.index(answered)
    expect(chat.get_by_text("You", exact=True)).not_to_be_in_viewport()


# -- with several windows ---------------------------------------------------------------------------------------------


def scrolled_up(chat: Page) -> int:
    """Scroll to the beginning, and return the place."""
    chat.get_by_test_id("jump").wait_for(state="attached")
    chat.locator("#scroller").evaluate("one => one.scrollTo(0, 40)")
    expect(chat.get_by_test_id("jump")).to_be_visible()
    return int(chat.locator("#scroller").evaluate("one => one.scrollTop"))


def test_who_reads_above_stays_there_when_they_ask_in_another_window(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Tell me all")
    bot.answer(LONG)
    expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(1)
    place = scrolled_up(chat)
    turn = bot.next_turn()
    bot.tell("question", turn=turn, **{"from": YOU}, text="Asked on my phone")
    bot.say(turn, "Answered there.")
    bot.complete(turn, 1)
    expect(chat.locator("[data-testid=turn][data-state=done]")).to_have_count(2)
    assert chat.locator("#scroller").evaluate("one => one.scrollTop") == place
    write(chat, "Asked here")
    expect(chat.get_by_text("Asked here", exact=True)).to_be_in_viewport()


# -- what cannot work, or is said twice -------------------------------------------------------------------------------


def test_an_answer_that_is_stopped_before_its_first_word_says_so_once_and_can_be_asked_for_again(
    chat: Page, bot: ChatServer
):
    open_chat(chat, bot)
    write(chat, "Once upon a time?")
    turn = bot.ask()
    chat.get_by_test_id("stop").click()
    bot.tell("notice", turn=turn, code="cancelled", message="Stopped.")
    bot.complete(turn, 0, state="stopped")
    expect(chat.get_by_test_id("turn").get_by_text("Stopped")).to_have_count(1)
    chat.get_by_role("button", name="Ask again").click()
    assert bot.heard("regenerate")["turn"] == turn


@pytest.mark.parametrize("code", ["key_revoked", "blocked"])
def test_a_chat_that_is_closed_counts_no_questions(chat: Page, bot: ChatServer, code: str):
    bot.facts.update(limit=10, remaining=9)
    open_chat(chat, bot)
    expect(chat.get_by_test_id("left")).to_be_visible()
    bot.heard("authenticate")
    bot.hold("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    bot.tell("error", code=code, message="no")
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    expect(chat.get_by_test_id("left")).to_be_hidden()


def test_a_key_whose_questions_are_used_up_promises_none_for_tomorrow(chat: Page, bot: ChatServer):
    bot.facts.update(limit=10, remaining=0, spent="key_spent")
    open_chat(chat, bot)
    expect(chat.get_by_test_id("spent")).to_have_text("The messages of this chat are used up.")
    expect(chat.get_by_test_id("composer")).to_be_disabled()


def wait_in_small_steps(chat: Page, shown: Locator, *, seconds: int) -> None:
    """Let the page's clock run until something is shown; in steps, so that the page hears its bot between them."""
    for _ in range(seconds):
        chat.clock.run_for(1_000)
        if shown.count():
            return


def test_an_answer_that_falls_silent_in_its_middle_says_so_until_it_goes_on(chat: Page, bot: ChatServer):
    chat.clock.install()
    open_chat(chat, bot)
    write(chat, "Once upon a time?")
    turn = bot.ask()
    bot.facts["history"] = [{"turn": turn, "from": YOU, "question": "Once upon a time?", "state": "open"}]
    bot.say(turn, "There was")
    expect(chat.get_by_test_id("answer")).to_have_text("There was")
    slow = chat.get_by_test_id("turn").get_by_text("This takes a little longer…")
    wait_in_small_steps(chat, slow, seconds=20)
    expect(slow).to_have_count(0)
    wait_in_small_steps(chat, slow, seconds=60)
    expect(slow).to_be_visible()
    expect(chat.get_by_test_id("read-out")).to_have_text("This takes a little longer…")
    bot.tell("snapshot", turn=turn, seq=1, text="There was")
    chat.clock.run_for(2_000)
    expect(slow).to_be_visible()
    bot.say(turn, " a king", seq=2)
    expect(chat.get_by_test_id("answer")).to_have_text("There was a king")
    chat.clock.run_for(1_000)
    expect(slow).to_have_count(0)


def test_below_a_question_its_time_is_on_the_line_of_the_pen(chat: Page, bot: ChatServer):
    open_chat(chat, bot)
    write(chat, "Hello")
    bot.answer("Hello dear.")
    pen, when = chat.get_by_test_id("edit").bounding_box(), chat.get_by_test_id("when").bounding_box()
    assert pen
    assert when
    assert pen["y"] <= when["y"] <= when["y"] + when["height"] <= pen["y"] + pen["height"]
    assert pen["x"] + pen["width"] / 2 < when["x"]


HIDE = "isHidden => Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true })"


@pytest.mark.usefixtures("half_hour_has_just_begun")
def test_who_comes_back_to_the_tab_after_the_owner_has_allowed_more_can_write_at_once(chat: Page, bot: ChatServer):
    chat.clock.install()
    bot.facts.update(limit=3, remaining=0)
    open_chat(chat, bot)
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    bot.heard("authenticate")
    bot.facts.update(limit=None, remaining=None)
    chat.clock.run_for(90_000)
    assert bot.heard_no_more("authenticate")
    chat.evaluate(HIDE, True)
    chat.clock.run_for(5_000)
    assert bot.heard_no_more("authenticate")
    chat.evaluate(HIDE, False)
    chat.clock.run_for(5_000)
    bot.heard("authenticate")
    expect(chat.get_by_test_id("composer")).to_be_enabled()
    expect(chat.get_by_test_id("spent")).to_be_hidden()


@pytest.mark.usefixtures("half_hour_has_just_begun")
def test_who_looks_at_another_tab_for_a_moment_does_not_connect_again(chat: Page, bot: ChatServer):
    chat.clock.install()
    bot.facts.update(limit=3, remaining=0)
    open_chat(chat, bot)
    expect(chat.get_by_test_id("composer")).to_be_disabled()
    bot.heard("authenticate")
    for is_hidden in (True, False, True, False):
        chat.evaluate(HIDE, is_hidden)
        chat.clock.run_for(3_000)
    assert bot.heard_no_more("authenticate")


# -- right to left ----------------------------------------------------------------------------------------------------

ORDER = """node => {
  const left = (from) => {
    const range = document.createRange();
    range.setStart(node.firstChild, from);
    range.setEnd(node.firstChild, from + 1);
    return range.getBoundingClientRect().left;
  };
  return left(0) < left(node.textContent.length - 1);
}"""
"""Whether the first character is to the left of the last one."""


def test_in_a_page_from_right_to_left_an_english_time_is_not_turned_round(browser: Browser, bot: ChatServer):
    with a_page(browser, bot.url, locale="ar") as chat:
        open_chat(chat, bot)
        write(chat, "كم؟")
        bot.answer("نعم")
        assert chat.get_by_test_id("when").inner_text()[-1] == "M"
        assert chat.get_by_test_id("when").evaluate(ORDER)
