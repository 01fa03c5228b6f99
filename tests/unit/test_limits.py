import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.api_key import ApiKey
from chalicelib.access.entitlements import Entitlements
from chalicelib.access.person import Access, Person
from chalicelib.access.quota import is_over, left, limit_of
from chalicelib.ids import KeyId, PersonId

ANNA = PersonId("messenger:1:anna")
DAY, YESTERDAY = "2026-11-20", "2026-11-19"


def _anna(used: int = 0, *, access: Access = Access.DEFAULT, limit: int | None = None, day: str = DAY) -> Person:
    return Person(ANNA, access=access, daily_limit=limit, quota={day: used} if used else {})


@given(used=st.integers(0, 30), limit=st.integers(0, 20), own=st.none() | st.integers(0, 20))
def test_the_questions_that_are_left_are_the_limit_without_those_asked(used: int, limit: int, own: int | None):
    anna, in_force = _anna(used, limit=own), limit if own is None else own
    assert limit_of(anna, default_limit=limit) == in_force
    assert is_over(anna, default_limit=limit, day=DAY) == (used >= in_force)
    assert left(anna, Entitlements("web", limit), day=DAY) == max(0, in_force - used)


def test_the_last_question_leaves_none():
    assert not is_over(_anna(2), default_limit=3, day=DAY)
    assert left(_anna(2), Entitlements("web", 3), day=DAY) == 1
    assert is_over(_anna(3), default_limit=3, day=DAY)
    assert left(_anna(3), Entitlements("web", 3), day=DAY) == 0


def test_questions_of_another_day_do_not_count():
    anna = _anna(3, day=YESTERDAY)
    assert not is_over(anna, default_limit=3, day=DAY)
    assert left(anna, Entitlements("web", 3), day=DAY) == 3


@pytest.mark.parametrize("own", [None, 0, 1])
def test_unlimited_overrides_every_limit(own: int | None):
    anna = _anna(1000, access=Access.UNLIMITED, limit=own)
    assert limit_of(anna, default_limit=3) is None
    assert not is_over(anna, default_limit=3, day=DAY)
    assert left(anna, Entitlements("web", 3), day=DAY) is None


def test_a_limit_of_no_questions_is_over_at_once():
    assert is_over(_anna(limit=0), default_limit=3, day=DAY)
    assert is_over(_anna(), default_limit=0, day=DAY)


def test_a_limit_of_ones_own_goes_before_the_deployments():
    assert limit_of(_anna(limit=50), default_limit=3) == 50
    assert limit_of(_anna(limit=0), default_limit=3) == 0
    assert limit_of(_anna(), default_limit=3) == 3


def _key(most: int | None, *, used: int = 0) -> ApiKey:
    return ApiKey(KeyId("k"), "Shop", "0" * 64, "web", created_at=1, max_messages=most, used=used)


@pytest.mark.parametrize(
    ("of_day", "of_key", "remaining"),
    [
        (5, None, 3),
        (5, _key(None), 3),
        (5, _key(10), 3),
        (5, _key(10, used=9), 1),
        (5, _key(10, used=10), 0),
        (5, _key(10, used=12), 0),
        (1, _key(10), 0),
        (0, None, 0),
        (None, _key(10, used=4), 6),
        (None, _key(None, used=4), None),
        (None, None, None),
    ],
)
def test_the_lower_of_the_persons_and_the_keys_rest_counts(
    of_day: int | None, of_key: ApiKey | None, remaining: int | None
):
    assert left(_anna(2), Entitlements("web", of_day, of_key), day=DAY) == remaining


def test_an_unlimited_person_has_the_rest_of_the_key():
    anna = _anna(2, access=Access.UNLIMITED, limit=1)
    assert left(anna, Entitlements("web", 1), day=DAY) is None
    assert left(anna, Entitlements("web", 1, _key(3)), day=DAY) == 3


def test_the_rest_is_counted_for_the_day_by_the_persons_own_limit():
    assert left(_anna(2, day=YESTERDAY), Entitlements("web", 5), day=DAY) == 5
    assert left(_anna(2, limit=9), Entitlements("web", 5), day=DAY) == 7
