import re
from decimal import Decimal

import pytest

from chalicelib.errors import ConfigError
from chalicelib.settings.stage import Secret, Settings, SignIn


def test_a_familys_bot_needs_no_settings():
    settings = Settings.from_env({})
    assert (settings.stage.name, settings.stage.table, settings.limits.daily_limit, settings.limits.zone.key) == (
        "dev",
        "parley-dev",
        10,
        "UTC",
    )
    assert (settings.model.name, settings.model.api, settings.model.effort) == ("gpt-6-luna", "responses", "none")
    assert settings.stage.wake == "lambda"
    assert settings.model.base_url == "https://api.openai.com/v1"
    assert (settings.limits.daily_budget, settings.limits.person_share) == (1_000_000, Decimal("0.25"))
    assert settings.messenger.graph_url == "https://graph.facebook.com/v25.0"
    assert settings.messenger.persona == "assistant"


def test_everything_of_a_stage_is_named_after_it():
    settings = Settings.from_env({"PARLEY_STAGE": "prod"})
    assert (
        settings.stage.table,
        settings.stage.worker_function,
        settings.stage.api_function,
        settings.stage.secrets_prefix,
    ) == (
        "parley-prod",
        "parley-prod-worker",
        "parley-prod",
        "/parley/prod",
    )
    assert settings.stage.wake_queue == "parley-prod-wake.fifo"


def test_the_worker_can_be_woken_through_a_queue():
    assert Settings.from_env({"PARLEY_WAKE": "fifo"}).stage.wake == "fifo"


@pytest.mark.parametrize(
    ("workers", "of_a_key"), [({}, 5), ({"PARLEY_WORKERS": "2"}, 1), ({"PARLEY_WORKERS": "99"}, 49)]
)
def test_the_visitors_of_one_key_get_half_of_the_workers_at_most(workers: dict[str, str], of_a_key: int):
    assert Settings.from_env(workers).limits.open_of_a_key == of_a_key


def test_another_server_is_asked_by_chat_and_told_nothing_it_may_not_know():
    settings = Settings.from_env({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"})
    assert (settings.model.api, settings.model.effort) == ("chat", "")


def test_openai_itself_stays_openai_when_its_address_is_given():
    assert Settings.from_env({"OPENAI_BASE_URL": "https://api.openai.com/v1"}).model.api == "responses"


def test_the_wire_format_can_be_chosen():
    chosen = {"OPENAI_BASE_URL": "http://127.0.0.1/v1", "PARLEY_MODEL_API": "responses"}
    assert Settings.from_env(chosen).model.api == "responses"


@pytest.mark.parametrize("contact", ["", "me@example.org", "https://example.org/contact"])
def test_the_owner_may_be_reached_by_mail_by_the_web_or_on_the_page_only(contact: str):
    assert Settings.from_env({"PARLEY_CONTACT": contact}).privacy.contact == contact


@pytest.mark.parametrize(
    "issuer",
    [
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example",
        "https://accounts.example.org/",
        "https://login.example.org:8443/realms/family",
        "http://127.0.0.1:8080/realms/family",
        "http://[::1]:8080",
    ],
)
def test_people_may_sign_in_elsewhere(issuer: str):
    settings = Settings.from_env({"PARLEY_OIDC_ISSUER": issuer, "PARLEY_OIDC_AUDIENCE": "parley-web"})
    assert settings.web.sign_in == SignIn(issuer, "parley-web")


def test_without_an_issuer_there_is_no_sign_in():
    settings = Settings.from_env({"PARLEY_OIDC_ISSUER": "", "PARLEY_OIDC_AUDIENCE": ""})
    assert settings.web.sign_in is None
    assert settings == Settings.from_env({})


@pytest.mark.parametrize(
    "half", [{"PARLEY_OIDC_ISSUER": "https://accounts.example.org"}, {"PARLEY_OIDC_AUDIENCE": "parley-web"}]
)
def test_an_issuer_and_an_audience_belong_together(half: dict[str, str]):
    with pytest.raises(ConfigError, match=r"PARLEY_OIDC_ISSUER and PARLEY_OIDC_AUDIENCE .* set both, or none"):
        Settings.from_env(half)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("", "api.openai.com"),
        ("http://127.0.0.1:11434/v1", "127.0.0.1"),
        ("https://Llm.Example.org/v1", "llm.example.org"),
    ],
)
def test_people_can_be_told_who_gets_their_words(url: str, host: str):
    assert Settings.from_env({"OPENAI_BASE_URL": url}).model.host == host


