"""`conversation.ports.Sender` on Messenger; `test_sender` has the promises of every sender."""

import json
import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import requests

from chalicelib.channels.messenger.events import Ignored, parse
from chalicelib.channels.messenger.sender import SLOW_AFTER_S
from chalicelib.channels.meta.graph import GraphError
from chalicelib.channels.meta.graph_errors import Failure
from chalicelib.channels.meta.signature import sign
from chalicelib.conversation.turn import Choice, Reply, Turn, TurnState
from chalicelib.errors import ChannelBroken, ConfigError, DeliveryError, DeliveryRefused, PersonUnreachable
from chalicelib.ids import ConversationId, PersonId, TurnId
from tests.contract.scripted_graph import (
    APP_SECRET,
    PATIENCE_S,
    STILL_WRITING,
    SUCCESS,
    TOKEN,
    ScriptedGraph,
    refusal,
)

LATER_S = 1.5
"""How long a call takes that ends after the answer is there, also on busy cores."""
ANNA = PersonId("messenger:4711:anna")
TURN = Turn(TurnId("1#a"), ConversationId(ANNA), ANNA, at=1, state=TurnState.RUNNING, text="Hi?", model_calls=1)


def turn(*receipts: int) -> Turn:
    conversation = ConversationId(ANNA)
    return Turn(TurnId("1#a"), conversation, ANNA, 1, TurnState.ANSWERED, "hi", receipts=frozenset(receipts))


def deliver(graph: ScriptedGraph, reply: Reply, *receipts: int, by_now: tuple[int, ...] = ()) -> None:
    graph.sender().deliver(turn(*receipts), reply, receipts=lambda: frozenset(by_now), seconds=60)


def test_an_answer_is_a_response_message_with_footer_and_metadata():
    graph = ScriptedGraph()
    deliver(graph, Reply("Hello.", "(2 left today)", (Choice("Yes", "/forget yes"),)))
    assert graph.bodies == [
        {
            "recipient": {"id": "anna"},
            "messaging_type": "RESPONSE",
            "message": {
                "text": "Hello.\n\n(2 left today)",
                "metadata": "1#a#0",
                "quick_replies": [{"content_type": "text", "title": "Yes", "payload": "/forget yes"}],
            },
        }
    ]


def test_each_call_has_the_token_and_an_appsecret_proof():
    graph = ScriptedGraph()
    deliver(graph, Reply("Hello."))
    proof = sign(TOKEN.encode(), secret=APP_SECRET)
    assert graph.queries == [{"access_token": [TOKEN], "appsecret_proof": [proof]}]


def test_a_long_answer_is_sent_in_parts_with_the_buttons_under_the_last():
    graph = ScriptedGraph()
    deliver(graph, Reply(f"{'a' * 1900}\n\n{'b' * 1900}", choices=(Choice("Yes", "/yes"),)))
    assert [text[0] for text in graph.texts] == ["a", "b"]
    assert ["quick_replies" in body["message"] for body in graph.bodies] == [False, True]


def test_of_several_parts_only_those_without_a_receipt_are_sent():
    graph = ScriptedGraph()
    deliver(graph, Reply(f"{'a' * 1900}\n\n{'b' * 1900}"), 0)
    assert [text[0] for text in graph.texts] == ["b"]


def test_a_message_that_was_not_sent_is_tried_three_times():
    graph = ScriptedGraph(refusal(1), refusal(1))
    deliver(graph, Reply("Hello."))
    assert len(graph.bodies) == 3
    with pytest.raises(DeliveryError):
        deliver(ScriptedGraph(refusal(1), refusal(1), refusal(1)), Reply("Hello."))


@pytest.mark.parametrize(
    "unclear", [requests.ReadTimeout("url?access_token=x"), refusal(2), refusal(0, status=503), (408, b"")]
)
def test_a_message_that_may_have_arrived_is_sent_again_only_without_a_receipt(unclear: Any):
    arrived = ScriptedGraph(unclear)
    deliver(arrived, Reply("Hello."), by_now=(0,))
    assert len(arrived.bodies) == 1
    lost = ScriptedGraph(unclear)
    deliver(lost, Reply("Hello."))
    assert len(lost.bodies) == 2


