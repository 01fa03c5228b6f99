"""What is written: puts, updates and deletes with their conditions, as the requests that DynamoDB takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.aws.dynamodb.items import Item
from chalicelib.aws.dynamodb.keys import Key

_SetValue = set[int] | set[str]

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True)
class Update:
    """What an update does to an item. Attribute names may be paths into maps: `quota.2026-11-20`."""

    set: Mapping[str, Any] = field(default_factory=dict)
    set_if_absent: Mapping[str, Any] = field(default_factory=dict)
    """Set only the attributes that the item does not have."""
    copy: Mapping[str, str] = field(default_factory=dict)
    """Set to what another attribute has before the update; "" if the item does not have it."""
    add: Mapping[str, int] = field(default_factory=dict)
    """Add to a number; one that is absent counts as 0."""
    add_to_set: Mapping[str, _SetValue] = field(default_factory=dict)
    """Add to a set; top-level attributes only."""
    remove_from_set: Mapping[str, _SetValue] = field(default_factory=dict)
    """Remove from a set; top-level attributes only."""
    remove: Sequence[str] = ()


@dataclass(frozen=True)
class Write:
    """One part of a transaction, or a write of its own."""

    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    request: Mapping[str, Any] = field(repr=False)


def put(item: Item, *, when: ConditionBase | None = None) -> Write:
    """Write a whole item, in place of one that has the same key."""
    return Write("Put", {"Item": marshal(item), **_Expression().condition(when).request()})


def update(key: Key, change: Update, *, when: ConditionBase | None = None) -> Write:
    """Change an item, or create it."""
    return Write("Update", {"Key": marshal(key), **_Expression().change(change).condition(when).request()})


def delete(key: Key, *, when: ConditionBase | None = None) -> Write:
    """Delete an item, if there is one."""
    return Write("Delete", {"Key": marshal(key), **_Expression().condition(when).request()})


def check(key: Key, *, when: ConditionBase) -> Write:
    """Change nothing, and refuse the transaction unless the item is so."""
    return Write("ConditionCheck", {"Key": marshal(key), **_Expression().condition(when).request()})


class _Expression:
    """Collects the names and values that DynamoDB wants apart from the expressions."""

    def __init__(self) -> None:
        self._builder = ConditionExpressionBuilder()
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._request: dict[str, Any] = {}

    def change(self, change: Update) -> "_Expression":
        sets = [f"{self._path(name)} = {self._value(value)}" for name, value in change.set.items()]
        sets += [
            f"{path} = if_not_exists({path}, {self._value(value)})"
            for path, value in ((self._path(name), value) for name, value in change.set_if_absent.items())
        ]
        sets += [
            f"{self._path(name)} = if_not_exists({self._path(other)}, {self._value('')})"
            for name, other in change.copy.items()
        ]
        sets += [
            f"{path} = if_not_exists({path}, {self._value(0)}) + {self._value(number)}"
            for path, number in ((self._path(name), number) for name, number in change.add.items())
        ]
        adds = [f"{self._path(name)} {self._value(values)}" for name, values in change.add_to_set.items()]
        deletes = [f"{self._path(name)} {self._value(values)}" for name, values in change.remove_from_set.items()]
        removes = [self._path(name) for name in change.remove]
        all_parts = (("SET", sets), ("ADD", adds), ("DELETE", deletes), ("REMOVE", removes))
        clauses = [f"{word} {', '.join(parts)}" for word, parts in all_parts if parts]
        self._request["UpdateExpression"] = " ".join(clauses)
        return self

    def condition(self, when: ConditionBase | None) -> "_Expression":
        if when is not None:
            built = self._builder.build_expression(when)
            self._request["ConditionExpression"] = built.condition_expression
            self._names |= built.attribute_name_placeholders
            self._values |= built.attribute_value_placeholders
        return self

    def request(self) -> dict[str, Any]:
        if self._names:
            self._request["ExpressionAttributeNames"] = self._names
        if self._values:
            self._request["ExpressionAttributeValues"] = marshal(self._values)
        return self._request

    def _path(self, name: str) -> str:
        placeholders = []
        for part in name.split("."):
            placeholder = f"#c{len(self._names)}"
            self._names[placeholder] = part
            placeholders.append(placeholder)
        return ".".join(placeholders)

    def _value(self, value: Any) -> str:
        placeholder = f":c{len(self._values)}"
        self._values[placeholder] = value
        return placeholder


def marshal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values as DynamoDB's typed ones."""
    return {name: _serialize(value) for name, value in values.items()}


def unmarshal(values: Mapping[str, Any]) -> Item:
    """Return DynamoDB's typed values as plain ones."""
    return {name: _deserialize(value) for name, value in values.items()}
