"""The contract of `access.ports.IdTokens`: of the fake, and over HTTP with an issuer that publishes its keys."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.access.oidc import OidcTokens
from chalicelib.access.ports import IdTokens
from chalicelib.errors import InvalidToken, IssuerUnavailable
from chalicelib.operations.sign_in import sign_in as check_of_sign_in
from tests.fakes.id_tokens import FakeIdTokens
from tests.issuer import AUDIENCE, Issuer, Patient, issuing, rsa_key

DISCOVERY = "/.well-known/openid-configuration"
ACCESS: dict[str, Any] = {
    "token_use": "access",
    "client_id": AUDIENCE,
    "aud": None,
    "username": "anna",
    "scope": "openid",
}
"""What makes an access token of the ID token's claims."""
NOT_ACCESS: list[tuple[dict[str, Any], str]] = [
    ({"client_id": "another-app"}, "another client"),
    ({"client_id": None}, "another client"),
    ({"client_id": [AUDIENCE]}, "another client"),
    ({"aud": "https://api.example.org"}, "another service"),
    ({"aud": [AUDIENCE, "https://api.example.org"]}, "another service"),
    ({"iss": "https://accounts.example.org"}, "another issuer"),
    ({"sub": AUDIENCE}, "no person"),
    ({"username": None}, "no person"),
    ({"username": ""}, "no person"),
    ({"sub": AUDIENCE, "username": None}, "no person"),
    ({"sub": None}, "lacks one"),
]
"""What is wrong with other access tokens; programs that sign in by themselves have no username."""


def rs256(claims: dict[str, Any], *, name: str = "one", **header: Any) -> str:
    """A token with a valid signature and any content."""
    signed = f"{b64({'alg': 'RS256', 'typ': 'JWT', **header})}.{b64(claims)}"
    key = rsa_key(name, 1024) if name == "short" else rsa_key(name)
    return f"{signed}.{b64(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class SignIn:
    """An issuer, and the bot that trusts it."""

    issuer: Issuer
    clock: Clock = field(default_factory=Clock)
    adapter: Patient = field(default_factory=Patient)
    tokens: OidcTokens = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = OidcTokens(self.issuer.url, AUDIENCE, session=self.session, monotonic=self.clock)

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.mount("http://", self.adapter)
        return session

    def refused(self, token: str) -> str:
        with pytest.raises(InvalidToken) as caught:
            self.tokens.subject(token)
        assert not {part for part in token.split(".") if len(part) > 8 and part in str(caught.value)}
        return str(caught.value)

    def out_of_reach(self, token: str = "") -> str:
        with pytest.raises(IssuerUnavailable) as caught:
            self.tokens.subject(token or self.issuer.token())
        return str(caught.value)


@pytest.fixture
def sign_in() -> Iterator[SignIn]:
    with issuing() as issuer:
        yield SignIn(issuer)


@dataclass
class AnyTokens:
    """What the fake and the real one have in common."""

    tokens: IdTokens
    token_of: Callable[[str], str]
    break_down: Callable[[], None]


@pytest.fixture(params=["fake", "http"])
def either(request: pytest.FixtureRequest) -> AnyTokens:
    if request.param == "http":
        sign_in: SignIn = request.getfixturevalue("sign_in")
        return AnyTokens(
            sign_in.tokens, sign_in.issuer.token, lambda: sign_in.issuer.answers.update({DISCOVERY: (503, b"")})
        )
    fake = FakeIdTokens({"annas": "anna", "bobs": "bob"})

    def break_down() -> None:
        fake.out_of_reach = True

    return AnyTokens(fake, lambda name: f"{name}s", break_down)


def test_a_token_says_whom_it_is_about(either: AnyTokens):
    assert either.tokens.subject(either.token_of("anna")) == "anna"
    assert either.tokens.subject(either.token_of("bob")) == "bob"


def test_an_unsigned_token_is_refused(either: AnyTokens):
    with pytest.raises(InvalidToken):
        either.tokens.subject("anna")


