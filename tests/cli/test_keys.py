import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalicelib.access import api_key as rule
from chalicelib.access import identity, rooms, signed_visitor
from chalicelib.access.api_key import ApiKey
from chalicelib.channels.web import closing
from chalicelib.conversation.connection import Connection
from chalicelib.ids import ConnectionId, ConversationId, KeyId
from tests.cli.chats import Chats
from tests.cli.conftest import BOT, SOCKET, Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WIDTH = 80
SHOP = KeyId("shopshopsh")


@pytest.fixture
def keys(run: Run) -> Run:
    return partial(run, "keys")


def shop(chats: Chats, **values: Any) -> ApiKey:
    """Store the key of a shop, with changed values."""
    usual = {
        "id": SHOP,
        "daily_messages": 20,
        "origins": ("https://shop.example",),
        "created_at": chats.clock(),
    }
    key = ApiKey(**{"name": "The shop", "digest": "f" * 64, "persona": "web", **usual, **values})
    assert chats.store.keys.create(key)
    return key


def columns(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


# Making one.


@pytest.mark.usefixtures("deployed")
def test_a_new_key_is_shown_with_what_to_do_with_it(keys: Run, chats: Chats):
    lines = keys("create", "The shop", "--origin", "https://shop.example").output.splitlines()
    [made] = chats.store.keys.list()
    name, secret = rule.parse(lines[0]) or ("", "")
    assert name == made.id
    assert rule.matches(made, secret)
    assert lines[1:] == [
        "",
        "Copy the key now: it is not shown again. Use it in servers and scripts only;",
        'they send {"action": "authenticate", "apiKey": …}. Never put it into a page.',
        "",
        "This line of HTML adds the chat to https://shop.example:",
        "",
        f'  <script src="{BOT}/widget.js" data-config="{made.id}" async></script>',
        "",
        "On a page at any other address the chat is an empty box.",
        "",
        "If people sign in on your site, the chat can know them:",
        "",
        f"  scripts/parley keys signing {made.id} --stage dev",
        "",
        f"chat page  {BOT}/chat?config={made.id}",
        f"config     {BOT}/config/{made.id}",
        f"websocket  {SOCKET}",
    ]


@pytest.mark.usefixtures("deployed")
def test_a_key_of_no_page_gets_no_line_for_one(keys: Run):
    output = keys("create", "A server").output
    assert "Only the bot's own chat page may use it; for others, create one with --origin." in output
    assert "<script" not in output


@pytest.mark.usefixtures("deployed")
def test_a_key_of_many_pages_names_them(keys: Run):
    several = keys("create", "x", "--origin", "https://a.example", "--origin", "https://b.example").output
    assert "This line of HTML adds the chat to https://a.example and https://b.example:" in several
    anywhere = keys("create", "x", "--origin", "*").output
    assert "This line of HTML adds the chat to any page:" in anywhere
    assert "empty box" not in anywhere


def test_before_the_bot_is_deployed_its_addresses_are_not_made_up(keys: Run):
    output = keys("create", "The shop", "--origin", "https://shop.example").output
    assert "The bot has no address yet: run scripts/parley deploy --stage dev" in output
    assert max(map(len, output.splitlines())) <= WIDTH


def test_a_key_is_made_as_wished(keys: Run, chats: Chats):
    wish = ("--persona", "assistant", "--max-messages", 1000, "--daily-messages", 5, "--days", 30, "--origin", "*")
    assert keys("create", "The shop", *wish).exit_code == 0
    [made] = chats.store.keys.list()
    assert (made.name, made.persona, made.max_messages, made.daily_messages) == ("The shop", "assistant", 1000, 5)
    assert made.origins == ("*",)
    assert made.expires_at == made.created_at + 30 * 24 * 60 * 60 * 1000


@pytest.mark.parametrize(
    ("said", "limit"), [((), 10), (("--daily-messages", "none"), None), (("--daily-messages", 0), 0)]
)
def test_the_daily_limit_is_the_deployments_unless_it_is_said(
    keys: Run, chats: Chats, said: tuple[object, ...], limit: int | None
):
    keys("create", "The shop", *said)
    assert [key.daily_messages for key in chats.store.keys.list()] == [limit]


@pytest.mark.usefixtures("deployed")
def test_a_program_gets_a_new_key_as_one_document(keys: Run, chats: Chats):
    document = json.loads(keys("create", "The shop", "--days", 1, "--json").output)
    [made] = chats.store.keys.list()
    assert re.fullmatch(rf"parley_{made.id}_[\w-]{{43}}", document.pop("key"))
    at = datetime.fromtimestamp(made.created_at / 1000, UTC)
    assert document == {
        "id": made.id,
        "name": "The shop",
        "state": "active",
        "persona": "web",
        "model": None,
        "max_messages": None,
        "used": 0,
        "daily_messages": 10,
        "origins": [],
        "open_rooms": False,
        "open": False,
        "answers": "streamed",
        "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "expires_at": f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        "revoked_at": None,
        "websocket_url": SOCKET,
        "config_url": f"{BOT}/config/{made.id}",
        "embed": f'<script src="{BOT}/widget.js" data-config="{made.id}" async></script>',
    }


def test_a_program_is_told_that_addresses_are_not_known(keys: Run):
    document = json.loads(keys("create", "The shop", "--json").output)
    assert (document["websocket_url"], document["config_url"], document["embed"]) == (None, None, None)


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        ((" ",), "name must say in 1 to 100 characters what the key is for"),
        (("x", "--origin", "shop.example"), "origins must be like https://example.com, without a path"),
        (("x", "--daily-messages", "-1"), "-1 is not a valid limit: give a whole number from 0 to 1000000000, or none"),
        (("x", "--daily-messages", "9" * 5000), "is not a valid limit"),
    ],
)
def test_invalid_options_are_refused_in_one_line_and_make_no_key(
    keys: Run, chats: Chats, wish: tuple[str, ...], line: str
):
    result = keys("create", *wish)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert line in result.stderr
    assert list(chats.store.keys.list()) == []


