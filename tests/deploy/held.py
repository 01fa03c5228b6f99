"""Stand-ins for services of AWS, held to AWS's own description: botocore checks what is asked and what is answered."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel
from botocore.validate import validate_parameters

REGION = "eu-central-1"


class Refusal(Exception):
    """What a fake raises for an error of AWS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class _Held:
    """Between a real client and the object that answers in the network's place."""

    def __init__(self, fake: object) -> None:
        self._fake = fake
        self._asked: Mapping[str, Any] = {}

    def remember(self, params: Mapping[str, Any], **_: Any) -> None:
        self._asked = params

    def answer(self, model: OperationModel, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        method = getattr(self._fake, xform_name(model.name), None)
        if method is None:
            return None
        try:
            answer = method(**{xform_name(name): value for name, value in self._asked.items()}) or {}
        except Refusal as exc:
            return _response(400), {"Error": {"Code": exc.code, "Message": exc.message}, "ResponseMetadata": {}}
        if model.output_shape:
            validate_parameters(answer, model.output_shape)
        return _response(200), {**answer, "ResponseMetadata": {}}


def client_of(service: Any, fake: object) -> Any:
    """A real client whose calls are answered by methods of `fake`, named as Python names them.

    What it has no method for goes on to where it would go without it.
    """
    client = boto3.client(service, REGION, aws_access_key_id="test", aws_secret_access_key="test")
    held = _Held(fake)
    client.meta.events.register("before-parameter-build.*.*", held.remember)
    client.meta.events.register("before-call.*.*", held.answer)
    return client


def _response(status: int) -> AWSResponse:
    return AWSResponse("", status, HTTPHeaders(), None)
