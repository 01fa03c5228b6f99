"""Translates errors of botocore to one line for the owner, with what to do."""

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
_TABLE_OPERATIONS: Final = frozenset(
    {"BatchGetItem", "DescribeTable", "DescribeTimeToLive", "GetItem", "Query", "TransactWriteItems", "UpdateItem"}
)
_WORKER_OPERATIONS: Final = frozenset({"CreateEventSourceMapping", "Invoke", "PutFunctionEventInvokeConfig"})
"""Operations that fail with ResourceNotFoundException if the table or the worker function is missing."""
_BUSY: Final = frozenset(
    {"ThrottlingException", "Throttling", "ProvisionedThroughputExceededException", "RequestLimitExceeded"}
)


def explain(cause: BaseException | None, *, table: str, region: str) -> str:
    """Describe an error that a call to AWS raised; empty if its own message is as good."""
    match cause:
        case ClientError():
            error = cause.response.get("Error", {})
            code, operation = error.get("Code", ""), cause.operation_name
            if code == "ResourceNotFoundException" and operation in _TABLE_OPERATIONS | _WORKER_OPERATIONS:
                missing = f"table {table}" if operation in _TABLE_OPERATIONS else "worker function"
                return f"there is no {missing} in {region}: deploy the stage, or check --stage and --region"
            return refusal(code, error.get("Message", ""), region=region)
        case HTTPClientError() | ConnectionError():
            return f"AWS cannot be reached in {region}: check the network, --region and any proxy"
        case BotoCoreError():
            return explain_setup(cause)
    return ""


def explain_setup(cause: BotoCoreError) -> str:
    """Describe an error in the AWS set-up of this machine; empty if there is nothing to add."""
    match cause:
        case NoCredentialsError():
            return "there are no AWS credentials: add --profile, or run `aws configure`"
        case PartialCredentialsError() | CredentialRetrievalError():
            return "the AWS credentials are incomplete: check --profile and the AWS_* variables"
        case SSOError() | LoginError() | TokenRetrievalError():
            return "the AWS login has expired: run `aws sso login` or `aws login`"
        case NoRegionError():
            return "no AWS region is set: add --region, such as --region eu-central-1, or --stage demo for the demo"
        case InvalidRegionError():
            return "there is no such AWS region: check --region, such as --region eu-central-1"
        case ProfileNotFound() | ConfigParseError() | ConfigNotFound():
            return f"{' '.join(str(cause).split())}: check --profile and ~/.aws/config"
    return ""


def refusal(code: str, message: str, *, region: str) -> str:
    """Describe an error response of any AWS service; empty for an unknown code."""
    if code in _BAD_CREDENTIALS:
        return f"AWS does not accept these credentials ({code}): check --profile, or log in again"
    if code in _DENIED:
        action = _ACTION.search(message)
        what = f"perform {action[1]}" if action else "do this"
        return f"these AWS credentials are not allowed to {what} in {region} ({code}): ask for the permission"
    if code in _BUSY:
        return f"AWS is busy ({code}): try again in a minute"
    return ""
