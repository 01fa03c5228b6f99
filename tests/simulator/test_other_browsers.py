"""A visitor's first minutes in Firefox and in WebKit: what the page relies on is there.

What they do differently is listed in `docs/tests.md`.
"""

from collections.abc import Iterator

import pytest

from tests.simulator.chat_server import SHOP, ChatServer
from tests.simulator.windows import BROWSERS, ENTER, ESCAPE, MISSING, Window, until

pytestmark = pytest.mark.full

STRICT = (
    "default-src 'none'; script-src {bot}; frame-src {bot}; style-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SEEN = "document.querySelector('[data-testid=presence]')?.dataset.state"
ANSWER = "[...document.querySelectorAll('[data-testid=answer]')].at(-1)"
ANSWERS = "[...document.querySelectorAll('[data-testid=answer]')].map((each) => each.textContent.trim())"


@pytest.fixture(scope="module", params=BROWSERS)
def _window(request: pytest.FixtureRequest) -> Iterator[Window]:
    if MISSING[request.param]:
        pytest.skip(f"no {request.param}: `apt-get install firefox-esr webkit2gtk-driver xvfb` runs these as well")
    with BROWSERS[request.param]() as window:
        yield window


@pytest.fixture
def window(_window: Window, bot: ChatServer) -> Window:
    """A window of each browser, which no page uses yet."""
    bot.begin()
    _window.go("about:blank")
    return _window


def open_chat(window: Window, bot: ChatServer) -> None:
    window.go(f"{bot.url}/chat?config=k1")
    until(lambda: window.run(SEEN) == "online")


def ask(window: Window, words: str) -> None:
    window.type(f"{words}{ENTER}")


def test_an_answer_grows_word_by_word(window: Window, bot: ChatServer):
    open_chat(window, bot)
    ask(window, "What do you sell?")
    turn = bot.ask()
    bot.say(turn, "Roses ")
    until(lambda: window.run(ANSWERS) == ["Roses"])
    bot.say(turn, "and **tulips**.", seq=2)
    bot.complete(turn, 2)
    until(lambda: window.run(ANSWERS) == ["Roses and tulips."])
    assert window.run(f"{ANSWER}.querySelector('strong').textContent") == "tulips"


def test_lists_tables_and_code_are_drawn_as_such(window: Window, bot: ChatServer):
    open_chat(window, bot)
    ask(window, "Show me")
    bot.answer("| a | b |\n|---|--:|\n| 1 | 2 |\n\n```js\nlet a = 1;\n```\n\n- one\n- two")
    until(lambda: window.run(f"{ANSWER}?.querySelectorAll('li').length") == 2)
    assert window.run(f"[...{ANSWER}.querySelectorAll('td')].map((each) => each.textContent)") == ["1", "2"]
    assert window.run(f"{ANSWER}.querySelector('pre code').textContent").strip() == "let a = 1;"


def test_formulas_footnotes_and_the_menu_come_when_they_are_needed(window: Window, bot: ChatServer):
    bot.sign_in = True
    open_chat(window, bot)
    ask(window, "Show me")
    bot.answer("Half is $\\frac{1}{2}$[^1].\n\n[^1]: Or **0.5**.")
    until(lambda: window.run(f"{ANSWER}?.querySelectorAll('math mfrac, .notes strong').length") == 2)
    until(lambda: window.run("document.querySelector('[data-testid=turn]').dataset.state") == "done")
    window.click(f"{ANSWER}.querySelector('[data-note]')")
    until(lambda: window.run("document.activeElement.matches('.notes > li')"))
    window.click("document.getElementById('menu-button')")
    until(lambda: window.run("document.activeElement.role") == "menuitem")
    window.click("document.querySelector('[data-testid=language][lang=de]')")
    until(lambda: window.run("document.getElementById('account').textContent") == "Anmelden")
    until(lambda: window.run("document.querySelector('[data-note]')?.ariaLabel") == "Fußnote 1")


def test_a_script_in_an_answer_is_text(window: Window, bot: ChatServer):
    open_chat(window, bot)
    ask(window, "Attack me")
    bot.answer("<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>")
    until(lambda: "hacked" in (window.run(f"{ANSWER}?.textContent") or ""))
    assert window.run("document.title") != "hacked"


def test_a_lost_connection_comes_back_and_the_next_question_is_answered(window: Window, bot: ChatServer):
    open_chat(window, bot)
    bot.heard("authenticate")
    bot.break_off()
    bot.heard("authenticate")
    until(lambda: window.run(SEEN) == "online")
    ask(window, "Are you there?")
    bot.answer("I am.")
    until(lambda: window.run(ANSWERS) == ["I am."])


def test_a_reload_keeps_the_visitor(window: Window, bot: ChatServer):
    open_chat(window, bot)
    window.go("about:blank")
    open_chat(window, bot)
    assert bot.tickets[-1] == f"ticket-{len(bot.tickets) - 1}"


def test_the_chat_of_a_shop_with_a_strict_policy_opens_answers_and_closes(window: Window, bot: ChatServer):
    bot.framed_by = (bot.elsewhere,)
    bot.shop_headers = {"Content-Security-Policy": STRICT.format(bot=bot.url.removesuffix("/prod"))}
    bot.shop = f"<title>Shop</title>{SHOP}{bot.embed()}"
    window.go(bot.elsewhere)
    root = "document.querySelector('parley-chat').shadowRoot"
    until(lambda: window.run(f"Boolean({root}.querySelector('.bubble'))"))
    window.click(f"{root}.querySelector('.bubble')")
    until(lambda: window.run(f"Boolean({root}.querySelector('iframe')?.isConnected)"))
    until(lambda: window.run(SEEN, framed=True) == "online")
    # WebKit lets no page in a frame take the focus after a click outside it: there a visitor clicks into the field.
    window.click("document.getElementById('words')", framed=True)
    ask(window, "Do you sell roses?")
    bot.answer("We do.")
    until(lambda: window.run(ANSWERS, framed=True) == ["We do."])
    window.type(ESCAPE)
    until(lambda: window.run(f"{root}.querySelector('.panel').hidden"))
