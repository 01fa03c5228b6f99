"""The values that only the owner has: what is taken, what is refused, what is written, and that none of it is shown."""

import re
import string
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.errors import ConfigError
from chalicelib.ids import Channels
from chalicelib.settings.stage import Secret
from scripts.deploy import secrets
from scripts.deploy.secrets import KINDS, Kind, Vault, check
from tests.channels import ALL, BEDROCK, BOTH, MESSENGER, OPENAI, WEB
from tests.deploy.conftest import Account

OF = {kind.name: kind for kind in KINDS}
GIVEN = {
    "app-id": "900800700600500",
    "app-secret": "0123456789abcdef0123456789abcdef",
    "page-token": "EAAG" + "aB3" * 60,
    "openai-key": "sk-proj-" + "aB3_-" * 30,
}
OTHER_SECRET = "f" * 32
MADE_UP: dict[str, str] = {
    Secret.VERIFY_TOKEN: "kept",
    Secret.TICKET_KEY: "kept",
    Secret.PSEUDONYM_KEY: "kept",
}
SPACE = " \t\n\r\u00a0"

missing = partial(secrets.missing, BOTH, [OPENAI])
to_store = partial(secrets.to_store, BOTH)

hex_digits = st.text("0123456789abcdef")
words = st.text(string.ascii_letters + string.digits + "_-")
kinds = st.sampled_from(KINDS)


def refusal(kind: Kind, value: str) -> str:
    with pytest.raises(ConfigError) as caught:
        check(kind, value)
    return str(caught.value)


def given_by(tmp_path: Path, text: str, **env: str) -> dict[str, str]:
    file = tmp_path / "secrets.toml"
    file.write_text(text)
    return secrets.given(BOTH, [OPENAI], env, file)


def no_file(text: str, tmp_path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        given_by(tmp_path, text)
    return str(caught.value)


# -- what they look like -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GIVEN)
def test_values_from_meta_and_openai_are_accepted(name: str):
    assert check(OF[name], GIVEN[name]) == GIVEN[name]


def test_a_server_without_keys_needs_none():
    assert check(OF["openai-key"], "none") == "none"


@given(kind=kinds, before=st.text(SPACE), after=st.text(SPACE))
def test_blanks_that_were_pasted_with_a_value_are_taken_off(kind: Kind, before: str, after: str):
    assert check(kind, before + GIVEN[kind.name] + after) == GIVEN[kind.name]


@given(kind=kinds, blank=st.text(SPACE))
def test_nothing_is_no_value(kind: Kind, blank: str):
    refusal(kind, blank)


@given(kind=kinds, at=st.integers(1, 4), blank=st.sampled_from(SPACE))
def test_a_blank_within_a_value_is_refused(kind: Kind, at: int, blank: str):
    refusal(kind, GIVEN[kind.name][:at] + blank + GIVEN[kind.name][at:])


@given(secret=hex_digits)
def test_an_app_secret_has_32_digits_and_no_other_number(secret: str):
    assume(len(secret) != 32)
    refusal(OF["app-secret"], secret)


@given(digits=st.text(string.digits, max_size=40))
def test_an_app_id_is_a_number_of_sensible_length(digits: str):
    if 5 <= len(digits) <= 20:
        assert check(OF["app-id"], digits) == digits
    else:
        refusal(OF["app-id"], digits)


@given(short=st.text(string.ascii_letters + string.digits, max_size=19))
def test_a_page_token_that_was_cut_off_is_refused(short: str):
    refusal(OF["page-token"], short)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("app-id", "9008007006005oo"),
        ("app-id", "٩٠٠٨٠٠٧٠٠"),
        ("app-secret", GIVEN["app-secret"].upper()),
        ("app-secret", GIVEN["page-token"]),
        ("page-token", f"{GIVEN['app-id']}|{GIVEN['app-secret']}"),
        ("page-token", GIVEN["page-token"] + "…"),
        ("openai-key", "•" * 20),
        ("openai-key", "sk-proj…abc"),
    ],
)
def test_confused_or_shortened_values_are_refused(name: str, value: str):
    refusal(OF[name], value)