def test_nothing_is_known_of_a_token_while_its_issuer_is_down(either: AnyTokens):
    either.break_down()
    with pytest.raises(IssuerUnavailable):
        either.tokens.subject(either.token_of("anna"))


@dataclass(frozen=True)
class FromNow:
    """A claim's moment, counted from when the test runs: the tests are collected long before."""

    seconds: int

    def moment(self) -> int:
        return int(time.time()) + self.seconds


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://accounts.example.org"}, "another issuer"),
        ({"aud": "another-app"}, "another client"),
        ({"aud": ["another-app"]}, "another client"),
        ({"aud": [AUDIENCE, "another-app"]}, "other clients as well"),
        ({"aud": {AUDIENCE: 1}}, "another client"),
        ({"exp": FromNow(-60)}, "expired"),
        ({"nbf": FromNow(300)}, "not valid yet"),
        ({"iat": FromNow(300)}, "not valid yet"),
        *[({name: None}, "lacks one") for name in ("sub", "iss", "aud", "iat", "exp")],
        ({"sub": ""}, "sub is empty"),
        ({"sub": 7}, "cannot be read"),
        ({"exp": "tomorrow"}, "cannot be read"),
        ({"exp": float("nan")}, "cannot be read"),
        ({"iat": float("inf")}, "cannot be read"),
        ({"token_use": "refresh"}, "not an ID token"),
        ({"token_use": ""}, "not an ID token"),
        ({"sub": AUDIENCE}, "no person"),
        *[(ACCESS | claims, why) for claims, why in NOT_ACCESS],
        ({"token_use": ["id"]}, "not an ID token"),
    ],
)
def test_a_token_that_is_not_for_us_now_is_refused_with_the_reason(sign_in: SignIn, claims: dict[str, Any], why: str):
    claims = {name: value.moment() if isinstance(value, FromNow) else value for name, value in claims.items()}
    # PyJWT signs no claims that it could not verify, so they are signed as bytes.
    usual = sign_in.issuer.claims(**claims) | {name: value for name, value in claims.items() if value is not None}
    assert why in sign_in.refused(rs256(usual, kid="one"))


def test_an_access_token_as_cognito_signs_it_says_the_same_as_the_id_token(sign_in: SignIn):
    assert sign_in.tokens.subject(sign_in.issuer.token(**ACCESS)) == "anna"
    assert sign_in.tokens.subject(sign_in.issuer.token()) == "anna"


def test_clocks_may_differ_by_a_little(sign_in: SignIn):
    now = int(time.time())
    assert sign_in.tokens.subject(sign_in.issuer.token(exp=now - 5, iat=now + 5, nbf=now + 5)) == "anna"


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE]])
def test_an_issuer_that_names_no_use_or_a_list_of_one_audience_is_understood(sign_in: SignIn, audience: Any):
    assert sign_in.tokens.subject(sign_in.issuer.token(token_use=None, aud=audience)) == "anna"


@pytest.mark.parametrize("kind", ["at+jwt", "logout+jwt", "application/at+jwt", 7])
def test_another_kind_of_token_is_refused(sign_in: SignIn, kind: Any):
    assert "not an ID token" in sign_in.refused(rs256(sign_in.issuer.claims(), kid="one", typ=kind))


