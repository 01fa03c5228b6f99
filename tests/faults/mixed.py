"""Stories in which all is mixed: both channels, rooms, keys, sockets that break, tools, memory, takeover, deletion."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

from chalicelib.access import identity, secret_text
from chalicelib.access.api_key import ApiKey
from chalicelib.access.person import Access
from chalicelib.bootstrap import websocket
from chalicelib.errors import DeliveryError, ModelError
from chalicelib.ids import ConnectionId, KeyId
from tests.client import room_field
from tests.faults.browsers import Browser
from tests.faults.ledger import Ledger, Run
from tests.faults.mixed_model import MixedModel
from tests.faults.schedules import FAULTY_STORES, MODEL_ERRORS, SENDER_ERRORS, ChanceFaults
from tests.faults.simulation import ENOUGH, MOST, MOST_ROUNDS, Simulation
from tests.faults.stage import Faults
from tests.faults.tools import PERSONA, World
from tests.faults.wires import Frame, Wires
from tests.flow.chat import key_text

SHOP: Final = KeyId("shopshopsh")
BLOG: Final = KeyId("blogblogbl")
OPEN: Final = KeyId("openopenop")
ROOMS: Final = ("kitchen", "garden")
PAUSES_S: Final = (0, 0, 0, 0.3, 5)
LASTS_S: Final = 40
"""So long people go on to do something."""
_WORDS: Final = " and the blue bicycle in the cellar of my aunt beside the river" * 3
WEB_STORES: Final = (*FAULTY_STORES, "connections.", "summaries.", "facts.", "lists.", "takeovers.", "api_keys.")


@dataclass
class Mixed:
    """A simulation with the people who use it."""

    random: Random
    simulation: Simulation
    wires: Wires
    browsers: list[Browser] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def text(self, words: str) -> str:
        """A text of which it is known that it was said."""
        more = _WORDS if self.random.random() < 0.3 else ""
        return f"{words} mark{next(self.numbers)}x{more}"


def mixed(seed: int, **more: Any) -> Mixed:
    """The story of a seed; `more` is of the simulation."""
    random = Random(seed)
    told = begun(random, _faults(random), **more)
    _let_people_in(told)
    for _ in range(random.randint(3, 9)):
        act = random.choices(list(_ACTS), list(_ACTS.values()))[0]
        told.simulation.after(random.uniform(0, LASTS_S), lambda act=act: act(told))  # type: ignore[misc]
    return told


def _faults(random: Random) -> ChanceFaults:
    crashes, errors, most = random.choice((0.003, 0.01, 0.03)), random.choice((0, 0.01)), random.choice((0, 1, 2, 4))
    return ChanceFaults(random, crashes, errors, most, stores=WEB_STORES)


def begun(random: Random, faults: Faults, **more: Any) -> Mixed:
    """A simulation with keys, tools and a model, in which nobody is yet."""
    model, sender, wire = (random.choice((0.0, 0.0, chance)) for chance in (0.3, 0.3, 0.05))
    parts: list[Any] = []

    def makes_model(ledger: Ledger, run: Callable[[], Run], fails: Callable[[], ModelError | None]) -> MixedModel:
        return MixedModel(ledger, run, fails, lambda: parts[0], lambda: parts[1], lambda: random.choice(PAUSES_S))

    wires = Wires(
        fails=lambda: DeliveryError("throttled") if random.random() < wire else None,
        fails_late=lambda: DeliveryError("unclear") if random.random() < wire / 3 else None,
    )
    simulation = Simulation(
        faults=faults,
        limit=random.choice((2, 4)),
        budget=random.choice((ENOUGH, ENOUGH, 4 * MOST)),
        echoes=random.random() < 0.5,
        model_fails=lambda: random.choice(MODEL_ERRORS) if random.random() < model else None,
        sender_fails=lambda: random.choice(SENDER_ERRORS) if random.random() < sender else None,
        makes_model=makes_model,
        toolbox=lambda: parts[1],
        persona=PERSONA,
        memory_tokens=random.choice((500, 3000)),
        random=random,
        web=wires,
        most_rounds=20 * MOST_ROUNDS,
        **more,
    )
    simulation.ledger.has_short_memory = simulation.memory_tokens < 3000
    parts += [simulation, World(simulation.ledger, simulation.stage)]
    _make_keys(random, simulation)
    told = Mixed(random, simulation, wires)
    wires.came = lambda socket, frame: _comes(told, socket, frame)
    wires.was_closed = lambda socket: _closes(told, socket)
    return told


def _make_keys(random: Random, simulation: Simulation) -> None:
    for key in (SHOP, BLOG, OPEN):
        simulation.memory.keys[key] = ApiKey(
            *(key, key, secret_text.digest(key_text(key).rpartition("_")[2]), "assistant", simulation.clock()),
            max_messages=random.choice((None, None, 3)),
            daily_messages=random.choice((None, 2, 5)),
            open_rooms=True,
            is_open=key == OPEN,
        )


def _let_people_in(told: Mixed) -> None:
    random = told.random
    people = random.choice(
        ((("cleo", SHOP),), (("cleo", SHOP), ("dora", SHOP)), (("cleo", SHOP), ("cleo", SHOP), ("dora", SHOP)),
         (("cleo", SHOP), ("emil", BLOG)), ((None, OPEN), ("dora", SHOP)), ((None, OPEN), (None, OPEN)))
    )  # fmt: skip
    room = random.choice((None, None, "kitchen"))
    for visitor, key in people:
        browser = enter(told, visitor, key, room=room)
        told.simulation.after(random.uniform(0, 3), browser.opens)


def enter(told: Mixed, visitor: str | None, key: KeyId, *, room: str | None) -> Browser:
    """A person with a page that has not been opened yet."""
    handler = websocket.assemble(
        told.simulation.ports,
        ticket_keys=lambda: ["the ticket key, of thirty-two characters"],
        own_origin=lambda: "https://bot.example",
        first_issuer=lambda: None,
        id_token_verifier=lambda: None,
    )
    numbered = told.random.random() < 0.7
    browser = Browser(told.simulation, handler, told.wires, told.random, key, visitor, _reaction(told), numbered)
    browser.room = room
    told.browsers.append(browser)
    return browser


def _comes(told: Mixed, socket: ConnectionId, frame: Frame) -> None:
    for browser in told.browsers:
        if browser.socket == socket:
            browser.receives(frame)


def _closes(told: Mixed, socket: ConnectionId) -> None:
    for browser in told.browsers:
        if browser.socket == socket:
            browser.was_closed()


def _reaction(told: Mixed) -> Callable[[Browser, Frame], None]:
    """What people do when an answer comes: seldom, stop it, have it sent again, or ask again."""
    random = told.random

    def reacts(browser: Browser, frame: Frame) -> None:
        mine = frame.get("turn") in browser.clients[frame.get("room")].accepted.values()
        room = room_field(frame.get("room"))
        chance = random.random()
        if frame["type"] == "delta" and mine and chance < 0.06:
            browser.sends("cancel", turn=frame["turn"], **room)
        elif frame["type"] == "delta" and 0.9 < chance < 0.96:
            browser.sends("resume", turn=frame["turn"], **room)
        elif frame["type"] == "completed" and mine and chance < 0.08 and not room:
            browser.asks_again(frame["turn"], random.choice((None, told.text("edited"))))

    return reacts


# What people and the owner do.


def _ask(told: Mixed) -> None:
    browser = told.random.choice(told.browsers)
    browser.says(told.text(f"question{'*' * told.random.choice((0, 0, 0, 1, 2))}"))


def _ask_elsewhere(told: Mixed) -> None:
    told.random.choice(told.browsers).says(told.text("question elsewhere"), room=told.random.choice(ROOMS))


def _command(told: Mixed) -> None:
    words = told.random.choice(("/usage", "/reset", "/help", "/memory on", "/memory off", "/forget", "/memory"))
    told.random.choice(told.browsers).says(words)


def _remember(told: Mixed) -> None:
    browser = told.random.choice(told.browsers)
    browser.says("/memory on")
    told.simulation.after(8, lambda: browser.says(f"/remember {told.text('my cat')}"))


def _forget(told: Mixed) -> None:
    """Perhaps while something else is being answered."""
    browser = told.random.choice(told.browsers)
    if told.random.random() < 0.6:
        browser.says(told.text("question"), room=told.random.choice((None, *ROOMS)))
    told.simulation.after(told.random.uniform(0, 4), lambda: browser.says("/forget yes"))


def _move(told: Mixed) -> None:
    browser, room = told.random.choice(told.browsers), told.random.choice(ROOMS)
    action = told.random.choice(("join", "follow", "leave"))
    if action == "join" and (browser.outbox or browser.key_lets_in):
        return  # what is not accepted yet was said elsewhere
    if action == "join":
        browser.room = room
    browser.sends(action, room=room)


def _lose(told: Mixed) -> None:
    told.random.choice(told.browsers).loses_the_connection(notices_after=told.random.choice((0.1, 2, 30)))


def _write(told: Mixed) -> None:
    psid = told.random.choice(("anna", "anna", "bert"))
    call = told.simulation.say(psid, told.text("question"))
    if told.random.random() < 0.3:
        told.simulation.repeat(call)


def _command_by_messenger(told: Mixed) -> None:
    told.simulation.say("anna", told.random.choice(("/usage", "/reset", "/forget yes", "/memory on")))


def _write_by_hand(told: Mixed) -> None:
    told.simulation.write_by_hand("anna", "I am Tom.")


def _revoke(told: Mixed) -> None:
    """The owner revokes a key, again if that fails, and closes the connections of its people, perhaps only some."""
    browser, simulation = told.random.choice(told.browsers), told.simulation
    key = browser.key
    for _ in range(2):
        browser.says(told.text("question"))

    def revoke() -> None:
        simulation.ports.api_keys.revoke(key, now=simulation.clock())
        for connection in simulation.connections.of_key(key, now=simulation.clock()):
            with suppress(DeliveryError):
                simulation.connection_api.close(connection)
            simulation.connections.close(connection.id)

    def again() -> None:
        if told.simulation.memory.keys[key].revoked_at is None:
            simulation.after(10, lambda: simulation.start_process("owner", revoke, again))

    simulation.after(told.random.uniform(0, 4), lambda: simulation.start_process("owner", revoke, again))


def _block(told: Mixed) -> None:
    """The owner blocks somebody who has just asked."""
    browser = told.random.choice(told.browsers)
    for _ in range(2):
        browser.says(told.text("question"))

    def block() -> None:
        person = identity.visitor(browser.key, browser.visitor or "")
        if person in told.simulation.memory.people:
            told.simulation.people.decide(person, Access.BLOCKED, daily_limit=None)

    told.simulation.after(told.random.uniform(0, 4), block)


_ACTS: Final[Mapping[Callable[[Mixed], None], int]] = {
    _ask: 20,
    _ask_elsewhere: 5,
    _command: 3,
    _remember: 2,
    _forget: 3,
    _move: 3,
    _lose: 5,
    _write: 6,
    _command_by_messenger: 2,
    _write_by_hand: 1,
    _revoke: 1,
    _block: 1,
}