@given(kind=kinds, value=st.text(min_size=8))
def test_a_refusal_says_what_is_wanted_and_never_what_was_given(kind: Kind, value: str):
    assume(not re.fullmatch(kind.pattern, value.strip()))
    assert refusal(kind, value) == f"that is no {kind.label}: it must be {kind.looks_like}"


# -- where they come from ----------------------------------------------------------------------------------------------


def test_without_a_file_the_environment_is_asked_alone():
    env = {kind.variable: GIVEN[kind.name] for kind in KINDS}
    assert secrets.given(BOTH, [OPENAI], env, None) == GIVEN
    assert secrets.given(BOTH, [OPENAI], {}, None) == {}


def test_an_empty_variable_is_as_none():
    assert secrets.given(BOTH, [OPENAI], {"OPENAI_API_KEY": ""}, None) == {}


def test_a_variable_that_cannot_be_meant_is_refused():
    with pytest.raises(ConfigError, match="that is no App secret"):
        secrets.given(BOTH, [OPENAI], {"PARLEY_APP_SECRET": "secret"}, None)


def test_a_file_may_bring_all_of_them(tmp_path: Path):
    lines = "\n".join(f'{name} = "{value}"' for name, value in GIVEN.items())
    assert given_by(tmp_path, lines) == GIVEN
    assert given_by(tmp_path, "\ufeff" + lines) == GIVEN


def test_the_environment_wins_over_the_file(tmp_path: Path):
    both = given_by(tmp_path, 'openai-key = "sk-file"\napp-id = "12345"', OPENAI_API_KEY="sk-environment")
    assert both == {"openai-key": "sk-environment", "app-id": "12345"}


def test_a_number_needs_no_quotes(tmp_path: Path):
    assert given_by(tmp_path, "app-id = 900800700600500") == {"app-id": "900800700600500"}


def test_blanks_around_a_value_are_not_stored(tmp_path: Path):
    assert given_by(tmp_path, 'app-id = " 12345 "', OPENAI_API_KEY="sk-key\n") == {
        "app-id": "12345",
        "openai-key": "sk-key",
    }


def test_a_name_that_is_none_of_ours_is_told_with_those_that_are(tmp_path: Path):
    said = no_file('page_token = "EAAG"\nzone = "UTC"', tmp_path)
    assert said == (
        f"{tmp_path / 'secrets.toml'}: unknown page_token, zone; known are app-id, app-secret, page-token, openai-key"
    )


@pytest.mark.parametrize("value", ["true", '["sk-secret"]', '{ key = "sk-secret" }', "1.5", "2026-11-21"])
def test_a_value_that_is_no_text_is_refused_without_being_shown(value: str, tmp_path: Path):
    said = no_file(f"openai-key = {value}", tmp_path)
    assert said == f'{tmp_path / "secrets.toml"}: openai-key must be text in quotes, such as page-token = "..."'


@pytest.mark.parametrize("text", ["sk-secret", "openai-key = sk-secret", 'openai-key = "sk-secret', "openai-key: x"])
def test_a_file_that_is_no_toml_is_told_without_its_words(text: str, tmp_path: Path):
    said = no_file(text, tmp_path)
    assert said == f'{tmp_path / "secrets.toml"} is no TOML: lines must look like page-token = "..."'


def test_a_file_of_other_bytes_is_no_toml_either(tmp_path: Path):
    file = tmp_path / "secrets.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is no TOML"):
        secrets.given(BOTH, [OPENAI], {}, file)