def test_a_forged_signature_is_seen(sign_in: SignIn):
    forged = sign_in.issuer.signed(sign_in.issuer.claims(), headers={"kid": "one"}, name="a stranger's")
    assert "not signed by its issuer" in sign_in.refused(forged)
    header, _, signature = sign_in.issuer.token("anna").split(".")
    assert "not signed by its issuer" in sign_in.refused(f"{header}.{b64(sign_in.issuer.claims('bob'))}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None])
def test_a_token_that_claims_to_need_no_signature_is_refused(sign_in: SignIn, algorithm: str | None):
    for signature in ("", "AAAA", sign_in.issuer.token().rpartition(".")[2]):
        header = {"alg": algorithm, "kid": "one", "typ": "JWT"}
        sign_in.refused(f"{b64(header)}.{b64(sign_in.issuer.claims())}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["PEM", "PKCS1", "DER", "n"])
def test_the_issuers_public_key_is_no_secret_to_sign_with(sign_in: SignIn, algorithm: str, form: str):
    key = rsa_key("one").public_key()
    info, pkcs1 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1
    secret = {
        "PEM": key.public_bytes(serialization.Encoding.PEM, info),
        "PKCS1": key.public_bytes(serialization.Encoding.PEM, pkcs1),
        "DER": key.public_bytes(serialization.Encoding.DER, info),
        "n": sign_in.issuer.jwks["keys"][0]["n"].encode(),
    }[form]
    signed = f"{b64({'alg': algorithm, 'kid': 'one', 'typ': 'JWT'})}.{b64(sign_in.issuer.claims())}"
    digest = hmac.digest(secret, signed.encode(), getattr(hashlib, f"sha{algorithm[2:]}"))
    assert "not signed with RS256" in sign_in.refused(f"{signed}.{b64(digest)}")


def test_a_secret_that_the_issuer_publishes_by_mistake_signs_nothing(sign_in: SignIn):
    published = {"kty": "oct", "kid": "shared", "k": b64(b"s" * 32), "use": "sig", "alg": "HS256"}
    sign_in.issuer.answers["/keys"] = (200, json.dumps({"keys": [published, *sign_in.issuer.jwks["keys"]]}).encode())
    signed = f"{b64({'alg': 'HS256', 'kid': 'shared', 'typ': 'JWT'})}.{b64(sign_in.issuer.claims())}"
    sign_in.refused(f"{signed}.{b64(hmac.digest(b's' * 32, signed.encode(), 'sha256'))}")
    assert sign_in.tokens.subject(sign_in.issuer.token()) == "anna"


def test_keys_for_other_purposes_or_algorithms_sign_nothing(sign_in: SignIn):
    curve = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    ours = sign_in.issuer.jwks["keys"][0]
    others = [
        {**ours, "kid": "for encryption", "use": "enc"},
        {**ours, "kid": "of another kind", "alg": "RS512"},
        {**ours, "kid": "unknown", "alg": "RSA-OAEP"},
        {"kty": "EC", "crv": "P-256", "kid": "curve", "x": b64(curve.x.to_bytes(32)), "y": b64(curve.y.to_bytes(32))},
        {"kty": "RSA", "kid": "broken"},
        "no key at all",
    ]
    sign_in.issuer.answers["/keys"] = (200, json.dumps({"keys": [*others, ours]}).encode())
    assert sign_in.tokens.subject(sign_in.issuer.token()) == "anna"
    for kid in ("for encryption", "of another kind", "unknown", "curve", "broken"):
        assert "does not publish" in sign_in.refused(rs256(sign_in.issuer.claims(), kid=kid))


def test_a_key_that_is_too_short_to_be_safe_is_not_trusted(sign_in: SignIn):
    sign_in.issuer.keys["short"] = rsa_key("short", 1024)
    assert "too short" in sign_in.refused(rs256(sign_in.issuer.claims(), kid="short", name="short"))


def test_a_key_that_a_token_brings_along_or_points_to_is_not_looked_at(sign_in: SignIn):
    with issuing() as stranger:
        stranger.keys = {"theirs": rsa_key("theirs")}
        brought = {"jku": f"{stranger.url}/keys", "x5u": f"{stranger.url}/keys", "jwk": stranger.jwks["keys"][0]}
        for kid in ("theirs", "one"):
            sign_in.refused(
                sign_in.issuer.signed(sign_in.issuer.claims(), headers={"kid": kid, **brought}, name="theirs")
            )
        assert stranger.asked == []


def test_a_token_without_a_keys_name_is_refused_without_asking_anybody(sign_in: SignIn):
    assert "does not name the key" in sign_in.refused(sign_in.issuer.token(kid=None))
    assert sign_in.issuer.asked == []


def test_a_huge_token_is_refused_unread(sign_in: SignIn):
    assert "at most 8192" in sign_in.refused(sign_in.issuer.token(more="x" * 8192))
    assert "at most 8192" in sign_in.refused("x" * 5_000_000)
    assert sign_in.issuer.asked == []


def test_the_issuer_is_asked_once_for_many_tokens(sign_in: SignIn):
    for name in ("anna", "bob", "carl"):
        assert sign_in.tokens.subject(sign_in.issuer.token(name)) == name
    assert sign_in.issuer.asked == [DISCOVERY, "/keys"]


def test_a_connection_that_the_issuer_has_closed_since_is_not_used_again(sign_in: SignIn):
    """Lambda freezes the process between two requests: see issue 4506 of requests."""
    sign_in.tokens.subject(sign_in.issuer.token())
    sign_in.issuer.end_idle_connections()
    sign_in.clock.now += 3601
    assert sign_in.tokens.subject(sign_in.issuer.token()) == "anna"


def test_new_keys_of_the_issuer_are_found(sign_in: SignIn):
    sign_in.tokens.subject(sign_in.issuer.token())
    sign_in.issuer.keys = {"two": rsa_key("two")}
    sign_in.clock.now += 61
    assert sign_in.tokens.subject(sign_in.issuer.token(kid="two")) == "anna"
    assert "does not publish" in sign_in.refused(rs256(sign_in.issuer.claims(), kid="one"))


def test_strangers_cannot_make_us_ask_the_issuer_more_than_once_a_minute(sign_in: SignIn):
    for minute in range(1, 4):
        for n in range(20):
            assert "does not publish" in sign_in.refused(rs256(sign_in.issuer.claims(), kid=f"forged {n}"))
        assert len(sign_in.issuer.asked) == 2 * minute
        assert sign_in.tokens.subject(sign_in.issuer.token()) == "anna"
        sign_in.clock.now += 61


def test_withdrawn_keys_are_forgotten_within_an_hour(sign_in: SignIn):
    old = sign_in.issuer.token()
    sign_in.tokens.subject(old)
    sign_in.issuer.keys = {"two": rsa_key("two")}
    sign_in.clock.now += 3601
    assert "does not publish" in sign_in.refused(old)


def test_a_moments_silence_of_the_issuer_locks_nobody_out_whose_key_is_known(sign_in: SignIn):
    sign_in.tokens.subject(sign_in.issuer.token())
    sign_in.issuer.answers[DISCOVERY] = (503, b"")
    sign_in.clock.now += 61
    new = rs256(sign_in.issuer.claims(), kid="two")
    sign_in.out_of_reach(new)
    assert sign_in.tokens.subject(sign_in.issuer.token()) == "anna"
    assert "a moment ago" in sign_in.out_of_reach(new)


def test_an_issuer_that_is_down_is_not_asked_for_each_token_and_is_found_again(sign_in: SignIn):
    sign_in.issuer.answers["/keys"] = (500, b"")
    sign_in.out_of_reach()
    for _ in range(5):
        assert "a moment ago" in sign_in.out_of_reach()
    assert sign_in.issuer.asked == [DISCOVERY, "/keys"]
    del sign_in.issuer.answers["/keys"]
    sign_in.clock.now += 6
    assert sign_in.tokens.subject(sign_in.issuer.token()) == "anna"


def test_a_ping_fetches_the_keys_once_and_the_first_token_asks_nobody(sign_in: SignIn):
    for _ in range(3):
        sign_in.tokens.warm(2.0)
    assert sign_in.tokens.subject(sign_in.issuer.token()) == "anna"
    assert sign_in.issuer.asked == [DISCOVERY, "/keys"]


def test_a_ping_waits_no_longer_than_it_may(sign_in: SignIn):
    sign_in.tokens.warm(0.5)
    assert sign_in.adapter.waited == [0.5, 0.5]


def test_the_check_of_sign_in_counts_the_keys_of_the_issuer(sign_in: SignIn):
    assert finding(sign_in) == ("ok", f"{sign_in.issuer.url} publishes 1 key")
    sign_in.issuer.keys["two"] = rsa_key("two")
    assert finding(sign_in) == ("ok", f"{sign_in.issuer.url} publishes 2 keys")


@pytest.mark.parametrize(
    ("path", "answer", "what"),
    [
        (DISCOVERY, (503, b""), "HTTP 503"),
        (DISCOVERY, (200, b"<html>"), "does not answer"),
        (DISCOVERY, (200, b"[]"), "not a JSON object"),
        (DISCOVERY, (200, b'{"issuer": "https://another.example"}'), "gives it another name"),
        ("/keys", (404, b"{}"), "HTTP 404"),
        ("/keys", (200, b'{"keys": []}'), "no key that can be read"),
    ],
)
def test_the_check_of_sign_in_says_why_people_cannot_sign_in(
    sign_in: SignIn, path: str, answer: tuple[int, bytes], what: str
):
    sign_in.issuer.answers[path] = answer
    state, found = finding(sign_in)
    assert (state, what in found) == ("broken", True), found


def test_an_issuer_whose_keys_are_for_other_algorithms_is_a_fault(sign_in: SignIn):
    [key] = sign_in.issuer.jwks["keys"]
    sign_in.issuer.answers["/keys"] = (200, json.dumps({"keys": [{**key, "alg": "RS512"}]}).encode())
    assert finding(sign_in) == ("broken", f"{sign_in.issuer.url} publishes no key for signatures with RS256")


def finding(sign_in: SignIn) -> tuple[str, str]:
    """The state and the words of what `doctor` finds."""
    [found] = check_of_sign_in(sign_in.issuer.url, sign_in.tokens.published, stage="prod").run()
    assert found.state == "ok" or (found.why and found.remedy)
    return found.state.value, found.what


def test_an_issuer_where_nobody_listens_is_out_of_reach():
    with issuing() as issuer:
        gone = SignIn(issuer)
    assert "does not answer" in gone.out_of_reach()


@pytest.mark.parametrize(
    ("discovery", "cure"),
    [
        ({"issuer": "https://accounts.example.org"}, "PARLEY_OIDC_ISSUER"),
        ({"issuer": None}, "PARLEY_OIDC_ISSUER"),
        ({"jwks_uri": "http://accounts.example.org/keys"}, "https"),
        ({"jwks_uri": "file:///etc/passwd"}, "https"),
        ({"jwks_uri": "ftp://127.0.0.1/keys"}, "https"),
        ({"jwks_uri": "data:application/json,{}"}, "https"),
        ({"jwks_uri": None}, "https"),
        ({"jwks_uri": ["https://accounts.example.org"]}, "https"),
    ],
)
def test_an_issuer_that_is_not_who_it_should_be_or_hands_its_keys_out_unsafely_is_not_trusted(
    sign_in: SignIn, discovery: dict[str, Any], cure: str
):
    sign_in.issuer.answers[DISCOVERY] = (200, json.dumps(sign_in.issuer.discovery | discovery).encode())
    assert cure in sign_in.out_of_reach()
    assert sign_in.issuer.asked == [DISCOVERY]


def test_an_issuer_whose_address_ends_with_a_slash_is_asked_below_it(sign_in: SignIn):
    keys = f"{sign_in.issuer.url}/keys"
    sign_in.issuer.url += "/realms/family/"
    described = json.dumps({"issuer": sign_in.issuer.url, "jwks_uri": keys}).encode()
    sign_in.issuer.answers[f"/realms/family{DISCOVERY}"] = (200, described)
    assert SignIn(sign_in.issuer).tokens.subject(sign_in.issuer.token()) == "anna"


def test_an_issuer_in_trouble_is_not_believed(sign_in: SignIn):
    sign_in.issuer.answers["/keys"] = (503, json.dumps(sign_in.issuer.jwks).encode())
    assert "HTTP 503" in sign_in.out_of_reach()


def test_an_issuer_that_keeps_us_waiting_is_given_up_after_three_seconds(sign_in: SignIn):
    sign_in.tokens.subject(sign_in.issuer.token())
    assert sign_in.adapter.waited == [3, 3]


@pytest.mark.parametrize("path", [DISCOVERY, "/keys"])
def test_redirects_are_not_followed_for_the_keys(sign_in: SignIn, path: str):
    with issuing() as other:
        sign_in.issuer.answers[path] = (302, f"{other.url}{path}".encode())
        sign_in.out_of_reach()
        assert other.asked == []


@pytest.mark.parametrize("path", [DISCOVERY, "/keys"])
@pytest.mark.parametrize(
    "body",
    [
        *[b"[" * 100_000, b'{"keys":' * 50_000, b'{"keys": ' + b"1" * 5000 + b"}"],
        *[b"", b"[]", b"null", b"\xff\xfe", b"{", b"<html>", b'{"keys": 7}', b'{"keys": []}', b'{"keys": ["x"]}'],
        b'{"keys": [{"kty": "RSA", "n": 1, "e": [], "kid": {}}]}',
        b'{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "one", "alg": ["RS256"]}]}',
    ],
)
def test_an_issuer_that_talks_nonsense_is_out_of_reach(sign_in: SignIn, path: str, body: bytes):
    sign_in.issuer.answers[path] = (200, body)
    sign_in.out_of_reach()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["sub", "iss", "aud", "exp", "iat", "nbf", "jti", "token_use"])
HEADERS = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "jwk", "zip", "enc"])
SOMETIMES = settings(
    max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    "nested", ["[" * 4000, '{"a":' * 1000, '{"alg":"RS256","x":' + "[" * 3000], ids=["[", "{", "x"]
)
def test_a_token_of_json_nested_without_end_is_refused_before_anybody_is_asked(sign_in: SignIn, nested: str):
    sign_in.refused(f"{b64(nested.encode())}.e30.e30")
    assert sign_in.issuer.asked == []


