"""The promises of `ports.Sender` on Messenger, against a Graph API that answers as it is told."""

import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from chalicelib.channels.messenger.sender import MessengerSender
from chalicelib.channels.meta.graph import Failure, Graph, GraphError
from chalicelib.channels.meta.signature import sign
from chalicelib.conversation.turn import Choice, Reply, Turn, TurnState
from chalicelib.errors import ChannelBroken, DeliveryError, PersonUnreachable
from chalicelib.ids import ConversationId, PersonId, TurnId

TOKEN = "page-token-secret"
ANNA = PersonId("messenger:4711:anna")
TURN = Turn(TurnId("1#a"), ConversationId(ANNA), ANNA, at=1, state=TurnState.RUNNING, text="Hi?")
GOOD: tuple[int, Any] = (200, {"message_id": "m"})


def refusal(code: int, subcode: int = 0, *, status: int = 400) -> tuple[int, Any]:
    return status, {"error": {"code": code, "error_subcode": subcode, "message": "no"}}


class Facebook(BaseAdapter):
    """Answers in turn, then well; remembers what it was sent."""

    def __init__(self, *answers: tuple[int, Any] | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.bodies: list[Any] = []
        self.queries: list[Mapping[str, list[str]]] = []
        self.third_call = threading.Event()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.bodies.append(json.loads(request.body or b"null"))
        self.queries.append(parse_qs(urlsplit(str(request.url)).query))
        if len(self.bodies) == 3:
            self.third_call.set()
        answer = self.answers.pop(0) if self.answers else GOOD
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer[0]
        response._content = json.dumps(answer[1]).encode()  # noqa: SLF001 (how requests' own tests make one)
        return response

    def close(self) -> None:
        """Nothing is open."""

    @property
    def texts(self) -> list[str]:
        return [body["message"]["text"] for body in self.bodies]


def sender(facebook: Facebook, *, typing_every_s: float = 15) -> MessengerSender:
    session = requests.Session()
    session.mount("https://", facebook)
    graph = Graph("https://graph/v25.0", token=lambda: TOKEN, app_secret=lambda: "app secret", session=session)
    return MessengerSender(graph, typing_every_s=typing_every_s, sleep=lambda _: None)


def turn(*receipts: int) -> Turn:
    conversation = ConversationId(ANNA)
    return Turn(TurnId("1#a"), conversation, ANNA, 1, TurnState.ANSWERED, "hi", receipts=frozenset(receipts))


def deliver(facebook: Facebook, reply: Reply, *receipts: int, by_now: tuple[int, ...] = ()) -> None:
    sender(facebook).deliver(turn(*receipts), reply, receipts=lambda: frozenset(by_now), seconds=60)


def test_an_answer_goes_out_as_a_response_with_its_footer_and_our_mark():
    facebook = Facebook()
    deliver(facebook, Reply("Hello.", "(2 left today)", (Choice("Yes", "/forget yes"),)))
    assert facebook.bodies == [
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


def test_each_call_proves_that_it_comes_from_the_app():
    facebook = Facebook()
    deliver(facebook, Reply("Hello."))
    proof = sign(TOKEN.encode(), secret="app secret")
    assert facebook.queries == [{"access_token": [TOKEN], "appsecret_proof": [proof]}]


def test_a_long_answer_goes_out_in_parts_and_buttons_under_the_last():
    facebook = Facebook()
    deliver(facebook, Reply(f"{'a' * 1900}\n\n{'b' * 1900}", choices=(Choice("Yes", "/yes"),)))
    assert [text[0] for text in facebook.texts] == ["a", "b"]
    assert ["quick_replies" in body["message"] for body in facebook.bodies] == [False, True]


def test_parts_that_arrived_before_are_not_sent_again():
    facebook = Facebook()
    deliver(facebook, Reply(f"{'a' * 1900}\n\n{'b' * 1900}"), 0)
    assert [text[0] for text in facebook.texts] == ["b"]


def test_what_surely_was_not_sent_is_tried_three_times():
    facebook = Facebook(refusal(1), refusal(1))
    deliver(facebook, Reply("Hello."))
    assert len(facebook.bodies) == 3
    with pytest.raises(DeliveryError):
        deliver(Facebook(refusal(1), refusal(1), refusal(1)), Reply("Hello."))


@pytest.mark.parametrize("unclear", [requests.ReadTimeout("url?access_token=x"), refusal(2), refusal(0, status=503)])
def test_what_may_have_been_sent_is_repeated_only_without_a_receipt(unclear: Any):
    arrived = Facebook(unclear)
    deliver(arrived, Reply("Hello."), by_now=(0,))
    assert len(arrived.bodies) == 1
    lost = Facebook(unclear)
    deliver(lost, Reply("Hello."))
    assert len(lost.bodies) == 2


def test_a_message_that_was_sent_though_the_answer_is_an_error_is_not_repeated():
    facebook = Facebook(refusal(1, 1357046))
    deliver(facebook, Reply("Hello."))
    assert len(facebook.bodies) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(190, 463), ChannelBroken),
        (refusal(200), ChannelBroken),
        (refusal(10, 2018278), PersonUnreachable),
        (refusal(551), PersonUnreachable),
        (refusal(100), PersonUnreachable),
        (refusal(613), DeliveryError),
    ],
)
def test_what_a_repetition_cannot_mend_is_not_repeated(answer: Any, error: type[Exception]):
    facebook = Facebook(answer)
    with pytest.raises(error):
        deliver(facebook, Reply("Hello."))
    assert len(facebook.bodies) == 1


@pytest.mark.parametrize("fault", [requests.ConnectTimeout, requests.ReadTimeout, requests.ConnectionError])
def test_no_error_says_the_token(fault: type[Exception]):
    facebook = Facebook(fault(f"https://graph/v25.0/me/messages?access_token={TOKEN}"))
    with pytest.raises(GraphError) as caught:
        sender(facebook).graph.post("me/messages", {})
    assert caught.value.failure in {Failure.RETRY, Failure.AMBIGUOUS}
    assert caught.value.__cause__ is None
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(sender(facebook))


def test_the_person_sees_that_it_was_seen_and_then_typing_again_and_again():
    facebook = Facebook()
    with sender(facebook, typing_every_s=0.01).responding(TURN):
        assert facebook.third_call.wait(5)
    actions = [body["sender_action"] for body in facebook.bodies]
    assert actions[:3] == ["mark_seen", "typing_on", "typing_on"]
    assert all(body["recipient"] == {"id": "anna"} for body in facebook.bodies)


def test_a_courtesy_that_fails_costs_nothing_but_a_dead_token_is_told():
    with sender(Facebook(refusal(2))).responding(TURN):
        pass
    with pytest.raises(ChannelBroken), sender(Facebook(refusal(190))).responding(TURN):
        pass
