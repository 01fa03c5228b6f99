import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest

from chalicelib.access import secret_text
from chalicelib.access.owner_session import OwnerSession
from tests.cli.chats import Chats
from tests.cli.conftest import Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BOT = "https://abc123defg.execute-api.eu-central-1.amazonaws.com/dev"


@pytest.fixture(params=[("api-url", BOT), ("webhook-url", f"{BOT}/webhook")], ids=["web chat", "Messenger alone"])
def deployed(client: "DynamoDBClient", request: pytest.FixtureRequest) -> Iterator[None]:
    """The address that a deployment stores."""
    ssm, (name, value) = boto3.client("ssm", region_name=client.meta.region_name), request.param
    ssm.put_parameter(Name=f"/parley/dev/{name}", Value=value, Type="String", Overwrite=True)
    yield
    ssm.delete_parameters(Names=[f"/parley/dev/{name}"])


@pytest.mark.usefixtures("deployed")
def test_the_link_leads_to_the_page_and_works_once(run: Run, chats: Chats):
    done = run("owner", "open")
    [link] = re.findall(rf"^{re.escape(BOT)}/owner/in/([\w-]{{43}})$", done.stdout, re.MULTILINE)
    assert "once, within 5 minutes" in done.stderr
    taken = [chats.store.owner_sessions.take(secret_text.digest(link), now=chats.clock()) for _ in range(2)]
    assert taken == ["", None]


@pytest.mark.usefixtures("deployed")
def test_a_program_gets_the_link_as_json(run: Run):
    document = json.loads(run("owner", "open", "--json").stdout)
    assert document["url"].startswith(f"{BOT}/owner/in/")
    assert document["seconds"] == 300


def test_before_the_bot_is_deployed_there_is_no_link(run: Run):
    done = run("owner", "open")
    assert done.exit_code == 1
    assert "the bot has no address yet: deploy it first" in done.output


def test_all_browsers_are_signed_out_by_one_command(run: Run, chats: Chats):
    for name in "12":
        chats.store.owner_sessions.begin(OwnerSession(name * 64, "", chats.clock(), chats.clock()))
    assert run("owner", "leave").output == "Signed out: 2 browsers.\n"
    assert list(chats.store.owner_sessions.all(now=chats.clock())) == []
    assert run("owner", "leave").output == "Signed out: 0 browsers.\n"