def test_a_file_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path):
    for file, reason in ((tmp_path / "none.toml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigError) as caught:
            secrets.given(BOTH, [OPENAI], {}, file)
        assert str(caught.value) == f"{file} cannot be read: {reason}"


def test_missing_secrets_are_asked_for_in_the_guides_order():
    assert [kind.name for kind in missing({})] == ["app-id", "app-secret", "page-token", "openai-key"]
    assert [kind.name for kind in missing({"app-secret": "x", Secret.VERIFY_TOKEN: "y"})] == [
        "app-id",
        "page-token",
        "openai-key",
    ]


@pytest.mark.parametrize(
    ("channels", "asked", "made_up"),
    [
        (BOTH, GIVEN.keys(), MADE_UP.keys()),
        (MESSENGER, GIVEN.keys(), {Secret.VERIFY_TOKEN, Secret.PSEUDONYM_KEY}),
        (WEB, {"openai-key"}, {Secret.TICKET_KEY, Secret.PSEUDONYM_KEY}),
    ],
    ids=["both", "messenger", "web"],
)
def test_a_channel_that_is_off_needs_nothing_and_takes_nothing(
    channels: Channels, asked: set[str], made_up: set[str], tmp_path: Path
):
    (file := tmp_path / "all.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in GIVEN.items()))
    variables = {kind.variable: GIVEN[kind.name] for kind in KINDS}
    assert {kind.name for kind in secrets.missing(channels, [OPENAI], {})} == set(asked)
    for found in (secrets.given(channels, [OPENAI], variables, None), secrets.given(channels, [OPENAI], {}, file)):
        assert found.keys() == set(asked)
        assert secrets.to_store(channels, found, {}).keys() == {*asked, *made_up}


def test_messenger_is_added_to_a_web_chat_without_changing_what_that_has():
    stored = secrets.to_store(WEB, {"openai-key": GIVEN["openai-key"]}, {})
    assert [kind.name for kind in missing(stored)] == ["app-id", "app-secret", "page-token"]
    assert to_store(GIVEN, stored).keys() == {"app-id", "app-secret", "page-token", Secret.VERIFY_TOKEN}


# -- what is written ---------------------------------------------------------------------------------------------------


def token(size: int) -> str:
    return f"generated-{size}"


def test_at_first_everything_is_written_with_what_is_made_up():
    made_up: dict[str, str] = {
        Secret.VERIFY_TOKEN: "generated-24",
        Secret.TICKET_KEY: "generated-32",
        Secret.PSEUDONYM_KEY: "generated-32",
    }
    assert to_store(GIVEN, {}, token=token) == {**GIVEN, **made_up}


@pytest.mark.parametrize(
    ("name", "length"), [(Secret.VERIFY_TOKEN, 32), (Secret.TICKET_KEY, 43), (Secret.PSEUDONYM_KEY, 43)]
)
def test_generated_secrets_are_long_and_differ(name: str, length: int):
    first, second = (to_store({}, {})[name] for _ in range(2))
    assert first != second
    assert len(first) == len(second) == length


def test_a_stored_secret_is_not_written_again():
    assert to_store(GIVEN, {**GIVEN, **MADE_UP}, token=token) == {}


@pytest.mark.parametrize("name", MADE_UP)
def test_a_stage_of_an_earlier_version_gets_what_it_lacks_and_keeps_the_rest(name: str):
    stored = {**GIVEN, **MADE_UP}
    del stored[name]
    assert to_store({}, stored, token=token).keys() == {name}


def test_a_new_page_token_is_all_that_is_written():
    new = {**GIVEN, "page-token": "EAAnew" * 10}
    assert to_store(new, {**GIVEN, **MADE_UP}, token=token) == {"page-token": "EAAnew" * 10}


def test_a_new_app_secret_keeps_the_old_one_beside_it():
    stored = {**GIVEN, **MADE_UP}
    written = to_store({"app-secret": OTHER_SECRET}, stored, token=token)
    assert written == {"app-secret": OTHER_SECRET, Secret.APP_SECRET_PREVIOUS: GIVEN["app-secret"]}


values = st.sampled_from(["one", "two"])
stored_before = st.dictionaries(st.sampled_from([*OF, *MADE_UP, Secret.APP_SECRET_PREVIOUS]), values)


@given(new=st.dictionaries(st.sampled_from(sorted(OF)), values), stored=stored_before, broken_off=st.integers(0, 8))
def test_an_interrupted_run_that_is_repeated_has_the_same_result(
    new: Mapping[str, str], stored: Mapping[str, str], broken_off: int
):
    written = to_store(new, stored, token=token)
    half = {**stored, **dict(list(written.items())[:broken_off])}
    again = {**half, **to_store(new, half, token=token)}
    assert again == {**stored, **written}
    assert to_store(new, again, token=token) == {}


# -- where they are kept -----------------------------------------------------------------------------------------------


def test_a_secret_is_stored_encrypted_and_can_be_replaced(account: Account):
    ssm = account.client("ssm")
    vault = Vault(ssm, "/parley/prod")
    assert vault.stored() == {}
    vault.put({**GIVEN, Secret.APP_SECRET_PREVIOUS: OTHER_SECRET, **MADE_UP})
    vault.put({"app-secret": OTHER_SECRET})
    assert vault.stored() == {**GIVEN, "app-secret": OTHER_SECRET, Secret.APP_SECRET_PREVIOUS: OTHER_SECRET, **MADE_UP}
    assert {one["Type"] for one in ssm.describe_parameters()["Parameters"]} == {"SecureString"}


@pytest.mark.parametrize("name", MADE_UP)
def test_of_two_deployments_at_once_the_second_keeps_what_the_first_has_generated(account: Account, name: str):
    vault = Vault(account.client("ssm"), "/parley/prod")
    for value in ("first", "second"):
        vault.put({name: value, "openai-key": value})
    assert vault.stored() == {name: "first", "openai-key": "second"}


def test_other_parameters_beside_the_secrets_are_not_secrets(account: Account):
    account.client("ssm").put_parameter(Name="/parley/prod/webhook-url", Value="https://x", Type="String")
    assert Vault(account.client("ssm"), "/parley/prod").stored() == {}


def test_more_than_ten_are_deleted_and_another_stages_stay(account: Account):
    ssm = account.client("ssm")
    Vault(ssm, "/parley/prod").put({f"name-{number}": "value" for number in range(25)})
    Vault(ssm, "/parley/prod2").put(GIVEN)
    Vault(ssm, "/parley/prod").delete()
    left = ssm.get_parameters_by_path(Path="/parley", Recursive=True)["Parameters"]
    assert {one["Name"] for one in left} == {f"/parley/prod2/{name}" for name in GIVEN}


def test_nothing_to_delete_is_no_error(account: Account):
    Vault(account.client("ssm"), "/parley/prod").delete()


def test_notes_are_stored_beside_the_secrets_and_deleted_with_them(account: Account):
    vault = Vault(account.client("ssm"), "/parley/prod")
    assert vault.noted("websocket-url") == ""
    for url in ("wss://old.example", "wss://new.example"):
        vault.note("websocket-url", url)
    assert (vault.noted("websocket-url"), vault.stored()) == ("wss://new.example", {})
    vault.delete()
    assert vault.noted("websocket-url") == ""


@pytest.mark.parametrize("channels", ALL, ids=str)
def test_with_a_model_of_bedrock_no_key_of_openais_is_asked_for_or_taken(channels: Channels):
    assert Secret.OPENAI_KEY not in {kind.name for kind in secrets.missing(channels, [BEDROCK], {})}
    assert Secret.OPENAI_KEY not in secrets.given(channels, [BEDROCK], {"OPENAI_API_KEY": "sk-key"}, None)
    for models in ([OPENAI], [BEDROCK, OPENAI]):
        assert Secret.OPENAI_KEY in {kind.name for kind in secrets.missing(channels, models, {})}
