import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.api_key import ApiKey
from chalicelib.access.entitlements import Entitlements
from chalicelib.access.person import Access, Person
from chalicelib.access.quota import Allowed, Blocked, OverLimit, decide, left, limit_of
from chalicelib.ids import KeyId, PersonId

ANNA = PersonId("messenger:1:anna")
DAY, YESTERDAY = "2026-11-20", "2026-11-19"


def _anna(used: int = 0, *, access: Access = Access.DEFAULT, limit: int | None = None, day: str = DAY) -> Person:
    return Person(ANNA, access=access, daily_limit=limit, quota={day: used} if used else {})


@given(used=st.integers(0, 30), limit=st.integers(0, 20), own=st.none() | st.integers(0, 20))
def test_the_questions_that_are_left_are_the_limit_without_those_asked(used: int, limit: int, own: int | None):
    verdict = decide(_anna(used, limit=own), day=DAY, default_limit=limit)
    left = (limit if own is None else own) - used
    if left > 0:
        assert verdict == Allowed(used + left, used)
        assert isinstance(verdict, Allowed)
        assert verdict.left_after_this == left - 1
    else:
        assert verdict == OverLimit(used + left)


def test_the_last_question_leaves_none():
    verdict = decide(_anna(2), day=DAY, default_limit=3)
    assert verdict == Allowed(limit=3, used=2)
    assert isinstance(verdict, Allowed)
    assert verdict.left_after_this == 0


def test_what_was_asked_on_another_day_does_not_count():
    assert decide(_anna(3, day=YESTERDAY), day=DAY, default_limit=3) == Allowed(limit=3, used=0)


@pytest.mark.parametrize("own", [None, 0, 1])
def test_unlimited_goes_before_every_limit(own: int | None):
    verdict = decide(_anna(1000, access=Access.UNLIMITED, limit=own), day=DAY, default_limit=3)
    assert verdict == Allowed(limit=None, used=1000)
    assert isinstance(verdict, Allowed)
    assert verdict.left_after_this is None


def test_a_block_goes_before_everything():
    assert decide(_anna(access=Access.BLOCKED, limit=100), day=DAY, default_limit=3) == Blocked()


def test_a_limit_of_no_questions_lets_nobody_ask():
    assert decide(_anna(limit=0), day=DAY, default_limit=3) == OverLimit(0)
    assert decide(_anna(), day=DAY, default_limit=0) == OverLimit(0)


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
def test_what_is_left_is_the_less_of_the_persons_and_the_keys(
    of_day: int | None, of_key: ApiKey | None, remaining: int | None
):
    assert left(_anna(2), Entitlements("web", of_day, of_key), day=DAY) == remaining


def test_what_is_left_to_an_unlimited_person_is_what_is_left_of_the_key():
    anna = _anna(2, access=Access.UNLIMITED, limit=1)
    assert left(anna, Entitlements("web", 1), day=DAY) is None
    assert left(anna, Entitlements("web", 1, _key(3)), day=DAY) == 3


def test_what_is_left_is_counted_on_the_day_and_by_ones_own_limit():
    assert left(_anna(2, day=YESTERDAY), Entitlements("web", 5), day=DAY) == 5
    assert left(_anna(2, limit=9), Entitlements("web", 5), day=DAY) == 7
