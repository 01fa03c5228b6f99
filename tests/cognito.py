"""A Cognito user pool on the emulator, with somebody signed in, and the way to it by the name that its tokens bear.

A pool's tokens name `https://cognito-idp.<region>.amazonaws.com/<pool>` as their issuer, which is not on this machine.
`way_to` is a proxy as companies have one: whoever uses it, and trusts its certificate, finds the emulator there.
"""

import ssl
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import httpx2
import jwt
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scripts.simulator.aws import REGION
from tests.issuer import patient

HOST = f"cognito-idp.{REGION}.amazonaws.com"
PASSWORD = "Correct-Horse-7"
_FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@dataclass(frozen=True)
class Pool:
    """A user pool with an app's client and two users, anna and bert."""

    cognito: Any
    id: str
    client: str
    """The client's id: the audience of its ID tokens."""
    subject: str
    """Of anna."""

    @property
    def issuer(self) -> str:
        return f"https://{HOST}/{self.id}"

    @property
    def settings(self) -> Mapping[str, str]:
        """What tells the bot to trust it."""
        return {"PARLEY_OIDC_ISSUER": self.issuer, "PARLEY_OIDC_AUDIENCE": self.client}

    def sign_in(self, password: str = PASSWORD, *, user: str = "anna") -> Mapping[str, str]:
        """The user's tokens: `IdToken`, `AccessToken` and more. Raises botocore's ClientError."""
        signed_in = self.cognito.initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": password},
        )
        tokens: Mapping[str, str] = signed_in["AuthenticationResult"]
        return tokens

    def returns_to(self, callback: str) -> None:
        """Let the pool's page send people who signed in to that address, with a code."""
        self.cognito.update_user_pool_client(
            UserPoolId=self.id,
            ClientId=self.client,
            ExplicitAuthFlows=_FLOWS,
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid"],
            CallbackURLs=[callback],
        )

    def machine(self) -> tuple[str, str]:
        """A client of the pool that is a program, and the access token that it gets by itself."""
        api, scope = f"api-{uuid.uuid4().hex}", {"ScopeName": "read", "ScopeDescription": "read"}
        self.cognito.create_resource_server(UserPoolId=self.id, Identifier=api, Name=api, Scopes=[scope])
        made = self.cognito.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="program",
            GenerateSecret=True,
            AllowedOAuthFlows=["client_credentials"],
            AllowedOAuthScopes=[f"{api}/read"],
            AllowedOAuthFlowsUserPoolClient=True,
        )["UserPoolClient"]
        answer = httpx2.post(
            f"{self.cognito.meta.endpoint_url}/oauth2/token",
            data={"grant_type": "client_credentials", "scope": f"{api}/read"},
            auth=(made["ClientId"], made["ClientSecret"]),
            trust_env=False,
            timeout=60,
        )
        return made["ClientId"], answer.json()["access_token"]

    def proofs(self) -> Mapping[str, str]:
        """What is shown to the bot in transcripts, good and bad; `token` is bert's, `access_token` anna's."""
        good, (_, machine) = self.sign_in(user="bert")["IdToken"], self.machine()
        claims, header = jwt.decode(good, options={"verify_signature": False}), jwt.get_unverified_header(good)
        forged = jwt.encode(claims, "", algorithm="none", headers={"kid": header["kid"]})
        access = self.sign_in()["AccessToken"]
        return {"token": good, "access_token": access, "machine_token": machine, "forged": forged}


def make_pool(aws_url: str) -> Pool:
    """A pool of its own."""
    cognito: Any = boto3.client(
        "cognito-idp",
        endpoint_url=aws_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    pool = cognito.create_user_pool(PoolName=f"parley-{uuid.uuid4().hex}")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="chat", ExplicitAuthFlows=_FLOWS)[
        "UserPoolClient"
    ]["ClientId"]
    anna, _ = (
        cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")["User"]
        for name in ("anna", "bert")
    )
    for name in ("anna", "bert"):
        cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
    [subject] = [attribute["Value"] for attribute in anna["Attributes"] if attribute["Name"] == "sub"]
    return Pool(cognito, pool, client, subject)


@dataclass(frozen=True)
class Way:
    """A proxy on loopback, and the certificate to trust."""

    proxy: str
    certificate: Path
    asked: list[str] = field(default_factory=list)

    @property
    def environment(self) -> Mapping[str, str]:
        """For a process that is to go this way: both are requests' own variables."""
        return {"HTTPS_PROXY": self.proxy, "REQUESTS_CA_BUNDLE": str(self.certificate)}

    def session(self) -> requests.Session:
        """The same within this process."""
        session = patient()
        session.trust_env = False
        session.proxies, session.verify = {"https": self.proxy}, str(self.certificate)
        return session


@contextmanager
def way_to(aws_url: str, folder: Path) -> Iterator[Way]:
    """A proxy that leads to the emulator, until the block ends; its certificate is written into the folder."""
    tls = _tls(folder / "proxy.pem")

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            with suppress(ssl.SSLError), tls.wrap_socket(self.connection, server_side=True) as connection:
                self.rfile, self.wfile = connection.makefile("rb"), connection.makefile("wb")
                self.handle_one_request()
                self.close_connection = True

        def do_GET(self) -> None:
            way.asked.append(self.path)
            self.pass_on(b"")

        def do_POST(self) -> None:
            self.pass_on(self.rfile.read(int(self.headers["Content-Length"])))

        def pass_on(self, body: bytes) -> None:
            kind = {name: self.headers[name] for name in ("Content-Type",) if name in self.headers}
            headers = {"Host": self.headers["Host"], "X-Forwarded-Proto": "https", **kind}
            found = httpx2.request(
                self.command, f"{aws_url}{self.path}", content=body, headers=headers, trust_env=False, timeout=60
            )
            self.send_response(found.status_code)
            self.send_header("Content-Length", str(len(found.content)))
            if "location" in found.headers:
                self.send_header("Location", found.headers["location"])
            self.end_headers()
            self.wfile.write(found.content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (as the base class calls it)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        way = Way(f"http://127.0.0.1:{server.server_port}", folder / "proxy.pem")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield way
        finally:
            server.shutdown()
            thread.join()


def _tls(file: Path) -> ssl.SSLContext:
    """Of a server that calls itself as Cognito does; its key and certificate are in the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a proxy on loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    pkcs8 = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(pkcs8 + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