def test_a_message_that_was_sent_although_the_response_is_an_error_is_not_sent_again():
    graph = ScriptedGraph(refusal(1, 1357046))
    deliver(graph, Reply("Hello."))
    assert len(graph.bodies) == 1


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refusal(190, 463), ChannelBroken),
        (refusal(200), ChannelBroken),
        (refusal(299), ChannelBroken),
        (refusal(3), ChannelBroken),
        (refusal(33), ChannelBroken),
        (refusal(2022), ChannelBroken),
        (refusal(100, 33), ChannelBroken),
        (refusal(100, kind="GraphMethodException"), ChannelBroken),
        (refusal(10, 2018278), PersonUnreachable),
        (refusal(551), PersonUnreachable),
        (refusal(100, 2018001), PersonUnreachable),
        (refusal(100), DeliveryRefused),
        (refusal(36103), DeliveryRefused),
        (refusal(424242, status=403), DeliveryRefused),
        ((404, "no page of Meta's"), DeliveryRefused),
        ((400, b""), DeliveryRefused),
        ((400, b"\xff\xfe{"), DeliveryRefused),
        ((400, b"[" * 100_000), DeliveryRefused),
        ((400, b'{"error":{"code":' * 50_000), DeliveryRefused),
        ((400, b'{"error":{"code":' + b"1" * 5000 + b"}}"), DeliveryRefused),
        (refusal(613), DeliveryError),
    ],
)
def test_an_error_that_a_retry_cannot_fix_is_raised_at_once(response: Any, error: type[Exception]):
    graph = ScriptedGraph(response)
    with pytest.raises(error):
        deliver(graph, Reply("Hello."))
    assert len(graph.bodies) == 1


@pytest.mark.parametrize("fault", [requests.ConnectTimeout, requests.ReadTimeout, requests.ConnectionError])
def test_no_error_contains_the_token(fault: type[Exception]):
    graph = ScriptedGraph(fault(f"https://graph/v25.0/me/messages?access_token={TOKEN}"))
    with pytest.raises(GraphError) as caught:
        graph.sender().graph.post("me/messages", {})
    assert caught.value.failure in {Failure.RETRY, Failure.AMBIGUOUS}
    assert caught.value.__cause__ is None
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(graph.sender())


def test_seen_is_sent_once_and_typing_again_and_again():
    graph = ScriptedGraph()
    with graph.sender(typing_every_s=0.01).responding(TURN):
        assert graph.third_call.wait(PATIENCE_S)
    actions = [body["sender_action"] for body in graph.bodies]
    assert actions[:3] == ["mark_seen", "typing_on", "typing_on"]
    assert all(body["recipient"] == {"id": "anna"} for body in graph.bodies)


def kinds(graph: ScriptedGraph) -> list[str]:
    """What was sent, in order."""
    return [body.get("sender_action") or body["message"]["text"] for body in graph.bodies]


def test_after_ten_seconds_without_an_answer_the_person_is_told_once_that_it_takes_longer():
    graph = ScriptedGraph()
    with graph.sender(typing_every_s=0.02, slow_after_s=0.05).responding(TURN):
        assert graph.wait_for(lambda: kinds(graph).count("typing_on") > 6)
    told = kinds(graph).index(STILL_WRITING)
    assert told >= 3
    assert kinds(graph)[told + 1] == "typing_on"
    assert kinds(graph).count(STILL_WRITING) == 1
    assert SLOW_AFTER_S == 10


def test_an_answer_within_ten_seconds_comes_alone():
    graph = ScriptedGraph()
    with graph.sender(typing_every_s=0.01).responding(TURN):
        assert graph.wait_for(lambda: kinds(graph).count("typing_on") > 3)
    assert STILL_WRITING not in kinds(graph)


def test_a_question_that_is_asked_again_is_told_once_only():
    graph = ScriptedGraph()
    with graph.sender(typing_every_s=0.01, slow_after_s=0.02).responding(replace(TURN, model_calls=2)):
        assert graph.wait_for(lambda: kinds(graph).count("typing_on") > 6)
    assert STILL_WRITING not in kinds(graph)


def test_the_answer_waits_until_meta_has_taken_the_words_that_it_takes_longer():
    graph = ScriptedGraph()
    come, go_on = graph.hold_next()
    with graph.sender(slow_after_s=0.0).responding(TURN):
        for _ in range(2):
            assert come.wait(PATIENCE_S)
            held, (come, go_on) = go_on, graph.hold_next()
            held.set()
        assert come.wait(PATIENCE_S)
        threading.Timer(LATER_S, go_on.set).start()
    assert kinds(graph)[:3] == ["mark_seen", "typing_on", STILL_WRITING]
    assert go_on.is_set()


def test_the_echo_of_these_words_is_neither_a_receipt_nor_a_human():
    graph = ScriptedGraph()
    with graph.sender(slow_after_s=0.0).responding(TURN):
        assert graph.wait_for(lambda: len(graph.bodies) > 2)
    sent = graph.bodies[2]["message"]
    echo = {"sender": {"id": "4711"}, "recipient": {"id": "anna"}, "timestamp": 1}
    message = {**sent, "mid": "m", "is_echo": True}
    body = {"object": "page", "entry": [{"id": "4711", "messaging": [{**echo, "message": message}]}]}
    assert parse(json.dumps(body).encode(), now=1, page="4711") == [Ignored("echo")]


@pytest.mark.parametrize("error", [refusal(2), refusal(190), requests.ReadTimeout("x")])
def test_words_that_cannot_be_sent_do_not_cost_the_answer(error: Any):
    graph = ScriptedGraph(SUCCESS, SUCCESS, error)
    sender = graph.sender(slow_after_s=0.0)
    with sender.responding(TURN):
        assert graph.third_call.wait(PATIENCE_S)
    sender.deliver(turn(), Reply("Hello."), receipts=frozenset, seconds=60)
    assert kinds(graph)[3] == "Hello."


