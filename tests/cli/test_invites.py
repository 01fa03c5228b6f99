"""`parley invites`: links, pictures, and who came by them."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.access import invites as rules
from chalicelib.access.handles import handle_of
from chalicelib.access.invites import Invite
from chalicelib.access.redeeming import Redeeming
from chalicelib.ids import InviteId
from tests.cli.chats import ANNA, BERT, SHOP, Chats
from tests.cli.conftest import Run

WIDTH = 80
PAGE, BOT = "100200300400500", "https://bot.example/api"


@pytest.fixture
def deployed(chats: Chats) -> Chats:
    """A stage with a page and a chat page of one key."""
    ssm = boto3.client("ssm", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
    for name, value in (("page-id", PAGE), ("api-url", BOT)):
        ssm.put_parameter(Name=f"/parley/dev/{name}", Value=value, Type="SecureString", Overwrite=True)
    chats.store.keys.create(SHOP)
    return chats


def created(run: Run, *options: str) -> dict[str, Any]:
    result = run("invites", "create", "Flyer", *options, "--json")
    assert result.exit_code == 0, result.output
    made: dict[str, Any] = json.loads(result.output)
    return made


def code_in(link: str) -> str:
    found = re.search("[a-z2-7]{32}$", link)
    assert found
    return found[0]


def stored(chats: Chats, made: dict[str, Any]) -> Invite:
    found = chats.store.invites.get(InviteId(made["id"]))
    assert found
    return found


def comes(chats: Chats, made: dict[str, Any], person: Any = ANNA) -> None:
    chats.receive(person)
    redeeming = Redeeming(chats.store.invites, chats.store.people, chats.clock)
    known = chats.store.people.get(person)
    assert known
    assert redeeming.redeem(code_in(made["links"]["web"]), known).redeemed is rules.Redeemed.NOW


def test_an_invite_has_a_link_for_messenger_and_one_for_the_web(run: Run, deployed: Chats):
    made = created(run, "--access", "unlimited", "--uses", "5", "--days", "7", "--persona", "santa")
    code = code_in(made["links"]["messenger"])
    assert made["links"] == {
        "messenger": f"https://m.me/{PAGE}?ref={code}",
        "web": f"{BOT}/chat?config={SHOP.id}#invite={code}",
    }
    kept = stored(deployed, made)
    assert (kept.grant.access, kept.uses, kept.persona, rules.matches(kept, code)) == ("unlimited", 5, "santa", True)
    assert timedelta(days=6.9) < timedelta(milliseconds=kept.expires_at - deployed.clock()) < timedelta(days=7.1)


def test_without_options_an_invite_is_for_one_person_and_a_week_and_counts_only(run: Run, deployed: Chats):
    kept = stored(deployed, created(run))
    assert (kept.grant.is_none, kept.uses, kept.persona) == (True, 1, "")


def test_the_code_is_not_stored(run: Run, deployed: Chats):
    code = code_in(created(run)["links"]["web"])
    everything = run("invites", "list", "--json").output + run("invites", "show", "Flyer", "--json").output
    assert code not in everything + repr(list(deployed.store.invites.list()))


def test_a_person_reads_what_the_invite_is_and_copies_the_links(run: Run, deployed: Chats):
    shown = run("invites", "create", "Flyer", "--daily-limit", "20").output
    assert "open, 0 of 1 used, 20 a day, until " in " ".join(shown.split())
    assert f"messenger  https://m.me/{PAGE}?ref=" in shown
    assert f"web        {BOT}/chat?config={SHOP.id}#invite=" in shown
    assert all(len(line) <= WIDTH for line in shown.splitlines() if "https://" not in line)


def test_with_several_keys_the_web_link_needs_the_name_of_one(run: Run, deployed: Chats):
    deployed.store.keys.create(type(SHOP)("clubclubcl", "Club", "1" * 64, "web", created_at=0))  # type: ignore[arg-type]
    assert created(run)["links"]["web"] is None
    shown = run("invites", "create", "X").output
    assert "There is no link to a chat page: name one of the API keys with --key" in shown
    assert "config=clubclubcl#" in created(run, "--key", "Club")["links"]["web"]
    assert run("invites", "create", "X", "--key", "nosuchkey1").exit_code == 3


def test_without_keys_the_web_link_is_for_people_who_sign_in(run: Run, deployed: Chats):
    deployed.store.keys.revoke(SHOP.id, now=deployed.clock())
    assert created(run)["links"]["web"].startswith(f"{BOT}/chat#invite=")


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_pictures_of_the_links_are_saved(run: Run, deployed: Chats, tmp_path: Path, kind: str):
    file = tmp_path / f"flyer.{kind}"
    made = created(run, "--qr", str(file))
    assert made["pictures"] == [str(file), str(tmp_path / f"flyer-web.{kind}")]
    begin = {"svg": b"<?xml", "png": b"\x89PNG"}[kind]
    assert all(Path(picture).read_bytes().startswith(begin) for picture in made["pictures"])


def test_a_picture_has_a_known_format_and_else_no_invite_is_made(run: Run, deployed: Chats):
    refused = run("invites", "create", "Flyer", "--qr", "flyer.bmp")
    assert (refused.exit_code, "must end with .svg or .png" in refused.output) == (2, True)
    assert list(deployed.store.invites.list()) == []


def test_the_list_says_how_many_came_and_fits_80_columns(run: Run, deployed: Chats):
    made = created(run, "--uses", "2", "--access", "unlimited")
    run("invites", "create", "A very long name of an invite that goes on and on, for the summer", "--days", "1")
    run("invites", "create", "Old", "--uses", "10000", "--daily-limit", "100000")
    run("invites", "revoke", "Old", "--yes")
    comes(deployed, made)
    shown = run("invites", "list").output
    assert max(map(len, shown.splitlines())) <= WIDTH
    [line] = [line for line in shown.splitlines() if "Flyer" in line]
    assert "no daily limit" in line
    assert "1/2" in line
    assert line.rstrip().endswith("open")


def test_an_empty_list_says_how_to_begin(run: Run, deployed: Chats):
    assert run("invites", "list").output.endswith("scripts/parley invites create NAME --stage dev\n")


def test_an_invite_shows_who_came_and_when_by_handles(run: Run, deployed: Chats):
    made = created(run, "--uses", "2")
    comes(deployed, made, ANNA)
    deployed.clock.tick(hours=1)
    comes(deployed, made, BERT)
    lines = run("invites", "show", "Flyer").output.splitlines()
    came = datetime.fromtimestamp(deployed.clock() / 1000, UTC)
    assert "state    used up" in lines
    assert lines[-2].startswith(f"{handle_of(ANNA)}  ")
    assert lines[-1] == f"{handle_of(BERT)}  {came:%Y-%m-%d %H:%M}  {BERT}"
    people = json.loads(run("invites", "show", "Flyer", "--json").output)["people"]
    assert [person["handle"] for person in people] == [handle_of(ANNA), handle_of(BERT)]


def test_who_was_forgotten_is_a_number_only(run: Run, deployed: Chats):
    made = created(run)
    comes(deployed, made)
    deployed.store.people.forget(ANNA, now=deployed.clock())
    shown = run("invites", "show", "Flyer").output
    assert shown.endswith("1 person of whom nothing is stored any more\n")
    assert ANNA not in shown


def test_a_revoked_invite_lets_no_one_in(run: Run, deployed: Chats):
    made = created(run)
    assert "is revoked" in run("invites", "revoke", "Flyer", "--yes").output
    deployed.receive(ANNA)
    redeeming = Redeeming(deployed.store.invites, deployed.store.people, deployed.clock)
    known = deployed.store.people.get(ANNA)
    assert known
    assert redeeming.redeem(code_in(made["links"]["web"]), known).redeemed is rules.Redeemed.NOT_VALID


def test_revoking_is_asked_back(run: Run, deployed: Chats):
    made = created(run)
    assert run("invites", "revoke", "Flyer", answer="n\n").exit_code == 1
    assert stored(deployed, made).revoked_at is None


def test_an_invite_that_there_is_not_is_refused_with_the_list(run: Run, deployed: Chats):
    refused = run("invites", "show", "nosuchinvite")
    assert (refused.exit_code, "invites list" in refused.output) == (3, True)


@pytest.mark.parametrize(
    "options",
    [
        ["--uses", "0"],
        ["--uses", "10001"],
        ["--days", "366"],
        ["--access", "blocked"],
        ["--access", "unlimited", "--daily-limit", "3"],
        ["--persona", "nobody"],
    ],
)
def test_wrong_options_make_no_invite(run: Run, deployed: Chats, options: list[str]):
    assert run("invites", "create", "Flyer", *options).exit_code == 2
    assert list(deployed.store.invites.list()) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb"])
def test_a_name_is_one_short_line(run: Run, deployed: Chats, name: str):
    assert run("invites", "create", name).exit_code == 2
