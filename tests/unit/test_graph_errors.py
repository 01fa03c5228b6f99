import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.meta.graph_errors import Failure, classify


def _body(code: object, subcode: object = None, **more: object) -> dict[str, object]:
    return {"error": {"message": "…", "type": "OAuthException", "code": code, "error_subcode": subcode, **more}}


TABLE: list[tuple[str, Failure, list[tuple[int, int | None]]]] = [
    ("nobody knows why", Failure.RETRY, [(1, None), (99, None)]),
    ("sent in spite of the answer", Failure.SENT, [(1, 1357046)]),
    ("a temporary fault", Failure.AMBIGUOUS, [(2, None), (1200, None)]),
    ("terms of service", Failure.BROKEN, [(2, 2018344)]),
    (
        "too much at once",
        Failure.BACK_OFF,
        [
            *[(code, None) for code in (4, 17, 32, 341, 613, 80006)],
            *[(4, 2018354), (613, 1893016), (613, 2534040)],
        ],
    ),
    ("too much for this person", Failure.UNREACHABLE, [(613, 2018338)]),
    ("a permission is missing", Failure.BROKEN, [(10, None), (200, None), (200, 2018021), (200, 2018027), (230, None)]),
    ("another permission is missing", Failure.BROKEN, [(code, None) for code in (201, 203, 210, 250, 270, 294, 299)]),
    (
        "the app may not do this",
        Failure.BROKEN,
        [(3, None), (5, None), (12, None), (101, None), (102, None), (104, None)],
    ),
    ("the page cannot be seen", Failure.BROKEN, [(33, None), (100, 33), (2500, None)]),
    (
        "the page is blocked from sending",
        Failure.BROKEN,
        [(2022, None), (10, 2018336), (2022, 1404170), (100, 1893015)],
    ),
    ("the app id is wrong", Failure.BROKEN, [(100, 2018164)]),
    ("the window is closed", Failure.UNREACHABLE, [(10, 2018278), (10, 2018065), (10, 2534022)]),
    ("the person cannot receive now", Failure.UNREACHABLE, [(10, 2018108)]),
    ("the page is restricted", Failure.BROKEN, [(10, 1893063), (368, None)]),
    ("the call is wrong", Failure.REJECTED, [(100, None), (100, 2018014), (199, None), (300, None)]),
    ("there is no such person", Failure.UNREACHABLE, [(100, 2018001)]),
    ("the thread is not ours", Failure.HELD, [(100, 2534037), (10, 2018300), (10, 2018321)]),
    ("the token is bad", Failure.BROKEN, [(190, None), (190, 460), (190, 463), (190, 467), (190, 493)]),
    ("the person is gone or has blocked us", Failure.UNREACHABLE, [(200, 1545041), (551, None), (551, 1545041)]),
    ("something else", Failure.REJECTED, [(36103, None), (9000001, None), (0, None)]),
]


@pytest.mark.parametrize(
    ("failure", "code", "subcode"),
    [
        pytest.param(failure, code, subcode, id=f"{reason}: {code}, {subcode}")
        for reason, failure, codes in TABLE
        for code, subcode in codes
    ],
)
def test_metas_codes_are_classified(failure: Failure, code: int, subcode: int | None):
    for status in (400, 401, 403, 404):
        assert classify(status, _body(code, subcode)) is failure, status


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_code_has_precedence_over_the_status(status: int):
    assert classify(status, _body(190)) is Failure.BROKEN
    assert classify(status, _body(10, 2018278)) is Failure.UNREACHABLE


@pytest.mark.parametrize(
    "body", [None, "oops", [], {}, {"error": None}, {"error": "oops"}, _body(424242), _body("190x"), _body([1], {})]
)
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Failure.REJECTED),
        (404, Failure.REJECTED),
        (429, Failure.BACK_OFF),
        (500, Failure.AMBIGUOUS),
        (502, Failure.AMBIGUOUS),
        (504, Failure.AMBIGUOUS),
    ],
)
def test_an_unknown_code_is_classified_by_the_status(body: object, status: int, failure: Failure):
    assert classify(status, body) is failure


@pytest.mark.parametrize("code", [100, 21, 803, None])
@pytest.mark.parametrize("subcode", [None, 0, 424242])
def test_an_error_about_the_page_itself_is_the_owners_matter(code: int | None, subcode: int | None):
    assert classify(400, _body(code, subcode, type="GraphMethodException")) is Failure.BROKEN


def test_an_error_about_the_person_stays_theirs_whatever_its_type():
    assert classify(400, _body(100, 2018001, type="GraphMethodException")) is Failure.UNREACHABLE
    assert classify(400, _body(200, 1545041, type="GraphMethodException")) is Failure.UNREACHABLE


@pytest.mark.parametrize(
    ("code", "failure"), [("190", Failure.BROKEN), ("2022", Failure.BROKEN), (True, Failure.REJECTED)]
)
def test_a_code_may_be_a_text_of_digits(code: object, failure: Failure):
    assert classify(400, _body(code)) is failure


def test_a_transient_error_is_ambiguous():
    assert classify(400, _body(424242, is_transient=True)) is Failure.AMBIGUOUS
    assert classify(400, _body(424242, is_transient=False)) is Failure.REJECTED
    assert classify(400, _body(190, is_transient=True)) is Failure.BROKEN
    assert classify(400, _body(100, type="GraphMethodException", is_transient=True)) is Failure.AMBIGUOUS


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "code", "error_subcode"]), inner),
    max_leaves=6,
)


@given(status=st.integers(300, 599), body=json_values)
def test_any_response_is_classified(status: int, body: object):
    assert classify(status, body) in Failure
