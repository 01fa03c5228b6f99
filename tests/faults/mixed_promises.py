"""What mixed stories promise beside the ledger: what each page shows, what each socket gets, what is forgotten."""

from chalicelib.access import identity
from chalicelib.conversation.commands import Command, parse
from chalicelib.conversation.turn import IncomingMessage, Turn, TurnState
from chalicelib.ids import ConversationId, TurnId
from tests.faults.browsers import Browser
from tests.faults.forgetting import texts_in
from tests.faults.mixed import Mixed
from tests.faults.mixed_model import MARK
from tests.faults.stage import CrashesAt
from tests.faults.wires import gaps_in


def run(told: Mixed) -> Mixed:
    """Until all rest; then all come back, and see what is kept."""
    simulation = told.simulation
    simulation.run_until_rest()
    # Where a worker outlives its lease, a page may lose its patience before the rest of an answer comes.
    kept = simulation.zombies or _shows_what_is_kept(told)
    simulation.ledger.require("a page that stays shows what is kept", kept=kept)
    simulation.stage.faults = CrashesAt()
    told.wires.fails = told.wires.fails_late = lambda: None
    for browser in told.browsers:
        browser.clients.clear()
        browser.opened, browser.reacts = 0, lambda *_: None
        browser.opens()
    simulation.run_until_rest()
    simulation.ledger.require("a page that comes back shows what is kept", kept=_shows_what_is_kept(told))
    gaps = sum(map(gaps_in, told.wires.sent.values()))
    simulation.ledger.require("a socket gets the words of an answer without a gap", kept=simulation.zombies or not gaps)
    for browser in told.browsers:
        has_access = not browser.ended and simulation.memory.keys[browser.key].is_valid(now=simulation.clock())
        kept = not browser.outbox or not has_access
        simulation.ledger.require("what a page sends is accepted or refused", kept=kept)
    _check_forgotten(told)
    return told


def _shows_what_is_kept(told: Mixed) -> bool:
    """Whether each page shows what is kept of the conversations that its connection follows."""
    memory = told.simulation.memory
    for browser in told.browsers:
        found = memory.connections.get(browser.socket) if browser.socket and browser.is_there else None
        for room, client in browser.clients.items() if found else ():
            conversation = _conversation(browser, room)
            got_all = client.is_ready and not (room is None and browser.was_away)
            is_followed = got_all and found is not None and found.connection.follows(conversation)
            for turn in _finished(told, conversation) if is_followed else ():
                shown = client.turns.get(turn.id)
                if shown is None or not shown.is_over or turn.reply is None or shown.text != turn.reply.text:
                    return False
    return True


def _conversation(browser: Browser, room: str | None) -> ConversationId:
    person = identity.visitor(browser.key, browser.visitor or "")
    return identity.room(person, room) if room else identity.conversation_of(person)


def _finished(told: Mixed, conversation: ConversationId) -> list[Turn]:
    kept = [kept for kept in told.simulation.memory.of(conversation) if not kept.erased]
    return [each.turn for each in kept if each.turn.state is TurnState.DONE and each.turn.reply]


def _check_forgotten(told: Mixed) -> None:
    """Nothing is left of what somebody said before they had all deleted."""
    ledger, left = told.simulation.ledger, set(MARK.findall(" ".join(texts_in(told.simulation.memory))))
    for place, message in ledger.messages.items():
        if parse(message.text) is Command.FORGET_CONFIRMED and _was_carried_out(told, place):
            by_others, before = set[str](), set[str]()
            for said in ledger.messages.values():
                is_before = said.person == message.person and _asked_at(said) <= _asked_at(message)
                (before if is_before else by_others).update(MARK.findall(said.text))
            # Who asks again as another visitor, before their page knew their name, has said it as both.
            ledger.require("nothing is left of what was forgotten", kept=left.isdisjoint(before - by_others))


def _asked_at(message: IncomingMessage) -> int:
    return message.received.at if message.received else message.at


def _was_carried_out(told: Mixed, place: tuple[ConversationId, TurnId]) -> bool:
    kept = told.simulation.memory.turns.get(place)
    return kept is None or kept.erased or (kept.turn.state is TurnState.DONE and kept.turn.reply is None)
