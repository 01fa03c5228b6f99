"""Requests that Schemathesis makes from `docs/openapi.yaml`, sent to the app: each response is as the document says.

Valid and invalid ones, by strangers and by callers with credentials. The seed is fixed. Schemathesis is imported where
it is used, since each test process would pay a second for it.
"""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

from scripts.simulator.signed import NOT_SIGNED
from tests.contract import rest_api
from tests.contract.rest_api import API_URL, DOCUMENT_PATH, RestApi
from tests.rest_document import DOCUMENT, OPERATIONS, Operation, resolved

if TYPE_CHECKING:
    from schemathesis import Case, GenerationMode
    from schemathesis.core.transport import Response
    from schemathesis.schemas import BaseSchema

pytestmark = pytest.mark.emulated
A_FEW: Final = 4
MANY: Final = [A_FEW, pytest.param(15 * A_FEW, marks=pytest.mark.full)]
BODY_IS_CHECKED: Final = ("/keys", "/rooms", "/tickets", "/chat/sign-in", "/chat/signed-in")
"""Where a caller with credentials gets 400 for each body that the document does not allow."""
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
SLOW: Final = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture(scope="module")
def rest() -> Iterator[RestApi]:
    with rest_api.running() as rest:
        yield rest


@pytest.fixture(scope="module")
def schema(rest: RestApi) -> "BaseSchema":
    import schemathesis  # noqa: PLC0415 (see above)

    return schemathesis.openapi.from_asgi(DOCUMENT_PATH, rest.asgi())


def conformity() -> list[Any]:
    from schemathesis.checks import not_a_server_error  # noqa: PLC0415
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    return [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]


def send(case: "Case[Any]", auth: Any = None, *more: Any) -> "Response":
    """Send a request and compare the response with the document. API Gateway's own for no address is none of ours."""
    response = case.call(auth=auth, base_url=API_URL)
    if response.status_code != 403 or NOT_SIGNED not in response.text:
        case.validate_response(response, [*conformity(), *more], transport_kwargs={"base_url": API_URL})
    return response


def can_be_wrong(operation: Operation) -> bool:
    """Whether a request can violate the document. Any text is a right value for most parameters."""
    schemas = [resolved(each["schema"]) for each in operation.parameters]
    return bool(operation.content_types or operation.schemes or any(map({"pattern", "const"}.intersection, schemas)))


def modes(operation: Operation) -> "list[GenerationMode]":
    from schemathesis import GenerationMode  # noqa: PLC0415

    return list(GenerationMode) if can_be_wrong(operation) else [GenerationMode.POSITIVE]


def for_each(found: Any, handle: "Callable[[Case[Any]], object]", examples: int, mode: Any = None) -> None:
    """Call `handle` with requests for an operation, the same in each run; without a mode, valid ones."""
    chosen = {"generation_mode": mode} if mode else {}

    @settings(max_examples=examples, derandomize=True, suppress_health_check=SLOW)
    @given(case=found.as_strategy(**chosen))
    def asks(case: "Case[Any]") -> None:
        handle(case)

    asks()


def rejections(case: "Case[Any]") -> list[Any]:
    """The check that a wrong body is refused, if the body of this request is what is wrong."""
    from schemathesis.core.parameters import ParameterLocation  # noqa: PLC0415
    from schemathesis.specs.openapi.checks import negative_data_rejection  # noqa: PLC0415

    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    is_wrong = case.path in BODY_IS_CHECKED and body is not None and body.mode.is_negative
    return [negative_data_rejection] if is_wrong else []


def test_it_is_a_valid_document_of_openapi_3_1(schema: "BaseSchema"):
    schema.validate()


def test_a_document_that_is_none_is_noticed():
    import schemathesis  # noqa: PLC0415

    wrong = {**DOCUMENT, "paths": {"/health": {"get": {"responses": "none"}}}}
    with pytest.raises(Exception, match="none"):
        schemathesis.openapi.from_dict(wrong).validate()