# Looking at them.


def test_no_keys_is_said_in_words(keys: Run):
    words = "There are no keys yet. Create one: scripts/parley keys create NAME --stage dev\n"
    assert keys("list").output == words
    assert json.loads(keys("list", "--json").output) == {"keys": []}


def test_the_list_shows_what_each_key_is_good_for_the_latest_first(keys: Run, chats: Chats):
    shop(chats)
    shop(chats, id="1" * 10, created_at=chats.clock() - 1, max_messages=3, used=3)
    shop(chats, id="2" * 10, created_at=chats.clock() - 2, expires_at=chats.clock() - 1)
    shop(chats, id="3" * 10, created_at=chats.clock() - 3, revoked_at=chats.clock())
    day = datetime.fromtimestamp((chats.clock() - 1) / 1000, UTC)
    head, *rows, _, footer = keys("list").output.splitlines()
    assert columns(head) == ["id", "name", "used", "a day", "persona", "expires", "state"]
    assert [columns(row) for row in rows] == [
        [SHOP, "The shop", "0", "20", "web", "never", "active"],
        ["1111111111", "The shop", "3/3", "20", "web", "never", "spent"],
        ["2222222222", "The shop", "0", "20", "web", f"{day.day} {day:%b}", "expired"],
        ["3333333333", "The shop", "0", "20", "web", "never", "revoked"],
    ]
    assert footer == "4 keys"


def test_the_list_fits_80_columns_and_keeps_ids_whole(keys: Run, chats: Chats):
    shop(chats)
    longest = {"name": "A name that says all about it: [bold]:smile:", "max_messages": 10**9, "used": 10**6}
    limits = {"persona": "assistant", "daily_messages": None, "expires_at": chats.clock() * 2}
    shop(chats, id="longlonglo", **longest, **limits)
    output = keys("list").output
    assert max(map(len, output.splitlines())) <= WIDTH
    assert "longlonglo" in output
    assert SHOP in output


def test_the_list_shows_no_secret_and_no_digest(keys: Run, chats: Chats):
    known = shop(chats)
    for arguments in (("list",), ("list", "--json"), ("show", SHOP), ("show", SHOP, "--json")):
        assert known.digest not in keys(*arguments).output


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("name", [SHOP, f"parley_{SHOP}", f"parley_{SHOP}_{'x' * 20}_{'y' * 22}"])
def test_a_key_is_shown_whole_by_its_id_or_by_itself(keys: Run, chats: Chats, name: str):
    known = shop(chats)
    output = keys("show", name).output
    shown = dict(columns(line) for line in output.splitlines()[:13])
    made_at = datetime.fromtimestamp(known.created_at / 1000, UTC)
    assert shown == {
        "id": SHOP,
        "name": "The shop",
        "state": "active",
        "persona": "web",
        "used": "0",
        "a day": "20 for each visitor",
        "clients": "need a ticket or the key",
        "answers": "streamed",
        "rooms": "closed: visitors join them by full names only, from `keys room`",
        "pages": "https://shop.example",
        "created": f"{made_at:%Y-%m-%d %H:%M} (UTC)",
        "expires": "never",
        "revoked": "never",
    }
    assert f'data-config="{SHOP}"' in output


