"""Lets the options `--profile` and `--region` win over the AWS variables of the shell, while one command runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from scripts.stage import hints

_OTHER_CREDENTIALS: Final = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
    *("AWS_CREDENTIAL_EXPIRATION", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME"),
    "AWS_DEFAULT_PROFILE",
)
"""Variables that botocore reads before the profile in AWS_PROFILE."""


@contextmanager
def chosen(profile: str | None, region: str | None) -> Iterator[None]:
    """Act with this profile and in this region within the block; None keeps what the shell has.

    The environment of this process changes, so that the processes that it starts act alike, Chalice's too.
    """
    named = {"AWS_PROFILE": profile, "AWS_REGION": region}
    values = {name: value for name, value in named.items() if value}
    before = {name: os.environ.get(name) for name in (*named, *_OTHER_CREDENTIALS)}
    if profile:
        for name in _OTHER_CREDENTIALS:
            os.environ.pop(name, None)
    os.environ |= values
    try:
        with hints.adding({"--profile": profile, "--region": region}):
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
