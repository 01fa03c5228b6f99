"""What the model wrote is what one reads: its Markdown, as shown."""

import pytest
from playwright.sync_api import Page

from tests.simulator.chat_page import open_chat
from tests.simulator.chat_server import ChatServer
from tests.simulator.chromium import needs_chromium
from tests.simulator.shown import shown

pytestmark = needs_chromium


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("9~18시, 3~5일, ~5~10 EUR", "<p>9~18시, 3~5일, ~5~10 EUR</p>"),
        ("~a~ and ~ b ~", "<p>~a~ and ~ b ~</p>"),
        ("~~gone~~, ~~a~ b~~, ~~3~5일~~", "<p><del>gone</del>, <del>a~ b</del>, <del>3~5일</del></p>"),
        ("**9~18시**, ~/bin, `a~b~c`", "<p><strong>9~18시</strong>, ~/bin, <code>a~b~c</code></p>"),
        ("~~~\ncode ~x~\n~~~", "<pre><code>code ~x~\n</code></pre>"),
    ],
)
def test_one_tilde_is_text_and_two_strike(chat: Page, bot: ChatServer, markdown: str, expected: str):
    open_chat(chat, bot)
    assert shown(chat, bot, [markdown]) == [expected]
