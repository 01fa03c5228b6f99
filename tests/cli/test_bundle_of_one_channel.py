"""What a pipeline gets for a stage with one channel: templates, variables, policies and commands without the other."""

import re
from pathlib import Path

import pytest
from cfnlint.api import lint_file

from tests.cli.test_bundle import Bundle, absent, copied, made


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("bundles") / "project")


@pytest.fixture(scope="module")
def web(project: Path) -> Bundle:
    return made(project, "web", "fifo", "web")


@pytest.fixture(scope="module")
def messenger(project: Path) -> Bundle:
    return made(project, "messenger", "fifo", "messenger")


@pytest.mark.full
def test_cloudformation_would_accept_the_templates(web: Bundle, messenger: Bundle):
    templates = [one.folder / "app.json" for one in (web, messenger)]
    assert [str(problem) for template in templates for problem in lint_file(template)] == []


def test_no_template_refers_to_what_the_absent_channel_would_have(web: Bundle, messenger: Bundle):
    assert [absent(one.app) for one in (web, messenger)] == [set(), set()]


def words(pattern: str, *files: Path) -> set[str]:
    return {word.lower() for file in files for word in re.findall(pattern, file.read_text(), re.IGNORECASE)}


def test_the_web_chat_alone_names_nothing_of_facebooks(web: Bundle):
    files = (web.folder / "app.json", web.folder / "README.md")
    assert words("facebook|messenger|webhook|page-token|app-secret|app_id|verify-token", *files) == set()
    assert "Channels=web" in web.readme
    assert {"ApiUrl", "WebsocketUrl", "WebsocketMessage"} <= web.app["Resources"].keys()
    puts = re.findall(r"--name /parley/prod/(\S+)", web.readme)
    assert puts == ["openai-key", "ticket-key", "pseudonym-key"]


def test_messenger_alone_has_no_websockets_and_no_chat_page(messenger: Bundle):
    resources = messenger.app["Resources"]
    assert [name for name in resources if "ebsocket" in name or name == "ApiUrl"] == []
    assert words("execute-api:ManageConnections|websocket_|ticket-key|/chat", messenger.folder / "app.json") == set()
    assert "Channels=messenger" in messenger.readme
    assert "WebhookUrl" in resources
    assert messenger.readme.count("subscribe the app and the page, write the page's menu, and check everything") == 1