@pytest.mark.parametrize("examples", MANY)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda each: each.name)
def test_each_response_is_one_that_the_document_has(
    rest: RestApi, schema: "BaseSchema", operation: Operation, examples: int
):
    to_all: Counter[int] = Counter()
    to_known: Counter[int] = Counter()

    def as_stranger(case: "Case[Any]") -> None:
        to_all[send(case).status_code] += 1

    def as_known(case: "Case[Any]") -> None:
        to_known[send(case, rest.admit(case), *rejections(case)).status_code] += 1

    for mode, ask in product(modes(operation), (as_stranger, as_known)):
        for_each(schema[operation.path][operation.method], ask, examples, mode)
    assert any(status < 400 for status in to_known), f"no caller was let in: {to_known}, {to_all}"


@pytest.mark.parametrize(
    "path", [path for (path, method), each in OPERATIONS.items() if each.schemes - {"ticket"} and method == "GET"]
)
def test_without_credentials_nothing_behind_them_is_shown(rest: RestApi, schema: "BaseSchema", path: str):
    from schemathesis.specs.openapi.checks import ignored_auth  # noqa: PLC0415

    def asks(case: "Case[Any]") -> None:
        rest.admit(case)
        send(case, None, ignored_auth)

    for_each(schema[path]["GET"], asks, A_FEW)


def follow(schema: "BaseSchema", operation: Operation, response: "Response", link: str) -> "Response":
    """Send the request that a link in the document makes of a response."""
    found = operation.values["responses"][str(response.status_code)]["links"][link]
    [target] = [each for each in OPERATIONS.values() if each.values["operationId"] == found["operationId"]]
    values = {name: response.json()[place.rpartition("/")[2]] for name, place in found["parameters"].items()}
    case = schema[target.path][target.method].Case(path_parameters=values)
    return send(case, rest_api.SignedByAws() if "aws" in target.schemes else None)


def test_a_key_is_good_until_it_is_revoked(schema: "BaseSchema"):
    made, gone = OPERATIONS["/keys", "POST"], OPERATIONS["/keys/{key}", "DELETE"]
    created = send(schema["/keys"]["POST"].Case(body={"name": "x"}, media_type=JSON), rest_api.SignedByAws())
    assert follow(schema, made, created, "config").status_code == 200
    for _ in range(2):
        revoked = follow(schema, made, created, "revoke")
        assert revoked.json()["state"] == "revoked"
    assert follow(schema, gone, revoked, "config").status_code == 404


def test_a_deletion_request_has_a_page(rest: RestApi, schema: "BaseSchema"):
    case = schema["/data-deletion"]["POST"].Case(media_type=FORM, body={})
    rest.admit(case)
    assert follow(schema, OPERATIONS["/data-deletion", "POST"], send(case), "status").status_code == 200


def without_404(document: Any) -> None:
    del document["paths"]["/deletion/{code}"]["get"]["responses"]["404"]


def as_json(document: Any) -> None:
    document["components"]["responses"]["page_without_content"]["content"] = {"application/json": {}}


def of_another_type(document: Any) -> None:
    document["components"]["schemas"]["error"]["properties"]["error"] = {"type": "integer"}


def of_another_header(document: Any) -> None:
    document["components"]["headers"]["etag"]["schema"] = {"const": "W/1"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (without_404, "/deletion/{code}"),
        (as_json, "/deletion/{code}"),
        (of_another_type, "/config/{key}"),
        (of_another_header, "/widget.js"),
    ],
)
def test_a_document_that_is_not_true_is_noticed(rest: RestApi, change: Callable[[Any], None], path: str):
    import schemathesis  # noqa: PLC0415
    from schemathesis.core.failures import FailureGroup  # noqa: PLC0415

    change(document := copy.deepcopy(dict(DOCUMENT)))
    schema = schemathesis.openapi.from_dict(document)
    schema.app = rest.asgi()

    with pytest.raises(FailureGroup):
        for_each(schema[path]["GET"], send, A_FEW)


class Asked(dict[str, list[str]]):
    """A query that has nothing, and notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__({"nothing": [""]})
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> list[str]:
        self.names.add(name)
        return super().__getitem__(name)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS.values() if each.method == "GET"], ids=lambda each: each.name
)
def test_the_query_has_the_parameters_that_are_read(rest: RestApi, schema: "BaseSchema", operation: Operation):
    asked = Asked()

    def asks(case: "Case[Any]") -> None:
        rest.admit(case)
        rest.invoke({**rest.event(case), "multiValueQueryStringParameters": asked})

    for_each(schema[operation.path]["GET"], asks, 1)
    assert asked.names == set(operation.named("query"))
