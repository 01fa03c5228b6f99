"""Notifies the owner through an SNS topic, to which the owner's e-mail address is subscribed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.aws.errors import raised_as
from chalicelib.errors import NotifyError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@dataclass(frozen=True)
class TopicNotifier:
    """`operations.ports.Notifier` over SNS; without a topic it sends nothing."""

    client: "SNSClient"
    topic_arn: Callable[[], str | None]
    """Called for each message; returns None when no topic is configured."""

    def send(self, subject: str, text: str) -> None:
        topic = self.topic_arn()
        if topic is None:
            return
        with raised_as(NotifyError, "the topic could not be written to"):
            self.client.publish(TopicArn=topic, Subject=subject, Message=text)
