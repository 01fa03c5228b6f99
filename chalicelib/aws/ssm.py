"""Secrets from SSM Parameter Store, kept in memory for five minutes and nowhere else."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


_KEPT_S = 300.0


@dataclass
class Secrets:
    """The secrets one function may read: `names` below `prefix`, fetched together by one call at first use."""

    client: "SSMClient"
    prefix: str
    names: Sequence[str]
    monotonic: Callable[[], float] = time.monotonic
    _values: dict[str, str] = field(default_factory=dict, repr=False)
    _fetched_at: float = field(default=float("-inf"), repr=False)

    def get(self, name: str) -> str:
        """The secret. Raises ConfigError, which says where to put it, when there is none."""
        value = self.find(name)
        if not value:
            self._fetched_at = float("-inf")  # so that it is found as soon as the owner has put it there
            raise ConfigError(f"the SSM parameter {self.prefix}/{name} is missing; put it there as a SecureString")
        return value

    def find(self, name: str) -> str | None:
        """The secret, or None where it is optional and not set. Raises ConfigError when SSM cannot be read."""
        if self.monotonic() - self._fetched_at > _KEPT_S:
            self._values = self._fetch()
            self._fetched_at = self.monotonic()
        return self._values.get(name)

    def _fetch(self) -> dict[str, str]:
        try:
            answer = self.client.get_parameters(
                Names=[f"{self.prefix}/{name}" for name in self.names], WithDecryption=True
            )
        except (ClientError, BotoCoreError) as exc:
            raise ConfigError(f"the SSM parameters below {self.prefix} cannot be read") from exc
        return {found["Name"].rpartition("/")[2]: found["Value"] for found in answer["Parameters"]}
