"""The contract of `access.new_people.NewPeople`."""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.access.new_people import BUNDLE_MS, SINGLE_NOTICES
from chalicelib.access.person import Access
from chalicelib.ids import PersonId
from tests.contract.story import ANNA, BERT, Story

SECRET = "secret of her buttons"


def announce(story: Story, person: PersonId = ANNA) -> bool:
    return story.store.new_people.announce(person, secret=SECRET, now=story.clock())


def use(story: Story, source: str = "turn-1", secret: str = SECRET) -> bool:
    return story.store.new_people.use_tap(ANNA, secret=secret, source=source)


def test_the_owners_hear_of_a_new_person_once(story: Story):
    story.accept()
    assert [announce(story) for _ in range(3)] == [True, False, False]
    assert (story.known().announced, story.known().tap, story.known().tapped_in) == (True, SECRET, "")


def test_a_person_is_not_announced_before_writing(story: Story):
    assert not announce(story)
    assert story.store.people.get(ANNA) is None
    assert story.store.new_people.waiting() == []


def test_who_is_announced_waits_until_the_owners_know(story: Story):
    for person in (BERT, ANNA):
        story.accept(story.message(person=person))
        announce(story, person)
    assert story.store.new_people.waiting() == [ANNA, BERT]
    story.store.new_people.told([ANNA])
    assert story.store.new_people.waiting() == [BERT]
    story.store.new_people.told([BERT, ANNA])
    assert story.store.new_people.waiting() == []


def test_those_who_wait_are_claimed_once_when_they_have_waited_long_enough(story: Story):
    people = story.store.new_people
    assert not people.claim(now=story.clock())
    story.accept()
    announce(story)
    assert not people.claim(now=story.clock() + BUNDLE_MS - 1)
    claimed = story.clock() + BUNDLE_MS
    assert [people.claim(now=claimed) for _ in range(2)] == [True, False]
    assert people.waiting() == [ANNA]
    assert people.claim(now=claimed + BUNDLE_MS)


def test_nothing_is_claimed_when_all_are_known(story: Story):
    story.accept()
    announce(story)
    story.store.new_people.told([ANNA])
    assert not story.store.new_people.claim(now=story.clock() + 10 * BUNDLE_MS)
    story.accept(story.message(person=BERT))
    announce(story, BERT)
    assert not story.store.new_people.claim(now=story.clock() + BUNDLE_MS - 1)


def test_owners_hear_of_a_few_people_one_by_one_and_then_of_some_more_in_time(story: Story):
    def told() -> list[bool]:
        return [story.store.new_people.may_tell(now=story.clock()) for _ in range(SINGLE_NOTICES.burst + 2)]

    burst = [True] * SINGLE_NOTICES.burst
    assert told() == [*burst, False, False]
    story.clock.tick(minutes=5)
    assert told() == [True] + [False] * (SINGLE_NOTICES.burst + 1)
    story.clock.tick(hours=10)
    assert told() == [*burst, False, False]


def test_buttons_work_once(story: Story):
    story.accept()
    announce(story)
    assert [use(story, source) for source in ("turn-1", "turn-1", "turn-2")] == [True, False, False]
    assert story.known().tapped_in == "turn-1"


def test_buttons_of_another_secret_do_not_work(story: Story):
    assert not use(story)
    story.accept()
    assert not use(story, secret="")
    announce(story)
    assert not use(story, secret="another")
    assert use(story)


def test_a_decision_otherwise_makes_the_buttons_useless(story: Story):
    story.accept()
    announce(story)
    story.store.people.decide(ANNA, Access.UNLIMITED, daily_limit=None)
    assert not use(story)
    assert story.known().tap == ""


def test_an_undone_decision_makes_them_useless_too(story: Story):
    story.accept()
    announce(story)
    story.store.people.decide(ANNA, Access.DEFAULT, daily_limit=None)
    assert not use(story)


def test_who_has_everything_deleted_leaves_nothing_of_it(story: Story):
    story.accept()
    announce(story)
    use(story)
    story.store.people.forget(ANNA, now=story.clock())
    assert story.store.new_people.waiting() == []
    known = story.store.people.get(ANNA)
    assert known
    assert (known.tap, known.tapped_in) == ("", "")
    assert not use(story, "turn-2")


def test_who_has_everything_deleted_before_the_owners_heard_of_them_is_announced_again(story: Story):
    for is_heard in (False, True):
        story.accept()
        assert announce(story)
        if is_heard:
            story.store.new_people.told([ANNA])
        story.store.people.forget(ANNA, now=story.clock())
    story.accept()
    assert not announce(story)


def test_of_many_who_tap_at_once_one_decides(busy_story: Story):
    busy_story.accept()
    announce(busy_story)
    with ThreadPoolExecutor(20) as pool:
        used = list(pool.map(lambda number: use(busy_story, f"turn-{number}"), range(20)))
    assert used.count(True) == 1


def test_of_many_who_claim_at_once_one_does(busy_story: Story):
    busy_story.accept()
    announce(busy_story)
    late = busy_story.clock() + BUNDLE_MS
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(lambda _: busy_story.store.new_people.claim(now=late), range(20))) == 1


def test_of_many_new_people_at_once_no_more_are_told_one_by_one_than_the_limit_says(busy_story: Story):
    now = busy_story.clock()
    with ThreadPoolExecutor(20) as pool:
        told = sum(pool.map(lambda _: busy_story.store.new_people.may_tell(now=now), range(20)))
    assert told <= SINGLE_NOTICES.burst
