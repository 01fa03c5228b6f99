"""Telling the owner, by an SNS topic that the owner's e-mail address subscribes to."""

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
    topic_arn: str

    def tell(self, subject: str, text: str) -> None:
        if not self.topic_arn:
            return
        try:
            self.client.publish(TopicArn=self.topic_arn, Subject=subject, Message=text)
        except (ClientError, BotoCoreError) as exc:
            raise NotifyError("the topic could not be written to") from exc
