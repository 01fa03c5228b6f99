"""The secret with which a site signs its customers is rotated, because it leaked: whom it let in does not stay."""

import secrets
from typing import Any

import pytest

from chalicelib.access import ticket
from chalicelib.access.key_service import ApiKeyService
from tests.flow.chat import KEY, TICKET_KEY, Chat, key_text
from tests.flow.test_revoked_and_blocked import closer

ANNA = "site-anna"


def rotates(chat: Chat) -> None:
    """The owner rotates the secret, as `keys rotate` does."""
    ApiKeyService(chat.keys, closer(chat), 10, secrets.token_bytes, chat.clock).rotate(KEY)


def signed(chat: Chat, *, generation: int = 1, mint: Any = ticket.mint) -> str:
    """A ticket for a customer, got with a token that this generation's secret signed."""
    made: str = mint(KEY, ANNA, secret=TICKET_KEY, now=chat.clock(), generation=generation)
    chat.bot.heard += [ANNA, made]
    return made


def test_a_connection_is_closed_and_its_ticket_opens_none_again(chat: Chat):
    tab, shown = chat.connects(), signed(chat)
    tab.sends("authenticate", ticket=shown)
    assert tab.kinds == ["ready"]
    rotates(chat)
    assert tab.is_closed
    again = chat.connects()
    again.sends("authenticate", ticket=shown)
    assert (again.codes, again.is_closed) == (["auth_failed"], True)


def test_a_connection_that_authenticates_meanwhile_does_not_stay(chat: Chat):
    """The ticket is still good when it is read, and refused before the connection can be found."""
    tab = chat.connects()
    mark = chat.connections.mark_authenticated

    def rotated_meanwhile(*args: object, **more: object) -> object:
        rotates(chat)
        return mark(*args, **more)  # type: ignore[arg-type]

    chat.connections.mark_authenticated = rotated_meanwhile  # type: ignore[method-assign, assignment]
    tab.sends("authenticate", ticket=signed(chat))
    assert (tab.kinds, tab.codes, tab.is_closed) == (["error"], ["auth_failed"], True)


@pytest.mark.parametrize("action", ["send_message", "join"])
def test_a_connection_whose_address_proved_the_customer_before_is_not_let_in_after(chat: Chat, action: str):
    tab = chat.connects(ticket=signed(chat, mint=ticket.mint_for_address))
    assert tab.status == 200
    rotates(chat)
    tab.sends(action, message="What did I write?", room="hall")
    assert (tab.codes, tab.is_closed) == (["auth_failed"], True)
    assert chat.works() == []


def test_whom_the_next_secret_let_in_already_can_come_back(chat: Chat):
    shown = signed(chat, generation=2)
    rotates(chat)
    tab = chat.connects()
    tab.sends("authenticate", ticket=shown)
    assert tab.kinds == ["ready"]


def test_other_visitors_of_the_key_come_back_too(chat: Chat):
    anonymous, program = chat.ticket_of("anna"), {"apiKey": key_text(KEY), "visitor": "bert"}
    rotates(chat)
    for proof in ({"ticket": anonymous}, program):
        tab = chat.connects()
        tab.sends("authenticate", **proof)
        assert tab.kinds == ["ready"]