def test_a_revoked_key_is_shown_without_commands_for_its_use(keys: Run, chats: Chats):
    shop(chats)
    keys("revoke", SHOP, "--yes")
    assert "The bot has no address" not in keys("show", SHOP).output


def test_dates_are_in_the_owners_zone(run: Run, chats: Chats):
    shop(chats)
    assert "(Pacific/Auckland)" in run("keys", "show", SHOP, PARLEY_TIMEZONE="Pacific/Auckland").output


# Revoking one.


def test_a_revoked_key_is_accepted_no_more(keys: Run, chats: Chats):
    shop(chats)
    assert (
        keys("revoke", SHOP, "--yes").output == f"{SHOP} (The shop) is revoked. The bot does not accept it any more.\n"
    )
    found = chats.store.keys.get(SHOP)
    assert found
    assert not found.is_valid(now=chats.clock())


def test_a_program_learns_when_a_key_was_revoked(keys: Run, chats: Chats):
    shop(chats)
    document = json.loads(keys("revoke", SHOP, "--json", "--yes").output)
    assert (document["id"], document["state"]) == (SHOP, "revoked")
    assert json.loads(keys("revoke", SHOP, "--json", "--yes").output) == document


@pytest.mark.parametrize("name", ["shopsh", "shopsho", "opshopsh", "the shop", "The shop", f"parley_{SHOP}_x"])
def test_a_key_may_be_named_by_a_part_of_its_id_or_by_its_name(keys: Run, chats: Chats, name: str):
    shop(chats)
    shop(chats, id="blogblogbl", name="The blog")
    assert json.loads(keys("show", name, "--json").output)["id"] == SHOP
    assert keys("revoke", name, "--yes").exit_code == 0


@pytest.mark.parametrize(("slip", "matches"), [("s", "shopshopsh"), ("shops", "shopshopsh"), ("opsh", "shopshopsh")])
def test_a_slip_that_is_part_of_an_id_revokes_no_key(keys: Run, chats: Chats, slip: str, matches: str):
    shop(chats)
    result = keys("revoke", slip, "--yes")
    line = f'Error: "{slip}" is too short: give at least 6 characters of the id. It matches {matches} (The shop)\n'
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", line)
    assert keys("show", SHOP).output.count("active") == 1


def test_a_name_or_a_part_that_several_keys_have_lists_them(keys: Run, chats: Chats):
    shop(chats)
    shop(chats, id="shopshopxx")
    for given in ("The shop", "shopshop"):
        result = keys("revoke", given, "--yes")
        assert result.exit_code == 2
        assert result.stderr.startswith(f'Error: "{given}" matches shopshop')
        assert result.stderr.count("(The shop)") == 2
        assert result.stderr.endswith(": give more of the id\n")


def test_revoking_asks_first_and_names_the_key(keys: Run, chats: Chats):
    shop(chats)
    refused = keys("revoke", "shopsh", answer="n\n")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"Revoke {SHOP} (The shop)? This cannot be undone. [y/N]: " in refused.stderr
    assert refused.stderr.endswith("Error: the key was not revoked\n")
    assert keys("revoke", SHOP, answer="").exit_code == keys("revoke", SHOP, "--json").exit_code == 2
    assert keys("show", SHOP).output.count("active") == 1
    assert keys("revoke", SHOP, answer="y\n").exit_code == 0


@pytest.mark.parametrize("width", [40, 60])
def test_ids_stay_whole_in_a_narrow_terminal(run: Run, chats: Chats, width: int):
    shop(
        chats,
        name="A shop with a long name",
        max_messages=10**9,
        used=10**6,
        origins=("https://shop.example", "https://b.example"),
    )
    shop(chats, id="blogblogbl", name="Blog", persona="assistant", daily_messages=None)
    output = run("keys", "list", COLUMNS=str(width)).output
    assert max(map(len, output.splitlines())) <= width
    assert SHOP in output
    assert "blogblogbl" in output
    assert output.count("active") == 2
    shown = run("keys", "show", SHOP, COLUMNS=str(width)).output
    assert "https://shop.example" in shown


