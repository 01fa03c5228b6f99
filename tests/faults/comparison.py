"""Parley and the peers on the same schedules, from seeds: what was lost, doubled, out of order or over the limit."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any, Final, Protocol

from scripts.peers.messages import messages
from scripts.peers.outside import Outside, Peer
from tests.fakes.inbox import FakeInbox
from tests.faults.peer_world import Aws
from tests.faults.peers import PeerSimulation
from tests.faults.schedules import LIMIT, ChanceFaults
from tests.faults.simulation import Call, MakesInbox, Simulation, person_of

PLACES: Final = (("anna",), ("anna",), ("anna", "bert"))


class Written(Protocol):
    """A simulation to which people write."""

    random: Random | None
    calls: list[Call]

    def say(self, psid: str, text: str, *, number: int) -> Call: ...

    def repeat(self, call: Call) -> None: ...


Outcome = tuple[list["Message"], list[str]]


@dataclass
class Message:
    """What became of one message. Times are places in an order."""

    person: str
    written: int
    asked: int = 0
    charged: int = 0
    sent: int = 0
    has_answer: bool = False
    begun: int = 0
    """When the webhook was first called with it."""
    acknowledged: int | None = None
    """How many messages had begun when the webhook first returned 200 for it."""
    first_sent: int | None = None

    def comes_late(self, later: "Message") -> bool:
        """Whether a later message of the person that also came later was answered before it."""
        if self.first_sent is None or later.first_sent is None or self.person != later.person:
            return False
        came_later = self.written < later.written and self.begun < later.begun
        return came_later and later.first_sent < self.first_sent

    def was_kept_before(self, later: "Message") -> bool:
        """Whether it had been acknowledged when the other one first came."""
        return self.acknowledged is not None and self.acknowledged <= later.begun


@dataclass
class Tally:
    """Counts over many schedules; of messages, but for those that are named otherwise."""

    schedules: int = 0
    crashes: dict[str, int] = field(default_factory=dict)
    """By step: before or after which one a process died."""
    messages: int = 0
    unanswered: int = 0
    """Neither an answer nor a notice was ever sent, and no notice had said that the limit is reached."""
    answered_twice: int = 0
    charged_twice: int = 0
    charged_for_nothing: int = 0
    """Counted on the person, and never answered by the model."""
    out_of_order: int = 0
    """Answered after a later one of the same person that also came later."""
    kept_out_of_order: int = 0
    """Of these, acknowledged before the later one came."""
    over_limit: int = 0
    """Answered by the model beyond the limit of the day."""
    refused_early: int = 0
    """Got a notice and no answer, although the person had fewer answers than the limit allows."""
    asked: int = 0
    """Calls of the model."""
    asked_again: int = 0
    """Calls of the model beyond one for a message."""
    answered: int = 0
    """By the model."""

    def add(self, found: Sequence[Message], crashes: Iterable[str]) -> None:
        """Count one schedule."""
        self.schedules += 1
        for site in crashes:
            self.crashes[site] = self.crashes.get(site, 0) + 1
        for message in found:
            self.messages += 1
            self.answered_twice += message.sent > 1
            self.charged_twice += message.charged > 1
            self.charged_for_nothing += message.charged > 0 and not message.has_answer
            self.asked += message.asked
            self.asked_again += max(0, message.asked - 1)
            self.answered += message.has_answer
            late = [other for other in found if message.comes_late(other)]
            self.out_of_order += bool(late)
            self.kept_out_of_order += any(message.was_kept_before(other) for other in late)
        for person in {message.person for message in found}:
            theirs = [message for message in found if message.person == person]
            answered = sum(message.has_answer for message in theirs)
            refused = sum(message.sent > 0 and not message.has_answer for message in theirs)
            if answered < LIMIT or not refused:
                self.unanswered += sum(not message.sent for message in theirs)
            self.over_limit += max(0, answered - LIMIT)
            self.refused_early += min(refused, max(0, LIMIT - answered))

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        counts = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)[2:]}
        crashes = Counter(self.crashes) + Counter(other.crashes)
        return Tally(self.schedules + other.schedules, dict(sorted(crashes.items())), **counts)


def faults(seed: int) -> ChanceFaults:
    """Up to four crashes, each before or after any step."""
    random = Random(f"faults {seed}")
    return ChanceFaults(random, random.choice((0.01, 0.03, 0.1)), 0, random.choice((1, 2, 4)))


def crashes_of(chance: ChanceFaults) -> list[str]:
    return [happened.removeprefix("Crash ") for happened in chance.happened]


def order(seed: int) -> Random | None:
    """Who goes next, where processes run side by side, as they do in four of five schedules."""
    random = Random(f"order {seed}")
    return random if random.random() < 0.8 else None


def write(simulation: Written, seed: int) -> None:
    """One to four messages of one or two people, in any order, and some delivered twice."""
    random = Random(f"messages {seed}")
    places = random.choice(PLACES)
    for number in range(random.randint(1, 4)):
        psid = random.choice(places)
        simulation.say(psid, f"question {number} of {psid}", number=number)
    random.shuffle(simulation.calls)
    for call in list(simulation.calls):
        if random.random() < 0.3:
            simulation.repeat(call)


def written(simulation: Written) -> dict[str, Message]:
    """Return all messages by id, before anything has become of them."""
    said = [message for call in simulation.calls for message in messages(call.body)]
    return {message.id: Message(message.person, int(message.id.rpartition("-")[2])) for message in said}


def of_peer(aws: Aws, make: Callable[[Outside], Peer], seed: int, name: str) -> Outcome:
    """Run a schedule with a peer; return its messages and the crashes."""
    chance = faults(seed)
    simulation = PeerSimulation(aws, make, chance, limit=LIMIT, random=order(seed), name=f"{name}-{seed}")
    write(simulation, seed)
    found = written(simulation)
    simulation.run_until_rest()
    for place, message in enumerate(simulation.begun):
        found[message].begun = place
    for place, message in enumerate(simulation.answered):
        found[message].first_sent = place
    for message, seen in found.items():
        seen.asked, seen.charged = simulation.asked[message], simulation.charged[message]
        seen.sent = len(simulation.answered.get(message, ()))
        seen.has_answer, seen.acknowledged = simulation.has_answer(message), simulation.acknowledged.get(message)
    return list(found.values()), crashes_of(chance)


@dataclass
class ObservedWebhook:
    """Parley's webhook; notes when it was first called with a message and when it first returned."""

    webhook: Any
    begun: list[str]
    acknowledged: dict[str, int]

    def handle(self, body: bytes, signature: str) -> Any:
        said = [item for entry in _entries(body) for item in entry]
        for message in said:
            if message not in self.begun:
                self.begun.append(message)
        result = self.webhook.handle(body, signature)
        for message in said:
            self.acknowledged.setdefault(message, len(self.begun))
        return result


