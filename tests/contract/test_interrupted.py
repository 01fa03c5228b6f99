from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.aws.dynamodb.inbox import DynamoInbox
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.transcript import DynamoTranscript
from chalicelib.conversation.inbox_steps import Finish
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import TurnState
from chalicelib.errors import ConversationBusy, LeaseLost
from tests.contract.stores import dynamo_store
from tests.contract.story import ROOM, Story
from tests.fakes.adapters import FakeClock
from tests.fakes.ingest import OPEN_OF_A_KEY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class Interrupted:
    """A client that lets something else happen just before its `place`-th call of one operation."""

    client: "DynamoDBClient"
    operation: str
    meanwhile: Callable[[], object]
    place: int = 1

    def __getattr__(self, name: str) -> Any:
        if name == self.operation:
            self.place -= 1
            if self.place == 0:
                self.meanwhile()
        return getattr(self.client, name)


@pytest.fixture
def told(emulator: "DynamoDBClient", clock: FakeClock) -> Story:
    """A story over DynamoDB: only there a step has more than one call."""
    return Story(dynamo_store(emulator), clock)


def _interrupted(story: Story, operation: str, meanwhile: Callable[[], object], *, place: int = 1) -> Story:
    inbox = story.inbox
    assert isinstance(inbox, DynamoInbox)
    client: Any = Interrupted(inbox.table.client, operation, meanwhile, place)
    table = Table(client, inbox.table.name)
    return replace(
        story, store=replace(story.store, inbox=DynamoInbox(table, OPEN_OF_A_KEY), transcript=DynamoTranscript(table))
    )


def test_a_message_that_comes_while_the_conversation_is_erased_is_not_lost(told: Story):
    told.accept()
    with pytest.raises(ConversationBusy):
        _interrupted(told, "transact_write_items", told.accept).transcript.erase(ROOM, now=told.clock())
    assert told.hold().open_turns == len(told.stored()) == 2


def test_a_worker_that_begins_while_the_conversation_is_erased_goes_on(told: Story):
    told.accept()
    with pytest.raises(ConversationBusy):
        _interrupted(told, "transact_write_items", told.hold).transcript.erase(ROOM, now=told.clock())
    assert len(told.stored()) == 1


@pytest.mark.parametrize("edited", [True, False])
def test_a_turn_that_is_deleted_meanwhile_is_not_half_made_again(told: Story, *, edited: bool):
    told.accept(told.message("m"))
    transcript = _interrupted(
        told, "transact_write_items", lambda: told.transcript.erase(ROOM, now=told.clock())
    ).transcript
    assert not (transcript.replace_text(ROOM, "m", "new", edit=1) if edited else transcript.erase_text(ROOM, "m"))
    assert told.stored() == []


def test_a_message_is_kept_when_a_flood_ebbs_meanwhile(told: Story):
    for _ in range(5):
        told.accept()
    inbox = _interrupted(told, "transact_write_items", told.finish_all, place=2).inbox
    assert inbox.accept(told.message(), now=told.clock()) is Accepted.QUEUED
    assert [turn.overflow for turn in told.stored()] == [False] * 6
    assert told.hold().open_turns == 1


def test_a_message_is_kept_when_the_flooded_conversation_is_erased_meanwhile(told: Story):
    for _ in range(5):
        told.accept()
    erased = _interrupted(told, "transact_write_items", lambda: told.transcript.erase(ROOM, now=told.clock()), place=2)
    assert erased.inbox.accept(told.message(), now=told.clock()) is Accepted.QUEUED
    assert told.hold().open_turns == len(told.stored()) == 1


def test_a_flood_that_grows_meanwhile_has_one_turn_for_lost_messages(told: Story):
    for _ in range(5):
        told.accept()
    inbox = _interrupted(told, "transact_write_items", told.accept, place=2).inbox
    assert inbox.accept(told.message(), now=told.clock()) is Accepted.OVERFLOW
    assert sum(turn.overflow for turn in told.stored()) == 1


def test_a_lease_lost_before_its_release_closes_no_turn(told: Story):
    lease, turn = told.begin()
    told.accept()

    def take_over() -> None:
        told.clock.tick(minutes=2)
        told.hold("two")

    inbox = _interrupted(told, "transact_write_items", take_over, place=2).inbox
    with pytest.raises(LeaseLost):
        inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert [turn.state for turn in told.stored()] == [TurnState.QUEUED] * 2


def test_a_message_that_comes_just_before_the_lease_is_given_back_is_seen(told: Story):
    lease, turn = told.begin()
    inbox = _interrupted(told, "transact_write_items", told.accept).inbox
    kept = inbox.finish(lease, Finish(turn, TurnState.DONE, release=True))
    assert kept
    assert len(told.read(kept).open) == kept.open_turns == 1
