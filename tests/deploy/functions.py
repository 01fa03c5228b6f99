"""Creates functions in moto as Chalice does."""

import io
import json
import zipfile
from typing import Any

from tests.deploy.conftest import Account


def role(account: Account, name: str) -> str:
    """Create an IAM role and return its ARN."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    made = account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return str(made["Role"]["Arn"])


def function(account: Account, name: str, *, stage: str = "prod", app: str = "parley", **settings: Any) -> str:
    """Create a function with its role and Chalice's tags, and return its ARN."""
    tags = {"aws-chalice": f"version=1.34.0:stage={stage}:app={app}"} if app else {}
    made = account.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role(account, f"{name}-api_handler" if name == f"parley-{stage}" else name),
        Handler="app.app",
        Code={"ZipFile": _code()},
        Tags=tags,
        **settings,
    )
    return str(made["FunctionArn"])


def _code() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", "")
    return file.getvalue()