@SOMETIMES
@example("")
@example("..")
@example("a.b.c")
@example("\ud800.b.c")
@example("." * 8192)
@example("[" * 8192)
@example(f"{'W1tb' * 1500}.e30.e30")
@example(f"{'eyJhIjp7' * 800}.e30.e30")
@given(st.text() | st.lists(st.text() | st.binary().map(b64), max_size=5).map(".".join))
def test_garbage_is_no_token(sign_in: SignIn, garbage: str):
    with pytest.raises(InvalidToken):
        sign_in.tokens.subject(garbage)


@pytest.mark.slow
@SOMETIMES
@given(st.sampled_from([{}, {"kid": "one"}]), st.dictionaries(HEADERS, JSON), st.dictionaries(NAMES, JSON))
def test_strange_headers_and_claims_are_refused_or_harmless_also_when_they_are_signed(
    sign_in: SignIn, kid: dict[str, Any], header: dict[str, Any], claims: dict[str, Any]
):
    told = sign_in.issuer.claims() | claims
    with suppress(InvalidToken):
        assert sign_in.tokens.subject(rs256(told, **(header | kid))) == told["sub"]


@pytest.mark.slow
@SOMETIMES
@given(
    JSON | st.fixed_dictionaries({"issuer": JSON, "jwks_uri": JSON, "keys": st.lists(JSON)}),
    st.sampled_from([DISCOVERY, "/keys"]),
)
def test_any_response_of_an_issuer_ends_in_a_known_error(sign_in: SignIn, said: Any, path: str):
    fresh = SignIn(sign_in.issuer)
    sign_in.issuer.answers = {path: (200, json.dumps(said).encode())}
    fresh.out_of_reach()
