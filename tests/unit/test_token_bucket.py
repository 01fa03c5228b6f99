from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.token_bucket import TokenBucket

BUCKETS: Final = st.builds(TokenBucket, burst=st.integers(1, 20), every_ms=st.integers(1, 5_000))
PAUSES: Final = st.lists(st.integers(0, 10_000), max_size=80)
START: Final = 1_795_176_000_000


def served(bucket: TokenBucket, pauses: list[int]) -> tuple[list[int], list[int]]:
    """The times at which somebody asked who makes these pauses; those at which a token was there."""
    full_at, now, asked, taken = 0, START, [], []
    for pause in pauses:
        now += pause
        asked.append(now)
        if bucket.has_token(full_at, now=now):
            taken.append(now)
            full_at = bucket.taken(full_at, now=now)
    return asked, taken


@given(bucket=BUCKETS, pauses=PAUSES)
def test_within_any_time_nobody_gets_more_than_the_burst_and_the_rate(bucket: TokenBucket, pauses: list[int]):
    _, taken = served(bucket, pauses)
    for first, begin in enumerate(taken):
        for last, end in enumerate(taken[first:], first):
            assert last - first + 1 <= bucket.burst + (end - begin) / bucket.every_ms


@given(bucket=BUCKETS, pauses=PAUSES)
def test_who_keeps_to_the_rate_is_never_refused(bucket: TokenBucket, pauses: list[int]):
    asked, taken = served(bucket, [bucket.every_ms + pause for pause in pauses])
    assert taken == asked


@given(bucket=BUCKETS, pauses=PAUSES)
def test_after_a_time_without_use_the_whole_burst_is_there_again(bucket: TokenBucket, pauses: list[int]):
    rest = bucket.burst * bucket.every_ms
    _, taken = served(bucket, [*pauses, rest, *([0] * bucket.burst)])
    assert taken[-bucket.burst :].count(taken[-1]) == bucket.burst


@given(bucket=BUCKETS, late=st.integers(-10_000, 10_000))
def test_a_clock_that_is_wrong_gives_no_more_than_its_own_error(bucket: TokenBucket, late: int):
    """Two functions take tokens by turns, and their clocks differ."""
    full_at, taken = 0, 0
    for turn in range(4 * bucket.burst):
        now = START + (late if turn % 2 else 0)
        if bucket.has_token(full_at, now=now):
            taken += 1
            full_at = bucket.taken(full_at, now=now)
    assert taken <= bucket.burst + abs(late) / bucket.every_ms + 1


def test_a_bucket_that_was_never_used_is_full():
    bucket = TokenBucket(burst=2, every_ms=1_000)
    assert bucket.is_full(0, now=START)
    assert not bucket.is_full(bucket.taken(0, now=START), now=START)
