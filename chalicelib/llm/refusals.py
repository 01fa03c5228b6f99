"""What is sent once more after a refusal, whatever the wire format. Pure."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from chalicelib.errors import ModelError, ModelFault, ModelUnusable

TOO_LONG: Final = "context_length_exceeded"
"""The name in a ModelUnusable for a request that is too long for the model."""

Request = Mapping[str, Any]


def amended(
    request: Request,
    error: ModelError,
    *,
    without: Callable[[Request, Collection[str]], dict[str, Any]],
    without_memory: Callable[[Request], dict[str, Any]],
) -> dict[str, Any] | None:
    """Return the request to send once more after a refusal; None if no other one would be answered.

    A request that is too long for the model is made without the past, another one without what the provider refuses.
    """
    if not isinstance(error, ModelUnusable) or error.cause is not ModelFault.REFUSED:
        return None
    other = without_memory(request) if TOO_LONG in error.names else without(request, error.names)
    return None if other == request else other