@pytest.mark.parametrize("command", ["show", "revoke"])
@pytest.mark.parametrize("name", ["nobodynobo", "x", "parley_", "--", "x" * 5000])
def test_an_unknown_key_is_one_line_that_names_the_list(keys: Run, chats: Chats, command: str, name: str):
    shop(chats)
    result = keys(command, "--", name)
    line = "Error: there is no key with that id: see scripts/parley keys list --stage dev\n"
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", line)


# Rooms.

FULL = rooms.full_name("order-1234", secret="f" * 64)


@pytest.mark.usefixtures("deployed")
def test_the_full_name_of_a_room_is_printed_with_its_link(keys: Run, chats: Chats):
    shop(chats)
    assert keys("room", SHOP, "order-1234").output.splitlines() == [
        FULL,
        "",
        "Who has this name can join the room. A program sends it as `room` in `join`;",
        "the line of HTML for your page gets it as a further attribute:",
        "",
        f'  data-room="{FULL}"',
        "",
        "As a link to the bot's own chat page:",
        "",
        f"  {BOT}/chat?config={SHOP}&room={FULL}",
    ]


def test_a_program_gets_the_full_name_of_a_room(keys: Run, chats: Chats):
    shop(chats)
    assert json.loads(keys("room", "The shop", "order-1234", "--json").output) == {"room": FULL, "chat_url": None}


@pytest.mark.parametrize("name", ["order 1234", "x" * 42, "", "a/b"])
def test_a_name_of_no_room_is_refused_with_the_rule(keys: Run, chats: Chats, name: str):
    shop(chats)
    refused = keys("room", SHOP, name)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "Error: the name of a room must be 1 to 41 of A-Z a-z 0-9 . _ -" in refused.stderr


def test_rooms_of_people_who_sign_in_have_full_names_too(keys: Run, client: "DynamoDBClient"):
    ssm = boto3.client("ssm", region_name=client.meta.region_name)
    ssm.put_parameter(Name="/parley/dev/ticket-key", Value="t" * 32, Type="SecureString", Overwrite=True)
    printed = keys("room", "oidc", "board").output.splitlines()
    ssm.delete_parameters(Names=["/parley/dev/ticket-key"])
    assert printed[0] == rooms.full_name("board", secret="t" * 32)
    assert printed[2:] == [
        "Who has this name can join the room. A program sends it as `room` in `join`;",
        "people sign in before they join.",
    ]


def test_the_rooms_of_a_key_are_opened_and_closed(keys: Run, chats: Chats):
    shop(chats)
    opened = keys("rooms", SHOP, "open").output
    assert opened == f"The rooms of {SHOP} (The shop) are open now:\nall visitors can join every room by its name.\n"
    assert "rooms    open: all visitors" in keys("show", SHOP).output
    assert f"keys rooms {SHOP} closed" in keys("room", SHOP, "order-1234").output
    assert json.loads(keys("rooms", SHOP, "closed", "--json").output)["open_rooms"] is False


def test_a_key_can_be_made_with_open_rooms(keys: Run, chats: Chats):
    keys("create", "Market", "--open-rooms")
    assert [key.open_rooms for key in chats.store.keys.list()] == [True]


@pytest.mark.usefixtures("deployed")
def test_the_address_of_an_open_key_has_its_id(keys: Run, chats: Chats):
    created = keys("create", "Market", "--open").output
    [key] = chats.store.keys.list()
    assert key.is_open
    assert f"?config={key.id}\n" in created.partition("websocket")[2]
    assert "clients  need no ticket: the id suffices" in keys("show", key.id).output


# The secret that signs visitors.


@pytest.fixture
def ticket_key(client: "DynamoDBClient") -> Iterator[str]:
    """The stage's ticket key."""
    ssm = boto3.client("ssm", region_name=client.meta.region_name)
    ssm.put_parameter(Name="/parley/dev/ticket-key", Value="t" * 32, Type="SecureString", Overwrite=True)
    yield "t" * 32
    ssm.delete_parameters(Names=["/parley/dev/ticket-key"])


