"""Connects fakes of AWS services to real clients: botocore validates requests and responses."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel
from botocore.validate import validate_parameters

REGION = "eu-central-1"


class Refusal(Exception):
    """An error response of AWS, raised by a fake."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class _Router:
    """Routes the requests of a real client to a fake instead of the network."""

    def __init__(self, fake: object) -> None:
        self.fake = fake
        self._params: Mapping[str, Any] = {}

    def remember(self, params: Mapping[str, Any], **_: Any) -> None:
        self._params = params

    def answer(self, model: OperationModel, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        method = getattr(self.fake, xform_name(model.name), None)
        if method is None:
            return None
        try:
            answer = method(**{xform_name(name): value for name, value in self._params.items()}) or {}
        except Refusal as exc:
            return _response(400), {"Error": {"Code": exc.code, "Message": exc.message}, "ResponseMetadata": {}}
        if model.output_shape:
            validate_parameters(answer, model.output_shape)
        return _response(200), {**answer, "ResponseMetadata": {}}


_Routed = tuple[Any, _Router]


def client_of(service: Any, fake: object) -> Any:
    """Create a real client whose requests are handled by the methods of `fake`, named as in boto3.

    Requests for which it has no method go to the network, or to moto.
    """
    return _routed(service, fake)[0]


class Clients:
    """The clients of the fakes of one test after the other: to make one takes longer than most tests."""

    def __init__(self) -> None:
        self._free: dict[str, list[_Routed]] = {}
        self._taken: list[tuple[str, _Routed]] = []

    def of(self, service: str, fake: object) -> Any:
        """Return a client for a fake, as `client_of` does."""
        free = self._free.setdefault(service, [])
        routed = free.pop() if free else _routed(service, fake)
        client, router = routed
        router.fake = fake
        self._taken.append((service, routed))
        return client

    def release(self) -> None:
        """Take all clients back from a test that has ended."""
        for service, routed in self._taken:
            self._free[service].append(routed)
        self._taken.clear()


def _routed(service: Any, fake: object) -> _Routed:
    client: Any = _session().client(service)
    router = _Router(fake)
    client.meta.events.register("before-parameter-build.*.*", router.remember)
    client.meta.events.register("before-call.*.*", router.answer)
    return client, router


@cache
def _session() -> boto3.Session:
    return boto3.Session("test", "test", region_name=REGION)


def _response(status: int) -> AWSResponse:
    return AWSResponse("", status, HTTPHeaders(), None)
