"""Translates botocore's errors to Parley's."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ParleyError


@contextmanager
def raised_as(error: type[ParleyError], message: str) -> Iterator[None]:
    """Raise `error` with `message` in place of any error of botocore, which becomes its cause."""
    try:
        yield
    except (ClientError, BotoCoreError) as exc:
        raise error(message) from exc
