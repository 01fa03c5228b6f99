"""The promises of `llm.health.Catalogue`: kept by the fake, by OpenAI's list and by the lists of other servers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx2
import openai
import pytest

from chalicelib.errors import ModelBusy, ModelError, ModelFault, ModelUnusable
from chalicelib.llm.health import Catalogue, ModelInfo
from chalicelib.llm.openai import OpenAICatalogue
from tests.fakes.model import FakeCatalogue

NAME = "gpt-6-luna"


def entry(name: str = NAME, **more: Any) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "x", **more}


def refusal(status: int, code: str | None = None) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"message": "no", "type": "t", "code": code}})


@dataclass
class Server:
    """One provider."""

    answer: httpx2.Response | Exception
    asked: str = ""

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert not self.asked, "it is asked once"
        self.asked = request.url.path
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def catalogue(server: Server, *, is_openai: bool) -> OpenAICatalogue:
    http = httpx2.Client(transport=httpx2.MockTransport(server))
    client = openai.OpenAI(api_key="k", base_url="http://model/v1", http_client=http)
    return OpenAICatalogue(NAME, is_openai=is_openai, client=lambda: client)


EITHER = pytest.mark.parametrize("provider", ["openai", "another"])


def single(body: Any = None) -> Catalogue:
    return catalogue(Server(httpx2.Response(200, json=body or entry())), is_openai=True)


def listing(body: Any = None) -> Catalogue:
    listed = {"object": "list", "data": [entry("other"), entry()]}
    return catalogue(Server(httpx2.Response(200, json=body or listed)), is_openai=False)


@pytest.mark.parametrize("find", [FakeCatalogue, single, listing])
def test_a_model_that_is_there_is_known(find: Callable[[], Catalogue]):
    assert find().find() == ModelInfo(listed=True, shutdown=None)


@pytest.mark.parametrize(
    "gone",
    [
        FakeCatalogue(ModelUnusable("the model does not exist", cause=ModelFault.MISSING)),
        catalogue(Server(refusal(404, "model_not_found")), is_openai=True),
    ],
)
def test_a_model_that_is_gone_is_unusable(gone: Catalogue):
    with pytest.raises(ModelUnusable) as caught:
        gone.find()
    assert caught.value.cause is ModelFault.MISSING


@pytest.mark.parametrize(
    ("said", "shutdown"),
    [("2027-01-14", date(2027, 1, 14)), ("2027-01-14T00:00:00Z", date(2027, 1, 14)), (None, None), ("soon", None)],
)
def test_openai_says_when_a_model_will_shut_down(said: str | None, shutdown: date | None):
    assert single(entry(shutdown_date=said)).find() == ModelInfo(listed=True, shutdown=shutdown)


def test_each_server_is_asked_in_the_way_it_has():
    openais, others = Server(httpx2.Response(200, json=entry())), Server(httpx2.Response(200, json={"data": []}))
    catalogue(openais, is_openai=True).find()
    catalogue(others, is_openai=False).find()
    assert (openais.asked, others.asked) == (f"/v1/models/{NAME}", "/v1/models")


def test_another_server_may_not_list_the_model_or_keep_no_list():
    assert listing({"object": "list", "data": [entry("other")]}).find() == ModelInfo(listed=False, shutdown=None)
    none = catalogue(Server(httpx2.Response(404, text="not found")), is_openai=False)
    assert none.find() == ModelInfo(listed=None, shutdown=None)


@EITHER
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(401, "invalid_api_key"), ModelUnusable),
        (refusal(503), ModelBusy),
        (httpx2.ConnectError("no"), ModelBusy),
    ],
)
def test_errors_of_the_request_are_distinguished(provider: str, answer: Any, error: type[ModelError]):
    with pytest.raises(error):
        catalogue(Server(answer), is_openai=provider == "openai").find()


SENSELESS = pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, text="<html>", headers={"content-type": "text/html"}),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"data": None}),
        httpx2.Response(200, json=None),
    ],
)


@SENSELESS
def test_an_answer_of_openai_that_makes_no_sense_is_none(answer: httpx2.Response):
    with pytest.raises(ModelError):
        catalogue(Server(answer), is_openai=True).find()


@SENSELESS
def test_an_answer_of_another_server_that_makes_no_sense_is_no_list(answer: httpx2.Response):
    assert catalogue(Server(answer), is_openai=False).find() == ModelInfo(listed=None, shutdown=None)


@EITHER
def test_half_an_answer_is_none(provider: str):
    half = httpx2.Response(200, text="{", headers={"content-type": "application/json"})
    with pytest.raises(ModelError):
        catalogue(Server(half), is_openai=provider == "openai").find()


def test_odd_rows_of_a_list_are_passed_over():
    assert listing({"data": [7, None, {}, entry()]}).find() == ModelInfo(listed=True, shutdown=None)
