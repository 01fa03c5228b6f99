"""What is fuzzed: each parser of bytes from outside, with the errors that it documents, and inputs to begin with."""

import ast
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import jwt
from jwt.algorithms import RSAAlgorithm

from chalicelib.access import api_key, identity, invites, language, owner_session, signed_visitor, taps, ticket
from chalicelib.access.api_key import ApiKey
from chalicelib.access.oidc import OidcTokens
from chalicelib.channels import formula_text, plain_text, splitting
from chalicelib.channels.messenger import events
from chalicelib.channels.meta import signature, signed_request
from chalicelib.channels.web import client_frames
from chalicelib.content import persona
from chalicelib.conversation import commands
from chalicelib.conversation.answer_text import AnswerText
from chalicelib.errors import BadRequest, ConfigError, InvalidSignature, InvalidToken, ModelError
from chalicelib.ids import KeyId
from chalicelib.llm import openai_errors
from chalicelib.llm.converse_stream import StreamReader as ConverseReader
from chalicelib.llm.moderation import verdict_of
from chalicelib.llm.openai_stream import StreamReader
from chalicelib.operations.page_people import Wanted
from chalicelib.settings import languages
from chalicelib.tools import mcp_answers, page_text
from chalicelib.tools.page_text import NoText
from chalicelib.tools.tool import ToolFailed
from tests.fakes.adapters import NOON
from tests.issuer import AUDIENCE, rsa_key

CORPUS: Final = Path(__file__).parent / "corpus"
SECRET: Final = "a secret of more than thirty-two characters"
SHOP: Final = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=NOON)
ISSUER: Final = "https://issuer.example"
LIMIT: Final = 2000


@dataclass(frozen=True)
class Target:
    """A parser: any bytes give a value, or one of `errors`."""

    read: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = ()
    seeds: Sequence[bytes] = ()
    longest: int = 32 * 1024
    """Bytes that it can get: what is longer is refused before it, or cut."""

    def run(self, data: bytes) -> None:
        """Raise what the parser may not raise."""
        try:
            self.read(data[: self.longest])
        except self.errors:
            return


def stored(name: str) -> Sequence[bytes]:
    """Return the inputs that the fuzzer found interesting: new paths through the parser, and once what it failed at."""
    place = CORPUS / f"{name}.txt"
    return [ast.literal_eval(line) for line in place.read_text().splitlines()] if place.is_file() else []


def store(name: str, inputs: Iterable[bytes]) -> None:
    """Store inputs beside those that are stored, a line each."""
    CORPUS.mkdir(exist_ok=True)
    lines = sorted({repr(each) for each in (*stored(name), *inputs)}, key=lambda line: (len(line), line))
    (CORPUS / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))


def _of_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """Make a reader of bytes of one of texts, which may have lone surrogates."""

    def decoded(data: bytes) -> object:
        try:
            text = data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            text = data.decode("utf-8", "replace")
        return read(text)

    return decoded


def _webhook(data: bytes) -> object:
    signature.verify(data, f"sha256={signature.sign(data, secret=SECRET)}", secrets=[SECRET])
    return [repr(event) for event in events.parse(data, now=NOON, page="4711", app="1")]


def _frame(text: str) -> object:
    return repr(client_frames.parse(text))


def _deletion(data: bytes) -> object:
    """The form as it is, and its bytes as a payload that is signed."""
    payload = base64.urlsafe_b64encode(data).rstrip(b"=")
    mac = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), payload, "sha256")).rstrip(b"=")
    try:
        signed_request.read(data, secrets=[SECRET])
    except (BadRequest, InvalidSignature):
        return signed_request.read(b"signed_request=" + mac + b"." + payload, secrets=[SECRET])
    return None