@pytest.mark.parametrize("error", [refusal(2), refusal(190), refusal(100, 33), refusal(551), requests.ReadTimeout("x")])
@pytest.mark.parametrize("before", [[], [SUCCESS]], ids=["seen", "typing"])
def test_an_error_while_typing_does_not_cost_the_answer(before: list[Any], error: Any):
    with ScriptedGraph(*before, error).sender().responding(TURN) as on_delta:
        assert on_delta("An ans")


def test_a_secret_that_is_missing_while_typing_does_not_cost_the_answer_either():
    graph = ScriptedGraph()
    sender = graph.sender()
    object.__setattr__(sender.graph, "token", missing)
    with sender.responding(TURN) as on_delta:
        assert on_delta("An ans")
    assert graph.bodies == []


def missing() -> str:
    raise ConfigError("page-token is missing")


def test_typing_is_not_begun_any_more_once_the_answer_is_there():
    graph = ScriptedGraph()
    seen, answered = graph.hold_next()
    with graph.sender().responding(TURN):
        assert seen.wait(PATIENCE_S)
        threading.Timer(LATER_S, answered.set).start()
    assert [body["sender_action"] for body in graph.bodies] == ["mark_seen"]


@pytest.mark.parametrize("before", [0, 1, 2], ids=["seen", "typing", "typing again"])
def test_the_answer_waits_until_meta_has_carried_out_what_is_under_way(before: int):
    graph = ScriptedGraph()
    come, go_on = graph.hold_next()
    with graph.sender(typing_every_s=0.01).responding(TURN):
        for _ in range(before):
            assert come.wait(PATIENCE_S)
            held, (come, go_on) = go_on, graph.hold_next()
            held.set()
        assert come.wait(PATIENCE_S)
        threading.Timer(LATER_S, go_on.set).start()
    assert go_on.is_set()
    assert len(graph.bodies) == before + 1


def test_typing_that_meta_may_show_after_the_answer_is_taken_back():
    graph = ScriptedGraph(SUCCESS, requests.ReadTimeout("typing"))
    sender = graph.sender()
    with sender.responding(TURN):
        assert graph.second_call.wait(PATIENCE_S)
    sender.deliver(turn(), Reply("Hello."), receipts=frozenset, seconds=60)
    assert [body.get("sender_action", "message") for body in graph.bodies] == [
        *["mark_seen", "typing_on"],
        *["message", "typing_off"],
    ]


def test_typing_is_shown_although_meta_closed_the_connection_while_the_function_was_frozen():
    graph = ScriptedGraph(requests.ConnectionError("Connection reset by peer"))
    sender = graph.sender()
    with sender.responding(TURN):
        assert graph.second_call.wait(PATIENCE_S)
    sender.deliver(turn(), Reply("Hello."), receipts=frozenset, seconds=60)
    assert [body.get("sender_action", "message") for body in graph.bodies] == ["mark_seen", "typing_on", "message"]


@pytest.mark.parametrize("error", [refusal(2), refusal(190), requests.ReadTimeout("x")])
def test_typing_that_cannot_be_taken_back_does_not_cost_the_answer(error: Any):
    graph = ScriptedGraph(SUCCESS, requests.ReadTimeout("typing"), SUCCESS, error)
    sender = graph.sender()
    with sender.responding(TURN):
        assert graph.second_call.wait(PATIENCE_S)
    sender.deliver(turn(), Reply("Hello."), receipts=frozenset, seconds=60)
    assert len(graph.bodies) == 4


def test_the_answer_ends_typing_by_itself():
    graph = ScriptedGraph()
    sender = graph.sender()
    with sender.responding(TURN):
        assert graph.second_call.wait(PATIENCE_S)
    sender.deliver(turn(), Reply("Hello."), receipts=frozenset, seconds=60)
    assert [body.get("sender_action", "message") for body in graph.bodies] == ["mark_seen", "typing_on", "message"]


@pytest.mark.parametrize(
    ("results", "renewed", "tokens"),
    [
        ([refusal(190)], True, ["old", "new"]),
        ([refusal(190, 463, status=401)], True, ["old", "new"]),
        ([refusal(190), refusal(190)], True, ["old", "new"]),
        ([refusal(190)], False, ["old"]),
        ([refusal(10)], True, ["old"]),
        ([refusal(200)], True, ["old"]),
    ],
)
def test_a_page_token_that_was_replaced_is_used_after_the_old_one_was_refused(
    results: list[Any], tokens: list[str], *, renewed: bool
):
    graph = ScriptedGraph(*results)
    known = ["old"]

    def renew() -> bool:
        known[:] = ["new"]
        return renewed

    client = replace(graph.sender().graph, token=lambda: known[0], renew=renew)
    with suppress(GraphError):
        client.post("me/messages", {})
    assert [query["access_token"] for query in graph.queries] == [[token] for token in tokens]
