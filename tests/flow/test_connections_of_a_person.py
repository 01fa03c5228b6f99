"""One person has ten connections at most: an eleventh takes the place of the oldest, so nobody is locked out."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.conversation.limits import MAX_CONNECTIONS
from chalicelib.errors import DeliveryError, TooManyConnections
from chalicelib.ids import ConversationId
from tests.flow.chat import Chat, Tab, Without, key_text, person_of

MOST = 10


def opens(chat: Chat, count: int, visitor: str = "anna", *, room: str = "") -> list[Tab]:
    """One after the other, a second apart."""
    tabs = []
    for _ in range(count):
        tabs.append(chat.opens(visitor, room=room))
        chat.clock.tick(seconds=1)
    return tabs


def test_the_oldest_connection_is_closed_in_favour_of_an_eleventh_and_is_told_why(chat: Chat):
    oldest, *others, newest = opens(chat, MOST + 1)
    assert (oldest.codes, oldest.is_closed) == (["too_many_connections"], True)
    assert oldest.sends("send_message", message="Hello?") == []
    assert [tab.is_closed for tab in (*others, newest)] == [False] * MOST
    newest.says("What is new?")
    assert all(tab.got("completed") for tab in (*others, newest))
    assert oldest.got("question") == []


def test_one_visitor_cannot_take_a_room(chat: Chat):
    tabs = opens(chat, MAX_CONNECTIONS, room="kitchen")
    assert sum(not tab.is_closed for tab in tabs) == MOST
    assert chat.opens("bert", room="kitchen").codes == []


def test_connections_count_wherever_they_are(chat: Chat):
    tabs = [tab for room in ("kitchen", "garden", "") for tab in opens(chat, 4, room=room)]
    assert [tab.is_closed for tab in tabs] == [True] * 2 + [False] * 10
    tabs[0].closes()
    assert [tab.is_closed for tab in opens(chat, 1)] == [False]


def test_a_page_with_a_ticket_is_counted_as_the_same_person(chat: Chat):
    opens(chat, MOST)
    page = chat.connects()
    page.sends("authenticate", ticket=chat.ticket_of("anna"))
    assert page.kinds == ["ready"]
    assert len(chat.connections.of_person(person_of("anna"), now=chat.clock())) == MOST


@pytest.mark.parametrize("how", ["says goodbye", "is found gone", "is too fast", "expires"])
def test_whoever_leaves_frees_a_connection(chat: Chat, how: str):
    first, *others = opens(chat, MOST)
    match how:
        case "says goodbye":
            others[0].closes()
        case "is found gone":
            chat.connection_api.gone.add(others[0].id)
            first.says("Are you there?")
        case "is too fast":
            for _ in range(40):
                others[0].sends("ping")
        case "expires":
            chat.clock.tick(hours=3)
            first = opens(chat, 1)[0]
    assert opens(chat, 1)[0].codes == []
    assert not first.is_closed


def test_a_person_whose_connections_died_silently_gets_in_at_once(chat: Chat):
    """The bot has not noticed: API Gateway says so only once it is asked to send."""
    dead = opens(chat, MOST)
    chat.connection_api.gone.update(tab.id for tab in dead)
    late = opens(chat, 2 * MOST)
    assert [tab.kinds for tab in late[-MOST:]] == [["ready"]] * MOST
    assert not any(tab.is_closed for tab in late[-MOST:])


def test_a_connection_that_api_gateway_does_not_close_reads_nothing_more(chat: Chat):
    oldest, *others = opens(chat, MOST)
    chat.connection_api.fails[oldest.id] = 100
    others += opens(chat, 1)
    others[0].says("What is new?")
    assert oldest.got("question") == []
    assert oldest.sends("join", room="kitchen") == []


def test_other_visitors_and_other_keys_have_connections_of_their_own(chat: Chat):
    tabs = [*opens(chat, MOST), *opens(chat, MOST, "bert"), *opens(chat, MOST, "ann")]
    assert not any(tab.is_closed for tab in tabs)


def test_a_program_with_the_key_that_names_no_visitor_is_not_limited(chat: Chat):
    """A server of the key's owner that passes on what many say: it could name as many visitors as it likes."""
    tabs = [chat.connects() for _ in range(3 * MOST)]
    for tab in tabs:
        tab.sends("authenticate", apiKey=key_text())
    assert [tab.kinds for tab in tabs] == [["ready"]] * (3 * MOST)


def test_of_sixty_four_connections_at_once_ten_stay(chat: Chat):
    tabs = [chat.connects() for _ in range(64)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda tab: tab.sends("authenticate", apiKey=key_text(), visitor="anna"), tabs))
    stay = {connection.id for connection in chat.connections.of_person(person_of("anna"), now=chat.clock())}
    assert len(stay) == MOST
    assert {tab.id for tab in tabs if not tab.is_closed} == stay
    assert all(set(tab.codes) == {"too_many_connections"} for tab in tabs if tab.is_closed)


def test_who_loses_every_race_for_a_place_is_told_so_and_closed(chat: Chat):
    def is_taken(*_: object, **__: object) -> None:
        raise TooManyConnections("somebody was faster")

    tab = chat.connects()
    chat.connections = Without(chat.connections, mark_authenticated=is_taken)  # type: ignore[assignment]
    tab.sends("authenticate", apiKey=key_text(), visitor="anna")
    assert (tab.codes, tab.is_closed) == (["too_many_connections"], True)
    assert chat.connections.in_conversation(ConversationId(person_of("anna")), now=chat.clock()) == []


def test_an_oldest_connection_that_cannot_be_told_is_closed_all_the_same(chat: Chat):
    oldest, *_ = opens(chat, MOST)
    chat.connection_api.surprises[oldest.id] = [DeliveryError("API Gateway refused: LimitExceededException")]
    assert opens(chat, 1)[0].kinds == ["ready"]
    assert (oldest.codes, oldest.is_closed) == ([], True)
