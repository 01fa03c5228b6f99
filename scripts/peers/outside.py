"""What a bot needs from outside, and what a bot is: the port that each peer implements."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

TABLE: Final = "bot"
"""Has the key `id`: counted questions, and what else a bot keeps."""
FUNCTION: Final = "bot-dev"
"""The function that is behind the webhook."""
DURABLE_FUNCTION: Final = "bot-dev-durable:live"
LIMIT_REACHED: Final = "You have asked all your questions of today."


@dataclass(frozen=True)
class Outside:
    """The same for each bot, so that what differs is the bot."""

    ask: Callable[[str], str]
    """Gets an answer of the model."""
    send: Callable[[str, str], object]
    """Sends a text to a person."""
    dynamodb: "DynamoDBClient"
    functions: "LambdaClient"
    limit: int
    """Questions that a person may ask a day."""
    today: Callable[[], str]
    remaining_ms: Callable[[], int]
    """What the function that runs has left of its time."""


@dataclass(frozen=True)
class Peer:
    """A bot, ready for its first message."""

    deliver: Callable[[bytes], int]
    """Handles what Meta posts to the webhook; returns the HTTP status."""
    run: Callable[[Mapping[str, Any]], object]
    """What Lambda runs, later, for the payload with which the bot invoked a function."""


@dataclass(frozen=True)
class Context:
    """Lambda's context, as far as the libraries read it."""

    outside: Outside
    function_name: str = FUNCTION
    aws_request_id: str = "request"
    invoked_function_arn: str = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}"
    memory_limit_in_mb: int = 512

    def get_remaining_time_in_millis(self) -> int:
        return self.outside.remaining_ms()