@pytest.mark.parametrize(
    ("usd", "micro_usd"), [("2", 2_000_000), ("0.50", 500_000), ("0", 0), ("0.000001", 1), ("19.99", 19_990_000)]
)
def test_the_budget_is_exact_to_a_millionth_of_a_dollar(usd: str, micro_usd: int):
    assert Settings.from_env({"PARLEY_DAILY_BUDGET_USD": usd}).limits.daily_budget == micro_usd


@pytest.mark.parametrize("share", ["0.25", "0.01", "0.3333", "1", "1.0"])
def test_a_persons_share_of_the_budget_is_a_part_of_one(share: str):
    assert Settings.from_env({"PARLEY_PERSON_BUDGET_SHARE": share}).limits.person_share == Decimal(share)


@pytest.mark.parametrize(
    ("base_url", "asks_openai"),
    [
        ("", True),
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("http://127.0.0.1:11434/v1", False),
        ("https://api.openai.com.example.org/v1", False),
        ("https://notapi.openai.com/v1", False),
    ],
)
def test_it_is_known_who_sends_a_bill(base_url: str, *, asks_openai: bool):
    assert Settings.from_env({"OPENAI_BASE_URL": base_url}).model.is_openai is asks_openai


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("PARLEY_TIMEZONE", "Berlin", "Europe/Berlin"),
        ("PARLEY_TIMEZONE", "../etc/passwd", "Europe/Berlin"),
        ("PARLEY_DAILY_LIMIT", "ten", "a whole number"),
        ("PARLEY_DAILY_LIMIT", "-1", "a whole number"),
        *[
            ("PARLEY_DAILY_BUDGET_USD", value, "an amount such as 1 or 0.50")
            for value in ("", "one", "-1", "1,50", "1e3", "NaN", "0.0000001", "$1", "1 ", "\u0661")
        ],
        *[
            ("PARLEY_PERSON_BUDGET_SHARE", value, "a share such as 0.25, from 0.01 to 1")
            for value in (
                "",
                "0",
                "0.0",
                "0.001",
                "0.00999",
                "1.1",
                "2",
                "25%",
                "-0.25",
                ".25",
                "0,25",
                "1/4",
                "NaN",
                "1e-1",
            )
        ],
        *[("PARLEY_ANSWER_SECONDS", value, "10 to 630") for value in ("", "9", "631", "1e2", "80.5", "-80", "0080")],
        *[("PARLEY_JOIN_MESSAGES", value, "on or off") for value in ("", "yes", "On", "1")],
        *[("PARLEY_OWNER_SEES_WORDS", value, "on or off") for value in ("", "yes", "On", "1")],
        *[("PARLEY_MEMORY_TOKENS", value, "500 to 16000") for value in ("", "499", "16001", "3e3", "-3000", "3,000")],
        *[
            ("PARLEY_PERSONAS_OFFERED", value, "up to 10 different names such as assistant,santa")
            for value in (",", "santa,", "santa,santa", "santa web", "../santa", "a,b,c,d,e,f,g,h,i,j,k")
        ],
        *[("PARLEY_WORKERS", value, "2 to 1000") for value in ("", "1", "1001", "-3", "ten", "10000")],
        *[
            ("PARLEY_OPEN_KEY", value, "the id of a key")
            for value in ("shop", "SHOPSHOPSH", "parley_shopshopsh_x", "*")
        ],
        *[("PARLEY_KEEP_DAYS", value, "0 to 30") for value in ("", "31", "-1", "ten", "1.5", "007")],
        *[
            ("PARLEY_LOOK_UP_HOSTS", value, "the name of a host such as ideas.example.org")
            for value in (
                "https://ideas.example.org",
                "ideas.example.org/x",
                "ideas.example.org:8080",
                "localhost",
                "10.0.0.1",
                "[::1]",
                "*.example.org",
                "ideas.example.org.",
                "a b.example.org",
                "-a.example.org",
            )
        ],
        ("PARLEY_MODEL_API", "assistants", "auto, responses or chat"),
        ("PARLEY_WAKE", "sqs", "lambda or fifo"),
        ("PARLEY_CONTACT", "me", "an e-mail address or begin with https://"),
        ("PARLEY_CONTACT", "javascript:alert(1)//@x", "an e-mail address"),
        ("PARLEY_CONTACT", "http://example.org", "an e-mail address"),
        ("PARLEY_CONTACT", "me@example.org and you@example.org", "an e-mail address"),
        *[
            ("PARLEY_OIDC_ISSUER", value, "an https:// address")
            for value in (
                "accounts.example.org",
                "http://accounts.example.org",
                "http://10.0.0.1:8080",
                "http://127.0.0.1.example.org",
                "https://",
                "https://[::1",
                "https://accounts.example.org/?tenant=1",
                "https://accounts.example.org#1",
                "https://user:password@accounts.example.org",
                "https://accounts.example.org https://example.org",
                "ftp://127.0.0.1",
            )
        ],
    ],
)
def test_an_invalid_setting_is_named_with_its_remedy(name: str, value: str, cure: str):
    with pytest.raises(ConfigError) as caught:
        Settings.from_env({name: value})
    assert name in str(caught.value)
    assert value in str(caught.value)
    assert cure in str(caught.value)


