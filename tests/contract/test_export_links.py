"""A link to a copy of a person's data works once, for a quarter of an hour, and is forgotten with the person."""

from chalicelib.access.export_link import ExportLinks
from tests.contract.story import ANNA, BERT, Story

LINK, OTHER = "a" * 64, "b" * 64


def links(story: Story) -> ExportLinks:
    story.accept()
    return story.store.export_links


def offered(story: Story, link: str = LINK, asked_at: int | None = None) -> bool:
    at = story.clock() if asked_at is None else asked_at
    return links(story).offer(link, ANNA, asked_at=at, now=story.clock())


def test_a_link_works_once_however_often_it_is_looked_at(story: Story):
    assert offered(story)
    for _ in range(3):
        assert story.store.export_links.is_offered(LINK, now=story.clock())
    assert story.store.export_links.take(LINK, now=story.clock()) == ANNA
    assert story.store.export_links.take(LINK, now=story.clock()) is None
    assert not story.store.export_links.is_offered(LINK, now=story.clock())


def test_a_link_that_was_never_offered_does_not_work(story: Story):
    assert story.store.export_links.take(LINK, now=story.clock()) is None
    assert not story.store.export_links.is_offered(LINK, now=story.clock())


def test_a_link_works_for_a_quarter_of_an_hour(story: Story):
    offered(story)
    story.clock.tick(minutes=15, seconds=1)
    assert not story.store.export_links.is_offered(LINK, now=story.clock())
    assert story.store.export_links.take(LINK, now=story.clock()) is None


def test_a_new_link_takes_the_place_of_the_one_before(story: Story):
    offered(story)
    offered(story, OTHER)
    assert story.store.export_links.take(LINK, now=story.clock()) is None
    assert story.store.export_links.take(OTHER, now=story.clock()) == ANNA


def test_who_is_forgotten_has_no_link_and_gets_none_for_an_earlier_request(story: Story):
    offered(story)
    asked_at = story.clock()
    story.store.people.begin_to_forget(ANNA, asked_at=asked_at)
    story.store.people.forget(ANNA, now=story.clock())
    assert story.store.export_links.take(LINK, now=story.clock()) is None
    assert not offered(story, OTHER, asked_at=asked_at)
    assert story.store.export_links.take(OTHER, now=story.clock()) is None
    assert offered(story, OTHER, asked_at=asked_at + 1)


def test_who_never_wrote_gets_none(story: Story):
    assert not story.store.export_links.offer(LINK, BERT, asked_at=1, now=story.clock())
