"""In how many frames a long answer comes."""

import time

from tests.simulator.chatting import Chat, Tab, chat
from tests.simulator.conftest import Demo

ANSWER = " ".join(f"word{number}" for number in range(2000))
SHORTEST_MS = 100
MAX_FRAME = 32 * 1024


def test_an_answer_of_two_thousand_words_takes_at_most_ten_frames_a_second(demo: Demo):
    async def ask(chat: Chat) -> tuple[Tab, float]:
        tab = chat.visitor("anna")
        await tab.enter()
        await tab.until_over(await tab.ask("Tell me everything"))
        return tab, time.time() * 1000

    demo.behave("model", answer=ANSWER, tokens_per_second=250)
    tab, ended_at = chat(demo, ask)
    [call] = demo.calls("model")
    deltas = [frame for frame in tab.frames if frame["type"] == "delta"]
    assert tab.client.screen == [("Tell me everything", ANSWER)]
    assert 5 < len(deltas) <= (ended_at - call["first_token_at"]) / SHORTEST_MS + 2
    assert max(len(frame["text"].encode()) for frame in deltas) < MAX_FRAME