@pytest.mark.usefixtures("deployed")
def test_the_secret_that_signs_visitors_is_shown_with_what_to_sign(keys: Run, chats: Chats, ticket_key: str):
    secret = signed_visitor.secret_of(shop(chats), ticket_key=ticket_key)
    printed = keys("signing", SHOP).output.splitlines()
    assert printed[0] == secret
    assert f"  aud  {SHOP}" in printed
    assert f'  <script src="{BOT}/widget.js" data-config="{SHOP}" data-visitor="TOKEN" async></script>' in printed
    assert all(len(line) <= WIDTH for line in printed if "<script" not in line), printed
    assert json.loads(keys("signing", SHOP, "--json").output) == {
        "secret": secret,
        "algorithm": "HS256",
        "aud": SHOP,
        "embed": f'<script src="{BOT}/widget.js" data-config="{SHOP}" data-visitor="TOKEN" async></script>',
    }


def test_the_secret_can_be_shown_again_and_the_next_one_before_it_is_valid(keys: Run, chats: Chats, ticket_key: str):
    shop(chats)
    first, again = (keys("signing", SHOP).output.splitlines()[0] for _ in range(2))
    following = keys("signing", SHOP, "--next").output.splitlines()[0]
    rotated = keys("rotate", SHOP, "--yes").output
    assert first == again != following
    assert keys("signing", SHOP).output.splitlines()[0] == following
    assert f"keys signing {SHOP}" in rotated
    assert first not in rotated
    assert following not in rotated


@pytest.mark.parametrize("command", [("signing",), ("rotate", "--yes")])
def test_an_unknown_key_has_no_secret(keys: Run, ticket_key: str, command: tuple[str, ...]):
    refused = keys(command[0], "nobodynobo", *command[1:])
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "there is no key with that id" in refused.stderr


def test_without_a_ticket_key_no_secret_is_shown(keys: Run, chats: Chats):
    shop(chats)
    refused = keys("signing", SHOP)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "/parley/dev/ticket-key" in refused.stderr


def test_a_customer_of_the_site_is_found_among_the_people(keys: Run, chats: Chats):
    person = identity.visitor(SHOP, signed_visitor.name_of(shop(chats), "anna@example.org"))
    assert keys("customer", SHOP, "anna@example.org").output == f"{person}\n"
    assert json.loads(keys("customer", SHOP, "anna@example.org", "--json").output) == {"person": person}
    refused = keys("customer", SHOP, "x" * 256)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "CUSTOMER must be a text of 1 to 255 characters" in refused.stderr


# Open connections.


def connected(chats: Chats, visitor: str, endpoint: str = "https://execute-api.eu-central-1.amazonaws.com/dev") -> None:
    """A visitor of the shop is connected."""
    connection = Connection(ConnectionId(f"{visitor}="), endpoint)
    person = identity.visitor(SHOP, visitor)
    chats.store.connections.open(connection, now=chats.clock())
    chats.store.connections.mark_authenticated(connection, person, ConversationId(person), now=chats.clock())


def still_connected(chats: Chats) -> int:
    return len(chats.store.connections.of_key(SHOP, now=chats.clock()))


@pytest.mark.parametrize(
    "command",
    [("revoke", SHOP, "--yes"), ("rooms", SHOP, "closed"), ("rotate", SHOP, "--yes")],
    ids=lambda each: each[0],
)
def test_the_connections_of_a_key_are_closed(keys: Run, chats: Chats, command: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(closing, "_DELETIONS", 1)  # the emulator in this process is not made for threads
    shop(chats)
    for visitor in ("anna", "bert"):
        connected(chats, visitor)
    done = keys(*command)
    assert done.exception is None, (done.exception, done.output)
    assert (done.exit_code, done.stderr, still_connected(chats)) == (0, "", 0)


def test_a_connection_that_cannot_be_closed_is_named_and_gets_nothing_any_more(keys: Run, chats: Chats):
    shop(chats)
    connected(chats, "anna", "http://127.0.0.1:9/dev")
    told = keys("revoke", SHOP, "--yes")
    assert told.stderr == (
        "A connection stays open, but gets no answers any more: API Gateway is out of reach: EndpointConnectionError\n"
    )
    assert (told.exit_code, still_connected(chats)) == (0, 0)


def test_a_key_may_have_a_model_of_its_own(keys: Run, chats: Any):
    refused = keys("create", "The shop", "--model", "gpt-6-sol")
    assert refused.exit_code == 2
    assert "model must be listed in PARLEY_MODELS" in refused.stderr
    made = keys("create", "The shop", "--model", "gpt-6-sol", PARLEY_MODELS="gpt-6-sol")
    assert made.exit_code == 0
    [key] = chats.store.keys.list()
    assert key.model == "gpt-6-sol"
    assert "model    gpt-6-sol" in keys("show", key.id).output
