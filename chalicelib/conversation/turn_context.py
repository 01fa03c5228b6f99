"""A turn in progress: its lease, its user, what the user gets, the day it counts for, and the time left."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.access import identity, quota
from chalicelib.access.entitlements import Entitlements, EntitlementService
from chalicelib.access.pauses import Pauses
from chalicelib.access.person import Person
from chalicelib.access.ports import People
from chalicelib.clock import Clock
from chalicelib.content.persona import Persona
from chalicelib.conversation.tool import Round, ToolSpec
from chalicelib.conversation.tool_ports import Toolbox
from chalicelib.conversation.turn import Lease, Turn
from chalicelib.settings.languages import ENGLISH

AROUND_MS: Final = 30_000
"""What a turn may take beside the model's call: charging, delivering the answer or an apology, and recording it."""
LEASE_SPARE_MS: Final = 5_000
"""Added to each lease; more than the clocks of two Lambda functions ever differ."""
MODEL_SHARE: Final = 0.7
"""The model's share of the time left in the invocation. The rest is for sending the answer or an apology."""


def turn_ms(answer_s: int) -> int:
    """Return the longest time between two writes of a turn, if the model may take `answer_s` seconds.

    A lease lasts little longer, so it is how long a conversation waits after a crash.
    """
    return answer_s * 1000 + AROUND_MS


@dataclass(frozen=True)
class TimeLeft:
    """The time left in one invocation of the worker."""

    clock: Clock
    remaining_ms: Callable[[], float]
    answer_s: int
    """The longest timeout of a model call."""

    def until(self) -> int:
        """Return when a step that starts now has ended in any case: the end of a lease, in ms since 1970."""
        return self.clock() + min(int(self.remaining_ms()), turn_ms(self.answer_s)) + LEASE_SPARE_MS

    def is_enough_for_a_turn(self) -> bool:
        """Whether another turn can be started."""
        return self.remaining_ms() >= turn_ms(self.answer_s)

    def for_the_model(self) -> float:
        """Return the timeout of a model call that starts now, in seconds."""
        return min(self.answer_s, self.remaining_ms() / 1000 * MODEL_SHARE)


@dataclass(frozen=True)
class TurnContext:
    """One open turn and everything that is needed to answer it."""

    lease: Lease
    turn: Turn
    memory: tuple[Turn, ...]
    """The closed turns before it, oldest first."""
    time: TimeLeft
    person: Person
    """The user as stored; a new value without any history for a user who is not stored."""
    entitlements: Entitlements
    day: str
    """The ISO date on which the question counts against the daily limit, in the owner's time zone."""
    persona_name: str
    """As personas are looked up: the name of a file or of the owner's text."""
    find_persona: Callable[[], Persona]
    memory_tokens: int
    """As in the settings: the estimated tokens of the question and the past together."""
    toolbox: Callable[[], Toolbox]
    find_tools: Callable[[], tuple[ToolSpec, ...]]
    is_bot_paused: bool = False
    """Whether the owner has paused the whole bot."""
    rounds: tuple[Round, ...] = ()
    """What tools were called so far to answer the turn, and their results."""
    language: str = ENGLISH
    """The tag of the language of the bot's own sentences to the user."""

    @property
    def persona(self) -> Persona:
        """The persona that answers, the same for the whole turn. Raises ConfigError if there is none of its name."""
        return self.find_persona()

    @property
    def tools(self) -> tuple[ToolSpec, ...]:
        """The tools that the model may call: those that the persona names, the same for the whole turn."""
        return self.find_tools() if self.persona.tools and not self.turn.opens else ()

    @property
    def model(self) -> str:
        """The name of the model that the owner chose to answer; empty for the deployment's. Raises as `persona`.

        The person's own model comes first, then the API key's, then the persona's.
        """
        key = self.entitlements.key
        return self.person.model or (key.model if key else "") or self.persona.model

    @property
    def limit(self) -> int | None:
        """The user's questions a day; None for no limit."""
        return quota.limit_of(self.person, default_limit=self.entitlements.daily_limit)

    @property
    def is_over_limit(self) -> bool:
        """Whether the user has no questions left on the day."""
        return quota.is_over(self.person, default_limit=self.entitlements.daily_limit, day=self.day)

    @property
    def left_after_this(self) -> int | None:
        """The number of questions left once this one is charged; None for no limit."""
        left = quota.left(self.person, self.entitlements, day=self.day)
        return None if left is None else max(0, left - 1)

    def with_turn(self, turn: Turn) -> "TurnContext":
        """Return the same context with the turn as it is now."""
        return replace(self, turn=turn)

    def called_again(self) -> "TurnContext":
        """Return the same context with one more call of the model."""
        return self.with_turn(replace(self.turn, model_calls=self.turn.model_calls + 1))


@dataclass(frozen=True)
class ContextLoader:
    """Reads what a turn needs beside its conversation."""

    people: People
    entitlements: EntitlementService
    clock: Clock
    zone: ZoneInfo
    memory_tokens: int
    toolbox: Callable[[], Toolbox]
    pauses: Pauses
    language: str = ENGLISH
    """The deployment's, for people of whom no other one is known."""

    def load(self, lease: Lease, turn: Turn, memory: tuple[Turn, ...], time: TimeLeft) -> TurnContext:
        """Read the user and their entitlements. Raises StoreError."""
        person, now = self.people.get(turn.person) or Person(turn.person), self.clock()
        asked_at = turn.at if identity.traits_of(turn.person).vouches_for_times else now
        day = quota.day_of(asked_at, now=now, zone=self.zone)
        entitlements = self.entitlements.for_person(person.id)
        memory = tuple(each for each in memory if each.person != person.id or not person.has_forgotten(each.asked_at))
        if lease.summary and person.has_forgotten(lease.summary.at):
            lease = replace(lease, summary=None)
        named = self.entitlements.persona_of(person, entitlements, turn.conversation)
        find_persona = cache(partial(self.entitlements.personas.named, named))
        find_tools = cache(lambda: self.toolbox().specs(find_persona().tools))
        language = person.language or turn.language or person.language_seen or self.language
        return TurnContext(
            lease=lease,
            turn=replace(turn, language=language),
            memory=memory,
            time=time,
            person=person,
            entitlements=entitlements,
            day=day,
            persona_name=named,
            find_persona=find_persona,
            memory_tokens=self.memory_tokens,
            toolbox=self.toolbox,
            find_tools=find_tools,
            is_bot_paused=self.pauses.until() > now,
            language=language,
        )
