"""Tests that a demo goes on where the last one ended."""

import signal
from pathlib import Path

from scripts.simulator.aws import free_port
from scripts.stage import demos
from tests.simulator.chatting import Chat, chat
from tests.simulator.commands import parley, parley_json
from tests.simulator.conftest import PATIENCE_S, Demo, running_demo
from tests.simulator.terminal import in_terminal


def thread(demo: Demo, psid: str) -> list[str]:
    """Return the texts of a conversation as the Messenger page shows them."""
    [person] = [each for each in demo.http.get("/world/messenger").json()["people"] if each["psid"] == psid]
    return [message["text"] for message in person["messages"]]


async def ask_as_visitor(chat: Chat, ticket: str) -> None:
    visitor = chat.tab(ticket=ticket)
    await visitor.enter()
    await visitor.until_over(await visitor.ask("Are you open on Sunday?"))


async def seen_on_entering(chat: Chat, ticket: str) -> list[str]:
    """Return the questions that the chat page shows a visitor who comes back."""
    visitor = chat.tab(ticket=ticket)
    await visitor.enter()
    await visitor.catch_up()
    return [turn.question for turn in visitor.client.turns.values()]


def test_key_people_and_conversations_survive_a_restart_and_a_demo_that_is_killed_loses_seconds(tmp_path: Path):
    port = str(free_port())
    with running_demo("--keep", str(tmp_path), "--port", port) as (demo, _):
        before = demo.facts
        demo.say("anna", "My name is Anna.")
        demo.wait_until_answered("anna")
        parley(demo, "people", "limit", "anna", "3")
        made = parley_json(demo, "keys", "create", "Shop")
        ticket = demo.http.get(f"/config/{before['config_id']}").json()["ticket"]
        chat(demo, lambda all_of_them: ask_as_visitor(all_of_them, ticket))
        quota = demo.http.get("/world/quota?person=anna").json()
        said = thread(demo, "anna")
        assert list(demos.running(tmp_path)) == [demo.url]
    assert list(tmp_path.glob("demo-*.json")) == []
    with running_demo("--keep", str(tmp_path), "--port", port) as (demo, process):
        for name in ("api_key", "config_id", "app_secret", "verify_token", "webhook_url", "websocket_url"):
            assert demo.facts[name] == before[name]
        assert demo.http.get("/world/quota?person=anna").json() == quota
        assert thread(demo, "anna") == said
        assert made["id"] in parley(demo, "keys", "list")
        seen = chat(demo, lambda all_of_them: seen_on_entering(all_of_them, ticket))
        assert seen == ["Are you open on Sunday?"]
        demo.say("anna", "Who am I?")
        demo.wait_until_answered("anna", turns=2)
        assert "My name is Anna." in demo.answers_to("anna")[0]
        file = tmp_path / f"demo-{port}.data"
        demo.say("anna", "a question before the crash")
        demo.wait_until_answered("anna", turns=3)
        demo.wait_until(lambda: file.read_text().count('"done"') == 4)  # with the visitor's
        key = demo.facts["api_key"]
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
    with running_demo("--keep", str(tmp_path), "--port", port) as (demo, _):
        assert demo.facts["api_key"] == key
        assert [turn["state"] for turn in demo.turns("anna")] == ["done"] * 3
    with running_demo("--keep", str(tmp_path), "--port", port, "--fresh") as (demo, _):
        assert demo.facts["api_key"] != key
        assert demo.turns("anna") == []
        assert thread(demo, "anna") == []


def test_the_terminal_says_how_the_demo_ended_and_what_keeps_the_next_from_starting(tmp_path: Path):
    port = free_port()
    with in_terminal("--keep", str(tmp_path), port=port) as demo:
        demo.wait_for("Your bot is running")
        with in_terminal("--keep", str(tmp_path), port=port) as other:
            other.wait_for(f"port {port} is in use by another demo: choose another with --port")
        said = demo.end()
    assert "The demo has ended. scripts/parley demo starts it again, with its people, conversations and key." in said
    (tmp_path / f"demo-{port}.data").write_text("{")
    with in_terminal("--keep", str(tmp_path), port=port) as broken:
        broken.wait_for("--fresh")