def _signed_jwt(payload: bytes, *, key: str) -> str:
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"HS256","typ":"JWT"}', payload)]
    said = b".".join(parts)
    mac = hmac.new(key.encode(), said, hashlib.sha256).digest()
    return (said + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def _ticket(text: str) -> object:
    if text.startswith("{"):
        text = _signed_jwt(text.encode("utf-8", "replace"), key=SECRET)
    return ticket.read(text, secret=SECRET, now=NOON)


def _visitor(text: str) -> object:
    if text.startswith("{"):
        key = signed_visitor.secret_of(SHOP, ticket_key=SECRET)
        text = _signed_jwt(text.encode("utf-8", "replace"), key=key)
    return signed_visitor.read(text, SHOP, ticket_key=SECRET, now=NOON)


@cache
def _issuer() -> OidcTokens:
    public = RSAAlgorithm.to_jwk(rsa_key("one").public_key(), as_dict=True)
    keys = {"one": jwt.PyJWK({**public, "kid": "one", "alg": "RS256", "use": "sig"})}
    return OidcTokens(ISSUER, AUDIENCE, monotonic=lambda: 0.0, _keys=keys, _next_request_at=1.0, _cached_until=1.0)


def _id_token(text: str) -> object:
    if text.startswith("{"):
        parts = [base64.urlsafe_b64encode(each.encode("utf-8", "replace")).rstrip(b"=") for each in (_HEADER, text)]
        said = b".".join(parts)
        mac = RSAAlgorithm(RSAAlgorithm.SHA256).sign(said, rsa_key("one"))
        text = (said + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()
    return _issuer().subject(text)


_HEADER: Final = '{"alg":"RS256","typ":"JWT","kid":"one"}'


def _words_of_a_person(text: str) -> object:
    """All that reads a message: commands, codes of invites, taps, the language."""
    tapped = taps.read(text)
    if tapped:
        assert not taps.is_genuine(tapped, owner=tapped.person, secret="")
    return (
        commands.parse(text),
        commands.not_known(text),
        commands.argument_of(text),
        commands.number(text),
        invites.id_in(text),
        language.written_in(text),
        api_key.parse(text),
        identity.is_person(text),
    )


def _headers_and_forms(text: str) -> object:
    """The owner's cookie, the form and the query of the owner's page, and the languages of a browser."""
    fields = dict(parse_qsl(text, max_num_fields=None))
    return (
        owner_session.cookie_in(text),
        owner_session.is_form_code(fields.get("form", ""), cookie="c"),
        Wanted.of(fields).query(),
        languages.preferred(text, "en"),
    )


def _model_stream(data: bytes) -> object:
    reader = StreamReader(max_output_tokens=1000, may_call=True)
    return [*reader.feed(data), *reader.end()]


def _converse_stream(data: bytes) -> object:
    """The events of Bedrock's stream, as botocore hands them over: objects of JSON, one a line."""
    reader, read = ConverseReader({}), list[object]()
    for line in data.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            read += reader.feed(event)
    reader.end()
    return read


def _mcp_answer(data: bytes) -> object:
    answer = mcp_answers.answer_in([data[:100], data[100:]], 1)
    return mcp_answers.listed(answer), mcp_answers.result_text(answer)


def _model_error(data: bytes) -> object:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        body = data.decode(errors="replace")
    return openai_errors.by_status(400, body)


def _answer(text: str) -> object:
    reader = AnswerText()
    return [reader.add(text[:7]), reader.add(text[7:]), reader.end()]


def _parts(text: str) -> object:
    parts = splitting.split(text, limit=LIMIT)
    assert all(0 < len(part) <= LIMIT for part in parts)
    return parts


def _persona(text: str) -> object:
    return persona.parse("fuzzed", text).public()


def _json(**values: Any) -> bytes:
    return json.dumps(values).encode()


_CLAIMS: Final[dict[str, Any]] = {"sub": "anna", "iat": NOON // 1000, "exp": NOON // 1000 + 600}
_MESSAGE: Final = {"sender": {"id": "1"}, "recipient": {"id": "4711"}, "timestamp": NOON}
_SSE: Final = (
    b'data: {"type":"response.output_text.delta","delta":"Hello"}\n\n'
    b'data: {"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":1}}}\n\n'
)
_CONVERSE: Final = (
    b'{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"Hi"}}}\n{"messageStop":{"stopReason":"end_turn"}}\n'
    b'{"metadata":{"usage":{"inputTokens":1,"outputTokens":1}}}'
)
_CHUNK: Final = b'data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":null}]}\n\ndata: [DONE]\n\n'

TARGETS: Final[Mapping[str, Target]] = {
    "webhook": Target(
        _webhook,
        seeds=(
            _json(
                object="page",
                entry=[{"id": "4711", "messaging": [{**_MESSAGE, "message": {"mid": "m", "text": "Hi"}}]}],
            ),
            _json(
                object="page", entry=[{"id": "4711", "messaging": [{**_MESSAGE, "postback": {"payload": "/help#de"}}]}]
            ),
        ),
        longest=1024 * 1024,
    ),
    "frame": Target(
        _of_text(_frame),
        seeds=(
            b'{"action":"send_message","message":"Hi","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","n":1}',
            b'{"action":"authenticate","ticket":"x"}',
            b'{"action":"feedback","turn":"1795286400000#' + b"0" * 64 + b'","value":"up"}',
        ),
    ),
    "deletion": Target(
        _deletion, (BadRequest, InvalidSignature), (_json(user_id="1", issued_at=1), b"signed_request=a.b"), 16 * 1024
    ),
    "ticket": Target(
        _of_text(_ticket),
        (InvalidToken,),
        (_json(**_CLAIMS), ticket.mint(SHOP.id, "a", secret=SECRET, now=NOON).encode()),
    ),
    "visitor": Target(_of_text(_visitor), (InvalidToken,), (_json(**_CLAIMS, aud=SHOP.id), b"a.b.c")),
    "id_token": Target(
        _of_text(_id_token),
        (InvalidToken,),
        (_json(**{**_CLAIMS, "exp": 2**32}, iss=ISSUER, aud=AUDIENCE, token_use="id"), b"a.b.c"),
        9000,
    ),
    "words": Target(
        _of_text(_words_of_a_person),
        seeds=(b"/forget yes", b"/invite abcdefghijklmnop", b"Wie geht es dir?", b"/alow anna", b"messenger:1:2"),
    ),
    "headers": Target(
        _of_text(_headers_and_forms),
        seeds=(b"__Host-parley=" + b"x" * 43 + b"; a=b", b"de-DE,de;q=0.9", b"q=anna&show=new&page=2&key=x"),
        longest=10_240,
    ),
    "persona": Target(
        _of_text(_persona),
        (ConfigError,),
        tuple(persona.shipped(name).encode() for name in ("assistant", "santa", "web")),
    ),
    "model_stream": Target(_model_stream, (ModelError,), (_SSE, _CHUNK)),
    "converse_stream": Target(
        _converse_stream,
        (ModelError,),
        (_CONVERSE,),
    ),
    "mcp_answer": Target(
        _mcp_answer,
        (ToolFailed, mcp_answers.Refused),
        (_json(jsonrpc="2.0", id=1, result={"tools": [{"name": "a", "inputSchema": {"type": "object"}}]}),),
    ),
    "moderation": Target(
        verdict_of, (ModelError,), (_json(results=[{"flagged": True, "categories": {"hate": True}}]),)
    ),
    "model_error": Target(_model_error, seeds=(_json(error={"code": "model_not_found", "message": "no such model"}),)),
    "markdown": Target(
        _of_text(plain_text.plain),
        seeds=(b"# A\n\n- **b** `c` [d](https://e.f)\n\n| a | b |\n|---|---|\n| $x^2$ | ~~2~~ |\n\n```py\nx\n```",),
        longest=16 * 1024,
    ),
    "formula": Target(
        _of_text(formula_text.readable), seeds=(rb"\frac{a}{\sqrt[3]{b}} \leq x_{i}^{2}",), longest=8 * 1024
    ),
    "answer": Target(_of_text(_answer), seeds=(b"<think>Hm</think>Hello", b"[THINK]a[/THINK] ```\n<think>")),
    "parts": Target(_of_text(_parts), seeds=(("Hello. " * 400).encode(), "\u2764\ufe0f".encode() * 900)),
    "web_page": Target(
        lambda data: page_text.of(data, "text/html; charset=utf-8"),
        (NoText,),
        (b"<html><script>a</script><p title='x'>Hi<!-- b --><br>there</p>",),
        256 * 1024,
    ),
}