def test_all_that_cannot_be_used_is_named_at_once_a_line_each():
    wrong = {
        "PARLEY_WAKE": "sqs",
        "PARLEY_DAILY_LIMIT": "ten",
        "PARLEY_TIMEZONE": "Berlin",
        "PARLEY_MODEL_API": "assistants",
        "PARLEY_OIDC_AUDIENCE": "parley-web",
        "PARLEY_CONTACT": "me",
    }
    with pytest.raises(ConfigError) as caught:
        Settings.from_env({**wrong, "PARLEY_DAILY_BUDGET_USD": "2"})
    lines = str(caught.value).splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(
        {*wrong, "PARLEY_OIDC_ISSUER"} - {"PARLEY_OIDC_AUDIENCE"}
    )


def test_the_names_of_the_stored_parameters_stay_as_owners_typed_them():
    assert set(Secret) == {
        "app-id",
        "app-secret",
        "app-secret-previous",
        "page-token",
        "openai-key",
        "verify-token",
        "ticket-key",
        "pseudonym-key",
        "mcp-tokens",
        "page-id",
        "api-url",
        "webhook-url",
        "websocket-url",
        "first-issuer",
        "topic-arn",
    }


@pytest.mark.parametrize(
    ("value", "hosts"),
    [("", set()), ("Ideas.Example.org", {"ideas.example.org"}), (" a.de , b.co.uk,,", {"a.de", "b.co.uk"})],
)
def test_hosts_that_may_be_read_have_commas_between_them(value: str, hosts: set[str]):
    assert Settings.from_env({"PARLEY_LOOK_UP_HOSTS": value}).tools.look_up_hosts == hosts


@pytest.mark.parametrize(
    ("value", "cure"),
    [
        ("good.example.org, user@example.org", 'has "user@example.org"; each part'),
        (",".join(f"h{number}.example.org" for number in range(21)), "has 21 hosts; it may have 20"),
    ],
)
def test_of_several_hosts_the_wrong_one_is_named(value: str, cure: str):
    with pytest.raises(ConfigError, match=re.escape(cure)):
        Settings.from_env({"PARLEY_LOOK_UP_HOSTS": value})


@pytest.mark.parametrize(
    ("value", "servers"),
    [
        ("", {}),
        (" , ", {}),
        ("ideas=https://mcp.example.org/mcp", {"ideas": "https://mcp.example.org/mcp"}),
        ("a=https://a.example, b2=http://127.0.0.1:8/x", {"a": "https://a.example", "b2": "http://127.0.0.1:8/x"}),
    ],
)
def test_mcp_servers_are_names_and_addresses(value: str, servers: dict[str, str]):
    assert Settings.from_env({"PARLEY_MCP_SERVERS": value}).tools.mcp_servers == servers


@pytest.mark.parametrize(
    "value",
    [
        "https://mcp.example.org",
        "ideas=http://mcp.example.org",
        "Ideas=https://mcp.example.org",
        "a__b=https://mcp.example.org",
        "ideas=https://me:secret@mcp.example.org",
        ",".join(f"a{number}=https://mcp.example.org" for number in range(6)),
    ],
)
def test_an_mcp_server_that_is_none_is_refused_without_repeating_what_may_be_secret(value: str):
    with pytest.raises(ConfigError, match="PARLEY_MCP_SERVERS") as refused:
        Settings.from_env({"PARLEY_MCP_SERVERS": value})
    assert "secret" not in str(refused.value)
