"""Reads secrets from SSM Parameter Store and caches them in memory for an hour; they are written nowhere.

Each fetch has KMS decrypt every secret, which is paid. So a value is kept for long, and fetched again once it was
refused, at most once a minute, since strangers can send what will be refused.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.aws.errors import raised_as
from chalicelib.errors import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterTypeDef


CACHED_S = 3600.0
"""After this time a function no longer uses a value that was deleted or replaced."""
_RENEWED_S = 60.0
"""The age in seconds from which a refused value is fetched again."""
_A_REQUEST = 10
"""The most names that SSM takes with one request."""
_NEVER = float("-inf")


@dataclass
class Secrets:
    """The secrets that one function may read: `names` below `prefix`, all fetched at first use, ten with a request."""

    client: "SSMClient"
    prefix: str
    names: Sequence[str]
    monotonic: Callable[[], float] = time.monotonic
    _values: dict[str, str] = field(default_factory=dict, repr=False)
    _fetched_at: float = field(default=_NEVER, repr=False)
    _asked_at: float = field(default=_NEVER, repr=False)
    """When SSM was last asked, with or without success."""

    def get(self, name: str) -> str:
        """Return the secret. Raises ConfigError when it is missing or no secret can look so; the message says where."""
        value = self.find(name)
        if value and value.isascii() and value.isprintable():
            return value
        self._fetched_at = _NEVER  # so that the next call finds it as soon as the owner has put it there
        if value:
            raise ConfigError(
                f"the SSM parameter {self.prefix}/{name} has a character that is in no secret; copy it anew"
            )
        raise ConfigError(f"the SSM parameter {self.prefix}/{name} is missing; put it there as a SecureString")

    def find(self, name: str) -> str | None:
        """Return the secret, or None when it is not set. Raises ConfigError when SSM cannot be read."""
        if self.monotonic() - self._fetched_at > CACHED_S:
            self._fetch()
        return self._values.get(name)

    def renew(self, name: str) -> bool:
        """Fetch the secrets again, because this one was refused; return whether it has another value now."""
        refused = self._values.get(name)
        self._fetch_again()
        return self._values.get(name) != refused

    def candidates(self, name: str, *others: str) -> Iterator[str]:
        """Yield the secret and those of `others` that are set; then, for a caller that refuses them, their new values.

        Raises ConfigError when the first one is missing.
        """
        known = self._found(name, *others)
        yield from known
        self._fetch_again()
        yield from (value for value in self._found(name, *others) if value not in known)

    def _found(self, name: str, *others: str) -> list[str]:
        return [self.get(name), *filter(None, map(self.find, others))]

    def _fetch_again(self) -> None:
        """Fetch the secrets, at most once a minute. If SSM cannot be read, the values from before stay in use."""
        if self.monotonic() - self._asked_at >= _RENEWED_S:
            with suppress(ConfigError):
                self._fetch()

    def _fetch(self) -> None:
        """Fetch the secrets that exist."""
        names = [f"{self.prefix}/{name}" for name in self.names]
        self._asked_at = self.monotonic()
        found: list[ParameterTypeDef] = []
        with raised_as(ConfigError, f"the SSM parameters below {self.prefix} cannot be read"):
            for begin in range(0, len(names), _A_REQUEST):
                asked = names[begin : begin + _A_REQUEST]
                found += self.client.get_parameters(Names=asked, WithDecryption=True)["Parameters"]
        # A value that was stored from a file ends with a line break, which no request can carry.
        self._values = {each["Name"].rpartition("/")[2]: each["Value"].strip() for each in found}
        self._fetched_at = self.monotonic()