def _entries(body: bytes) -> Iterable[list[str]]:
    """Leave echoes out."""
    if b'"is_echo"' not in body:
        yield [message.id for message in messages(body)]


def of_parley(seed: int, makes_inbox: MakesInbox = FakeInbox) -> Outcome:
    """Run the same schedule with Parley; return its messages and the crashes.

    No promise may be broken, unless its inbox lacks a safeguard.
    """
    chance = faults(seed)
    echoes = Random(f"echoes {seed}").random() < 0.5
    simulation = Simulation(faults=chance, limit=LIMIT, echoes=echoes, random=order(seed), makes_inbox=makes_inbox)
    write(simulation, seed)
    found = written(simulation)
    texts = {message.text: message.id for call in simulation.calls for message in messages(call.body)}
    watched = ObservedWebhook(simulation.webhook, [], {})
    simulation.webhook = watched  # type: ignore[assignment]
    simulation.run_until_rest()
    assert simulation.ledger.broken == [] or makes_inbox is not FakeInbox, f"seed {seed}: {simulation.ledger.broken}"
    first_sent = list(simulation.ledger.sent)
    for (conversation, turn), kept in simulation.memory.turns.items():
        seen = found[texts[kept.turn.text]]
        seen.asked = len(simulation.ledger.asked.get(kept.turn.text, ()))
        seen.charged = int(kept.turn.charged_day is not None)
        seen.sent = len(simulation.ledger.sent.get((conversation, turn), ()))
        reply = kept.turn.reply
        seen.has_answer = seen.sent > 0 and reply is not None and reply.text.startswith("answer to ")
        seen.first_sent = first_sent.index((conversation, turn)) if seen.sent else None
    for person in {seen.person for seen in found.values()}:
        charged = [seen for seen in found.values() if seen.person == person and seen.charged]
        for seen in charged[: max(0, simulation.ledger.used(person_of(person)) - len(charged))]:
            seen.charged += 1
    for place, message in enumerate(watched.begun):
        found[message].begun = place
    for message, place in watched.acknowledged.items():
        found[message].acknowledged = place
    return list(found.values()), crashes_of(chance)
