"""How the fake inbox accepts a message; the caller holds the memory's lock."""

from typing import Final

from chalicelib.access import identity, language
from chalicelib.access.channel_traits import TRAITS
from chalicelib.access.own_conversations import has_title, title_of
from chalicelib.access.person import Person
from chalicelib.access.retention import TURN_KEPT_S
from chalicelib.conversation.commands import may_blocked_send
from chalicelib.conversation.limits import (
    MAX_OPEN_TURNS,
    MAX_ROOMS,
    MESSAGES_OF_A_PERSON,
    OPEN_OF_A_PERSON,
)
from chalicelib.conversation.ports import Accepted
from chalicelib.conversation.turn import IncomingMessage, Turn, TurnState, message_digest, turn_id
from chalicelib.ids import ConversationId, PersonId
from tests.fakes.memory import Conversation, KeptTurn, KnownPerson, Memory

OPEN_OF_A_KEY: Final = 5
"""The most open conversations of all people of one API key, in tests: half of what PARLEY_WORKERS is by default."""


def accept(memory: Memory, message: IncomingMessage, *, now: int, open_of_a_key: int) -> Accepted:
    """`conversation.ports.Inbox.accept`."""
    refused = _why_refused(memory, message, now=now) or _why_not_opened(memory, message, open_of_a_key=open_of_a_key)
    if refused:
        return refused
    conversation = memory.conversations.setdefault(message.conversation, Conversation())
    if conversation.open_turns > MAX_OPEN_TURNS - TRAITS[message.channel].refuses_at_once:
        return Accepted.OVERFLOW
    overflow = conversation.open_turns == MAX_OPEN_TURNS
    _keep(memory, message, now=now, overflow=overflow)
    _see(memory, message, now=now)
    if conversation.due_at is None:
        _open(memory, conversation, message)
    conversation.expires_at = None
    if has_title(message.conversation, message.person) and not message.opens:
        conversation.used_at = now
        conversation.title = conversation.title or ("" if overflow else title_of(message.text))
    conversation.arrivals += 1
    conversation.open_turns += 1
    conversation.due_at = now if conversation.due_at is None else conversation.due_at
    return Accepted.OVERFLOW if overflow else Accepted.QUEUED


def _open(memory: Memory, conversation: Conversation, message: IncomingMessage) -> None:
    conversation.opened_by = message.person
    memory.people[message.person].open_conversations += 1
    if TRAITS[message.channel].has_api_keys:
        memory.places[identity.group_of(message.person)] += 1


def _why_refused(memory: Memory, message: IncomingMessage, *, now: int) -> Accepted | None:
    known = memory.people.get(message.person)
    if known and known.is_blocked and not may_blocked_send(message.text, message.conversation):
        return Accepted.BLOCKED
    there = memory.turns.get((message.conversation, turn_id(message)))
    if there:
        return Accepted.DUPLICATE_OPEN if there.turn.is_open else Accepted.DUPLICATE_DONE
    if not message.time_is_signed and _mark(message) in memory.marks:
        return Accepted.DUPLICATE_OPEN
    if known is None:
        return None
    if identity.named(message.conversation) and len(known.person.rooms - {message.conversation}) >= MAX_ROOMS:
        return Accepted.TOO_MANY_ROOMS
    if not MESSAGES_OF_A_PERSON.has_token(known.full_at, now=now):
        return Accepted.TOO_FAST
    return None


def _why_not_opened(memory: Memory, message: IncomingMessage, *, open_of_a_key: int) -> Accepted | None:
    conversation = memory.conversations.get(message.conversation)
    if conversation and conversation.due_at is not None:
        return None
    known = memory.people.get(message.person)
    if known and known.open_conversations >= OPEN_OF_A_PERSON:
        return Accepted.TOO_MANY_CONVERSATIONS
    return Accepted.CROWDED if memory.places[identity.group_of(message.person)] >= open_of_a_key else None


def _keep(memory: Memory, message: IncomingMessage, *, now: int, overflow: bool) -> None:
    turn = Turn(
        id=turn_id(message),
        conversation=message.conversation,
        person=message.person,
        at=message.at,
        state=TurnState.QUEUED,
        text="" if overflow else message.text,
        attachments=() if overflow else message.attachments,
        overflow=overflow,
        place=message.place,
        replaces=message.replaces,
        received=message.received,
        opens=message.opens,
        language=message.language,
    )
    kept = KeptTurn(turn, expires_at=now // 1000 + TURN_KEPT_S)
    memory.turns[turn.conversation, turn.id] = kept
    if not message.time_is_signed:
        memory.marks[_mark(message)] = kept.expires_at


def see(memory: Memory, person: PersonId, *, now: int) -> KnownPerson:
    """Something of the person is stored, so that the person is."""
    known = memory.people.setdefault(person, KnownPerson(Person(person)))
    known.change(last_seen=now, first_seen=known.person.first_seen or now)
    known.channel, known.expires_at = identity.channel_of(person), None
    return known


def _see(memory: Memory, message: IncomingMessage, *, now: int) -> None:
    known = see(memory, message.person, now=now)
    rooms = {message.conversation} if identity.named(message.conversation) else set()
    seen = known.person.language_seen or language.written_in(message.text) or message.language
    known.change(rooms=known.person.rooms | rooms, language_seen=seen)
    known.full_at = MESSAGES_OF_A_PERSON.taken(known.full_at, now=now)


def _mark(message: IncomingMessage) -> tuple[ConversationId, str]:
    return message.conversation, message_digest(message.id)
