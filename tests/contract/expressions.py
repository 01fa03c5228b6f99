"""What moto, a second emulator, says of each expression that ministack gets.

Ministack accepts two kinds of wrong expressions that moto and DynamoDB refuse: one that changes an attribute twice, and
one with an error of syntax. Both depend on the expression alone, so that moto has to parse it, not to execute it.
So it parses them, too, for the whole turns of `test_calls.py`, `test_units.py` and `test_policies.py`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.client import BaseClient
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.key_condition_expression import parse_expression
from moto.dynamodb.parsing.validators import (
    ActionCountValidator,
    OverlappingPathsValidator,
    UpdateHashRangeKeyValidator,
)

from chalicelib.aws.dynamodb.index_keys import DUE_INDEX, PEOPLE_INDEX

_KEY = ["pk", "sk"]
_KEYS = {"": _KEY, DUE_INDEX: ["due_bucket", "due_at"], PEOPLE_INDEX: ["channel", "last_seen"]}
_NAME, _VALUE = re.compile(r"#\w+"), re.compile(r":\w+")
Request = Mapping[str, Any]


def checked(client: BaseClient) -> None:
    """Let moto parse whatever this client sends from now on; each expression once."""
    client.meta.events.register("provide-client-params.dynamodb", _check)


def _check(params: Request, **_: Any) -> None:
    for request in _parts(params):
        names = request.get("ExpressionAttributeNames", {})
        for kind in ("ConditionExpression", "FilterExpression", "UpdateExpression"):
            if kind in request:
                check(kind, request[kind], tuple(sorted(names.items())))
        if "KeyConditionExpression" in request:
            check_keys(request["KeyConditionExpression"], request.get("IndexName", ""), tuple(sorted(names.items())))


def _parts(params: Request) -> Iterator[Request]:
    yield params
    for item in params.get("TransactItems", ()):
        yield from item.values()


@cache
def check(kind: str, text: str, named: tuple[tuple[str, str], ...] = ()) -> None:
    """Raise an exception of moto's if it would refuse the expression, whatever its values and the item are."""
    names = {name: attribute for name, attribute in named if name in _NAME.findall(text)}
    values = {value: {"S": "x"} for value in _VALUE.findall(text)}
    if kind != "UpdateExpression":
        ConditionExpressionParser(text, names, values).parse()
        return
    parsed = UpdateExpressionParser.make(text)
    for validator in (
        ActionCountValidator(),
        OverlappingPathsValidator(names),
        UpdateHashRangeKeyValidator(_KEY, names),
    ):
        parsed = validator.traverse(parsed)


@cache
def check_keys(text: str, index: str = "", named: tuple[tuple[str, str], ...] = ()) -> None:
    """Raise an exception of moto's if it would refuse the condition on the keys of the table, or of an index."""
    values = {value: {"S": "x"} for value in _VALUE.findall(text)}
    kinds = ("HASH", "RANGE")
    schema = [{"AttributeName": name, "KeyType": kind} for name, kind in zip(_KEYS[index], kinds, strict=True)]
    parse_expression(text, values, dict(named), schema)
