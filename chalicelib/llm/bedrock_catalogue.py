"""What the health check looks up about Bedrock: whether the region has it. Its list of models needs more rights."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.errors import ModelFault, ModelUnusable
from chalicelib.llm.health import ModelInfo


@dataclass(frozen=True)
class BedrockCatalogue:
    """Implements `llm.health.Catalogue` with the addresses of Bedrock's regions."""

    host: Callable[[], str]
    """The name of the region's server."""

    def find(self) -> ModelInfo:
        try:
            socket.getaddrinfo(self.host(), None)
        except OSError as exc:
            why = f"{self.host()} has no address: Bedrock is not in that region, or no name server answers"
            raise ModelUnusable(why, cause=ModelFault.MISSING, names=["PARLEY_BEDROCK_REGION"]) from exc
        return ModelInfo(listed=None, shutdown=None)
