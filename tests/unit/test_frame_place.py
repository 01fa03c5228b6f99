"""Whether a frame comes as the next one of its connection, as a rule over what is stored of its frames."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.conversation.frame_place import Arrival, FramePlace, Progress
from chalicelib.conversation.late_frames import LATE_MS
from tests.fakes.adapters import NOON

times = st.integers(NOON - 5000, NOON + 5000)
numbers = st.none() | st.integers(1, 9)
rooms = st.none() | st.sampled_from(["", "kitchen", "a room of two words"])
places = st.builds(FramePlace, times, numbers, rooms, st.booleans())
progresses = st.builds(Progress, st.integers(0, 9), st.builds(lambda place: place.mark, places), st.just(0) | times)


@given(progresses, places)
def test_nothing_is_waited_for_longer_than_a_function_may_be_late_but_a_missing_number(
    progress: Progress, place: FramePlace
):
    later = progress.arrival_of(place, now=NOON + 5000 + LATE_MS)
    assert (later is Arrival.EARLY) == (place.number is not None and place.number > progress.number + 1)


@given(progresses, places, times)
def test_a_frame_without_a_number_waits_only_for_one_that_is_moving_its_connection(
    progress: Progress, place: FramePlace, now: int
):
    waits = progress.arrival_of(FramePlace(place.received_at), now=now) is Arrival.EARLY
    assert waits == bool(progress.moving and progress.moving <= place.received_at and now < progress.moving + LATE_MS)


@given(places, places, st.sampled_from(["", "kitchen"]))
def test_a_question_follows_only_a_question_to_the_same_place_at_nearly_the_same_time(
    before: FramePlace, place: FramePlace, here: str
):
    near = abs(before.received_at - place.received_at) <= LATE_MS
    both_ask = before.asks_in is not None and place.asks_in is not None
    is_same_place = (before.asks_in or here) == (place.asks_in or here)
    assert place.is_right_after(before.mark, here=here) == (near and both_ask and is_same_place)
