"""Telling the owner, by an SNS topic that the owner's e-mail address subscribes to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import NotifyError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


@dataclass(frozen=True)
class TopicNotifier:
    """`ports.Notifier` over SNS; silent without a topic."""

    client: "SNSClient"
    topic_arn: Callable[[], str | None]
    """Asked at each message; None for nowhere."""

    def send(self, subject: str, text: str) -> None:
        topic = self.topic_arn()
        if topic is None:
            return
        try:
            self.client.publish(TopicArn=topic, Subject=subject, Message=text)
        except (ClientError, BotoCoreError) as exc:
            raise NotifyError("the topic could not be written to") from exc
