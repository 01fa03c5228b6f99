"""Simulates API Gateway's IAM authorization: verifies AWS signatures with the simulator's credentials."""

import hmac
import re
from collections.abc import Mapping
from typing import Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from scripts.simulator.aws import CREDENTIALS, REGION

NOT_SIGNED: Final = "Missing Authentication Token"
NOT_OURS: Final = "The security token included in the request is invalid."
NOT_RIGHT: Final = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_SERVICE: Final = "execute-api"
_SIGNED: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)


def objection(method: str, url: str, headers: Mapping[str, str], body: bytes) -> str | None:
    """Verify a signature; returns the message of API Gateway's 403 response, or None if it is valid.

    Header names are in lower case.
    """
    found = _SIGNED.fullmatch(headers.get("authorization", ""))
    if not found:
        return NOT_SIGNED
    who, region, service, signed, signature = found.groups()
    if (who, region, service) != (CREDENTIALS["AWS_ACCESS_KEY_ID"], REGION, _SERVICE):
        return NOT_OURS
    request = AWSRequest(method, url, {name: headers[name] for name in signed.split(";") if name in headers}, body)
    request.context["timestamp"] = headers.get("x-amz-date", "")
    signer = SigV4Auth(
        Credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]), _SERVICE, REGION
    )
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return None if hmac.compare_digest(expected, signature) else NOT_RIGHT
