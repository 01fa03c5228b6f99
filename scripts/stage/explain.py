"""What went wrong, in one line that names the cure: what botocore raises becomes words for the owner."""

import re
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    ConnectionError,  # noqa: A004 (botocore's own)
    CredentialRetrievalError,
    HTTPClientError,
    InvalidRegionError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

_BAD_CREDENTIALS: Final = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
    }
)
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
_ACTION: Final = re.compile(r"not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9]+)")
_OF_THE_TABLE: Final = frozenset(
    {"BatchGetItem", "DescribeTable", "DescribeTimeToLive", "GetItem", "Query", "TransactWriteItems", "UpdateItem"}
)
_OF_THE_WORKER: Final = frozenset({"CreateEventSourceMapping", "Invoke", "PutFunctionEventInvokeConfig"})
"""What was asked of AWS, by what is not there when AWS does not find it."""
_BUSY: Final = frozenset(
    {"ThrottlingException", "Throttling", "ProvisionedThroughputExceededException", "RequestLimitExceeded"}
)


def explain(cause: BaseException | None, *, table: str, region: str) -> str:
    """The line for what AWS refused; empty when there is nothing better to say than what was raised."""
    match cause:
        case ClientError():
            error = cause.response.get("Error", {})
            code, asked = error.get("Code", ""), cause.operation_name
            if code == "ResourceNotFoundException" and asked in _OF_THE_TABLE | _OF_THE_WORKER:
                missing = f"table {table}" if asked in _OF_THE_TABLE else "worker function"
                return f"there is no {missing} in {region}: deploy first, or check --stage and AWS_REGION"
            return refusal(code, error.get("Message", ""), region=region)
        case HTTPClientError() | ConnectionError():
            return f"AWS cannot be reached in {region}: check the network, AWS_REGION and any proxy"
        case BotoCoreError():
            return explain_setup(cause)
    return ""


def explain_setup(cause: BotoCoreError) -> str:
    """The line for what is wrong on this machine before AWS is asked anything."""
    match cause:
        case NoCredentialsError():
            return "there are no AWS credentials: set AWS_PROFILE, or run `aws configure`"
        case PartialCredentialsError() | CredentialRetrievalError():
            return "the AWS credentials are incomplete: check AWS_PROFILE and the AWS_* variables"
        case SSOError() | LoginError() | TokenRetrievalError():
            return "the AWS login has run out: run `aws sso login` or `aws login`"
        case NoRegionError():
            return "no AWS region is set: set AWS_REGION, for example to eu-central-1"
        case InvalidRegionError():
            return "there is no such AWS region: check AWS_REGION, for example eu-central-1"
        case ProfileNotFound() | ConfigParseError() | ConfigNotFound():
            return f"{' '.join(str(cause).split())}: check AWS_PROFILE and ~/.aws/config"
    return ""


def refusal(code: str, message: str, *, region: str) -> str:
    """The line for an error code of AWS, whatever the service; empty when there is nothing better to say."""
    if code in _BAD_CREDENTIALS:
        return f"AWS does not accept these credentials ({code}): check AWS_PROFILE, or log in again"
    if code in _DENIED:
        action = _ACTION.search(message)
        what = f"do {action[1]}" if action else "do this"
        return f"these AWS credentials may not {what} in {region} ({code}): ask for the permission, then try again"
    if code in _BUSY:
        return f"AWS is busy ({code}): try again in a minute"
    return ""
