"""What the world saw of the bot, and the promises it is held to, after every step and at the end."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

from chalicelib.access import identity
from chalicelib.access.budget import Reservation, Settlement
from chalicelib.access.ledger import month_of
from chalicelib.access.quota import REFUNDS_A_DAY
from chalicelib.conversation.connection import Connection
from chalicelib.conversation.history import after_own_resets, exchange_of, standing
from chalicelib.conversation.plan import MAX_DELIVERIES, MAX_MODEL_CALLS
from chalicelib.conversation.prompt import Exchange
from chalicelib.conversation.speaker import speaker_of
from chalicelib.conversation.takeover import is_of_human
from chalicelib.conversation.turn import CANCELLED, JOINED, STOPPED, IncomingMessage, Reply, Turn, TurnState
from chalicelib.ids import Channel, ConversationId, PersonId, TurnId
from tests.fakes.adapters import FakeClock
from tests.fakes.memory import Memory, StoredConnection
from tests.faults.stage import Actor

CANCELLED_MS: Final = 8000


@dataclass(eq=False)
class Run:
    """One worker run, as the world sees it: what it holds, and until when."""

    actor: Actor | None
    conversation: ConversationId
    until: int
    holds: bool = True
    spoke_at: int | None = None
    """When the model first said something in it."""
    recorded: set[TurnId] = field(default_factory=set)
    finished: set[TurnId] = field(default_factory=set)

    def works(self, *, now: int) -> bool:
        """Whether nobody else may work on the conversation."""
        return self.holds and not (self.actor and self.actor.over) and now <= self.until


@dataclass
class Ledger:
    """Broken promises are collected in `broken`; the story goes on, as it would."""

    memory: Memory
    clock: FakeClock
    limit: int
    cap: int
    month_cap: int | None = None
    broken: list[str] = field(default_factory=list)
    accepted: list[tuple[ConversationId, TurnId]] = field(default_factory=list)
    asked: dict[str, list[Run]] = field(default_factory=lambda: defaultdict(list))
    """Who asked the model, by question."""
    sent: dict[tuple[ConversationId, TurnId], list[Run]] = field(default_factory=lambda: defaultdict(list))
    """Who sent an answer, by turn; in the order of the first sending."""
    tried: dict[tuple[ConversationId, TurnId], list[int]] = field(default_factory=lambda: defaultdict(list))
    """When it was tried to send an answer, by turn."""
    postponed: dict[ConversationId, int] = field(default_factory=dict)
    """When the next attempt is due, once a worker has noted that."""
    erased: Counter[tuple[PersonId, str | None]] = field(default_factory=Counter)
    """Charges of turns that were forgotten: the counts stay."""
    runs: dict[str, Run] = field(default_factory=dict)
    """By the owner's name in the lease."""
    holder: dict[ConversationId, Run] = field(default_factory=dict)
    """Who took the lease last."""
    billed: int = 0
    """Micro-USD that the provider will want, whether anybody here knows of it or not."""
    unsettled: list[tuple[str, int]] = field(default_factory=list)
    """Day and amount of what was set aside, and not known what came of it."""
    settled: int = 0
    unknown: int = 0
    """Micro-USD by which the calls of which the provider did not tell the cost may be counted too high."""
    of_summaries: int = 0
    """The part of what is set aside and settled that counts on no person."""
    forgotten: set[tuple[ConversationId, TurnId]] = field(default_factory=set)
    """Turns that were erased: should Meta repeat one, its answer was given in an earlier life."""
    gone: Counter[Exchange] = field(default_factory=Counter)
    """What was said in rooms in turns that were erased; a prompt that was made before may still have it."""
    messages: dict[tuple[ConversationId, TurnId], IncomingMessage] = field(default_factory=dict)
    """All that were ever accepted."""
    cancelled: list[tuple[TurnId, int, StoredConnection]] = field(default_factory=list)
    """Whose answers their people want no more, since when, and the seat that says so."""
    has_short_memory: bool = False
    """Whether the model gets summaries in place of what was said before."""

    @property
    def repeated(self) -> int:
        """Answers that were sent to Messenger once more; a page shows a turn once, however often it comes."""
        of_web = {place for place, message in self.messages.items() if message.channel is Channel.WEB}
        return sum(len(runs) - 1 for place, runs in self.sent.items() if place not in of_web)

    @property
    def asked_again(self) -> int:
        return sum(len(runs) - 1 for runs in self.asked.values())

    def require(self, promise: str, *, kept: bool) -> None:
        if not kept and promise not in self.broken:
            self.broken.append(promise)

    # What is seen.

    def had_no_response(self, message: IncomingMessage, turn: TurnId) -> None:
        """A message was delivered; it is there if it was stored nevertheless."""
        if (message.conversation, turn) in self.memory.turns:
            self.was_accepted(message, turn)

    def was_accepted(self, message: IncomingMessage, turn: TurnId) -> None:
        place = message.conversation, turn
        self.messages.setdefault(place, message)
        if place not in self.accepted:
            self.accepted.append(place)

    def was_charged(self, turn: Turn) -> None:
        """The model may be asked; so the person and their key still have access."""
        known, name = self.memory.people[turn.person], identity.key_of(turn.person)
        key = self.memory.keys.get(name) if name else None
        is_valid = name is None or (key is not None and key.is_valid(now=self.clock()))
        self.require("a revoked key is not answered", kept=is_valid)
        self.require("a person who is blocked is not answered", kept=not known.is_blocked)

    def was_erased(self, turn: Turn) -> None:
        self.accepted = [place for place in self.accepted if place != (turn.conversation, turn.id)]
        self.forgotten.add((turn.conversation, turn.id))
        if identity.is_room(turn.conversation) and (exchange := exchange_of(turn, since=0)):
            self.gone[exchange] += 1
        if turn.charged_day:
            self.erased[turn.person, turn.charged_day] += 1

    def lease_was_taken_away(self, conversation: ConversationId) -> None:
        for run in self.runs.values():
            run.holds = run.holds and run.conversation != conversation

    def was_taken(self, owner: str, run: Run) -> None:
        others = [other for other in self.runs.values() if other.conversation == run.conversation]
        meeting = any(other.works(now=self.clock()) for other in others)
        self.require("two workers work on one conversation", kept=not meeting)
        self.runs[owner] = run
        self.holder[run.conversation] = run

    def was_written(self, run: Run) -> None:
        """A write succeeded that only the holder of the lease may make."""
        self.require(
            "a worker writes after another one took its conversation", kept=self.holder[run.conversation] is run
        )

    def was_asked(self, question: str, history: tuple[Exchange, ...], run: Run) -> None:
        before = self.asked[question]
        self.require("a run asks the model twice for one turn", kept=run not in before)
        again_for_nothing = any(other.works(now=self.clock()) for other in before)
        outlived = not run.works(now=self.clock())
        self.require("the model is asked again although somebody else is at it", kept=outlived or not again_for_nothing)
        before.append(run)
        self.require("the model is asked more than twice", kept=len(before) <= MAX_MODEL_CALLS)
        if not outlived:
            self.require("the model is told something else than what was said", kept=self._is_memory(history, run))

    def was_cancelled(self, connection: Connection, turn: TurnId) -> None:
        seat = connection.conversation and self.memory.members.get((connection.conversation, connection.id))
        if seat:
            self.cancelled.append((turn, self.clock(), seat))

    def goes_on(self, run: Run) -> None:
        """The model says more; a worker looks each second from its first word whether somebody has cancelled."""
        run.spoke_at = self.clock() if run.spoke_at is None else run.spoke_at
        running = [kept.turn for kept in self.memory.of(run.conversation) if kept.turn.state is TurnState.RUNNING]
        seats = [seat for (where, _), seat in self.memory.members.items() if where == run.conversation]
        for turn, since, seat in self.cancelled:
            is_mine = any(each.id == turn and each.person == seat.connection.person for each in running)
            might_look = max(since, run.spoke_at)
            is_long_ago = is_mine and self.clock() - might_look > CANCELLED_MS and any(seat is each for each in seats)
            outlived = not run.works(now=self.clock())
            self.require("an answer that its person has cancelled stops", kept=not is_long_ago or outlived)

    def was_lost(self, question: str, run: Run) -> None:
        """The connection ended without a response: the run may ask once more."""
        self.asked[question].remove(run)
        self.asked[question].append(Run(run.actor, run.conversation, run.until, holds=False))

    def was_billed(self, cost: int) -> None:
        self.billed += cost
        self.check_money()

    def was_set_aside(self, reserved: Reservation) -> None:
        self.unsettled.append((reserved.day, reserved.amount))

    def was_settled(self, bill: Settlement) -> None:
        set_aside = bill.reserved.day, bill.reserved.amount
        self.require("only what was set aside is settled", kept=set_aside in self.unsettled)
        if set_aside in self.unsettled:
            self.unsettled.remove(set_aside)
        self.settled += bill.cost

    def was_tried(self, turn: Turn, run: Run) -> None:
        tried = self.tried[turn.conversation, turn.id]
        early = tried and self.clock() < self.postponed.get(turn.conversation, 0)
        outlived = not run.works(now=self.clock())
        self.require("an attempt to deliver that failed is not repeated before its time", kept=not early or outlived)
        tried.append(self.clock())
        self.require("an answer is tried a few times at most", kept=len(tried) <= MAX_DELIVERIES)

    def was_postponed(self, conversation: ConversationId, due_at: int) -> None:
        self.postponed[conversation] = due_at

    def was_sent(self, turn: Turn, run: Run) -> None:
        before = self.sent[turn.conversation, turn.id]
        outlived = not run.works(now=self.clock())
        for other in before:
            cut_off = turn.id not in other.finished and not other.works(now=self.clock())
            self.require("an answer is sent again although its sending was not cut off", kept=cut_off or outlived)
        before.append(run)

    def _is_memory(self, history: tuple[Exchange, ...], run: Run) -> bool:
        """All exchanges that were completed, and no others; some may have been completed out of their order."""
        turns = [kept.turn for kept in self.memory.of(run.conversation)]
        since = self.memory.conversations[run.conversation].history_from
        replaces = next((turn.replaces for turn in turns if turn.state is TurnState.RUNNING), None)
        closed = [turn for turn in turns if turn.state is TurnState.DONE]
        closed = list(after_own_resets(closed) if identity.is_room(run.conversation) else closed)
        said = Counter(
            Exchange(_words(turn, turns), turn.reply.text, speaker_of(turn))
            for turn in standing(closed, replaces=replaces)
            if turn.charged_day and turn.asked_at >= since
            if turn.reply and turn.reply.code in ("", STOPPED)
        )
        told = Counter(each for each in history if not each.by_human)
        return told <= said + self.gone and (self.has_short_memory or said <= told)

    # What is promised.

    def check_always(self) -> None:
        """After every step, whoever died."""
        self._check_accounts()
        self.check_money()
        turns = [kept.turn for kept in self.memory.turns.values()]
        for name, conversation in self.memory.conversations.items():
            waiting = [turn for turn in turns if turn.conversation == name and turn.is_open]
            self.require("what waits can be found", kept=not waiting or conversation.due_at is not None)
            self.require("what waits is counted", kept=len(waiting) == conversation.open_turns)
        opened = Counter(found.opened_by for found in self.memory.conversations.values() if found.opened_by)
        places = Counter({name: known.open_conversations for name, known in self.memory.people.items()})
        self.require("a place is taken as long as a conversation is open", kept=+places == opened)

    def _check_accounts(self) -> None:
        charged = Counter(
            (kept.turn.person, kept.turn.charged_day) for kept in self.memory.turns.values() if kept.turn.charged_day
        )
        used = Counter(
            {
                (person, day): number
                for person, known in self.memory.people.items()
                for day, number in known.person.quota.items()
                if number
            }
        )
        self.require("used is what was charged", kept=used == charged + self.erased)
        in_limits = all(number <= self.limit_of(person) for (person, _), number in used.items())
        self.require("nobody is over the limit", kept=in_limits)
        self._check_keys()
        refunds = [number for known in self.memory.people.values() for number in known.person.refunds.values()]
        self.require("refunds are few", kept=all(number <= REFUNDS_A_DAY for number in refunds))

    def _check_keys(self) -> None:
        """A refund of which the provider's bill is not known counts on the key all the same."""
        for key in self.memory.keys.values():
            people = [known.person for name, known in self.memory.people.items() if identity.key_of(name) == key.id]
            counted = sum(sum(person.quota.values()) + sum(person.refunds.values()) for person in people)
            self.require("a key counts what its people are charged", kept=key.used == counted)
            is_within = key.max_messages is None or key.used <= key.max_messages
            self.require("no key is used more than it is good for", kept=is_within)

    def limit_of(self, person: PersonId) -> float:
        """Questions a day."""
        name = identity.key_of(person)
        if name is None:
            return self.limit
        key = self.memory.keys.get(name)
        return inf if key is None or key.daily_messages is None else key.daily_messages

    def check_money(self) -> None:
        days = [spent.committed for spent in self.memory.spend.values()]
        of_channels = [part for spent in self.memory.spend.values() for part in spent.channels.values()]
        is_within = all(0 <= part <= self.cap for part in of_channels) and max(days, default=0) <= whole(self.cap)
        self.require("no day costs more than the owner allows", kept=is_within)
        months: Counter[str] = Counter()
        for spent in self.memory.spend.values():
            months[month_of(spent.day)] += spent.committed
        most = max(months.values(), default=0)
        self.require("no month costs more than the owner allows", kept=self.month_cap is None or most <= self.month_cap)
        self.require("what the provider wants is counted", kept=self.billed <= sum(days))
        accounted = self.settled + sum(amount for _, amount in self.unsettled)
        self.require("the day's bill is what was set aside and not given back", kept=sum(days) == accounted)
        slack = self.unknown + sum(amount for _, amount in self.unsettled)
        self.require(
            "no more is counted than was billed, is open, or is unknown", kept=sum(days) - self.billed <= slack
        )
        parts = [sum(spent.channels.values()) for spent in self.memory.spend.values()]
        people = [sum(known.person.spent.values()) for known in self.memory.people.values()]
        self.require("the channels' parts are the whole", kept=sum(parts) == sum(days))
        self.require("what people have spent is the whole", kept=sum(people) + self.of_summaries == sum(days))
        self._check_counters()

    def _check_counters(self) -> None:
        """The parts of each day's bill have its sum, and what is counted of people is what is counted of days."""
        days = list(self.memory.spend.values())
        for spent in days:
            parts = spent.models, spent.personas
            self.require("the parts are the whole", kept=all(sum(part.values()) == spent.committed for part in parts))
            self.require("every question has its hour", kept=sum(spent.hours.values()) == spent.questions)
            self.require(
                "nothing is counted backwards", kept=min(spent.refunded, spent.failures, spent.unanswered) >= 0
            )
        months = [use for known in self.memory.people.values() for use in known.person.months.values()]
        of_no_person = sum(spent.of_no_person for spent in days)
        self.require("what nobody asked for is counted for no person", kept=of_no_person == self.of_summaries)
        cost = sum(use.cost for use in months)
        self.require("the months of people are the whole", kept=cost + of_no_person == sum(d.committed for d in days))
        asked, refunded = sum(use.questions for use in months), sum(use.refunded for use in months)
        self.require("the questions of people are all", kept=asked == sum(spent.questions for spent in days))
        self.require("the refunds of people are all", kept=refunded == sum(spent.refunded for spent in days))
        charged = sum(sum(known.person.quota.values()) for known in self.memory.people.values())
        self.require("what is asked and not refunded is charged", kept=asked - refunded == charged)

    def check_at_rest(self) -> None:
        """Once nothing is left to do."""
        turns = {(kept.turn.conversation, kept.turn.id): kept.turn for kept in self.memory.turns.values()}
        for place in self.accepted:
            self.require("an accepted message is kept", kept=place in turns)
        for place, turn in turns.items():
            self.require("every message comes to its end", kept=not turn.is_open)
            arrived = place in self.sent or bool(turn.receipts) or bool(turn.joined) or _is_by_hand(turn)
            self.require("what is done was sent", kept=turn.state is not TurnState.DONE or arrived)
            self.require("what is joined is asked", kept=self._is_asked(turn, turns))
            by_model = turn.reply is not None and _is_by_model(turn.reply)
            is_due = turn.state is TurnState.DONE and by_model
            if is_due or not self._has_had_all_refunds(turn):
                self.require("charged is who got an answer of the model", kept=bool(turn.charged_day) == is_due)
        for conversation in self.memory.conversations.values():
            rests = conversation.due_at is None and conversation.lease_owner is None and conversation.open_turns == 0
            self.require("a conversation with nothing to do is at rest", kept=rests)
        self._check_order()

    def _is_asked(self, turn: Turn, turns: Mapping[tuple[ConversationId, TurnId], Turn]) -> bool:
        """Whether the turn that answers a joined message too was asked with its words."""
        if turn.reply is None or turn.reply.code != JOINED:
            return True
        leader = turns.get((turn.conversation, turn.joined)) if turn.joined else None
        if leader is None or leader.reply is None or not leader.reply.text.startswith("answer to "):
            return leader is not None
        return turn.text in leader.reply.text.removeprefix("answer to ").splitlines()

    def _has_had_all_refunds(self, turn: Turn) -> bool:
        """Then a question counts whatever became of it."""
        known = self.memory.people.get(turn.person)
        return known is not None and max(known.person.refunds.values(), default=0) == REFUNDS_A_DAY

    def _check_order(self) -> None:
        """An earlier message that was there before a later one is answered before it.

        Messages of one millisecond come in one body, and are accepted in its order.
        """
        first_sent = list(self.sent)
        for place, (conversation, turn) in enumerate(self.accepted):
            for later in self.accepted[place + 1 :]:
                both = (conversation, turn) in self.sent and later in self.sent and later not in self.forgotten
                if both and later[0] == conversation and self._was_before((conversation, turn), later):
                    in_order = first_sent.index((conversation, turn)) < first_sent.index(later)
                    self.require("answers come in the order of the questions", kept=in_order)

    def _was_before(self, one: tuple[ConversationId, TurnId], other: tuple[ConversationId, TurnId]) -> bool:
        """Whether it was written before, and received before on its socket."""
        first, second = self.messages[one].received, self.messages[other].received
        in_time = first is None or second is None or first.at < second.at
        return in_time and _written_at(one[1]) <= _written_at(other[1])

    def used(self, person: PersonId) -> int:
        known = self.memory.people.get(person)
        return sum(known.person.quota.values()) if known else 0


def _words(leader: Turn, turns: Iterable[Turn]) -> str:
    """What the turn was asked, with the messages that it answers too."""
    return "\n".join([*(turn.text for turn in turns if turn.joined == leader.id), leader.text])


def _is_by_model(reply: Reply) -> bool:
    """Also if the person cancelled the answer before its first word."""
    return reply.text.startswith("answer to") or reply.code == CANCELLED


def whole(part: int) -> int:
    """The budget of which that is the part of a channel."""
    return -(-part * 4 // 3)


def _written_at(turn: TurnId) -> str:
    return turn.partition("#")[0]


def _is_by_hand(turn: Turn) -> bool:
    """Whether a human wrote it elsewhere, from where it has arrived."""
    return is_of_human(turn) and turn.deliveries == 0
