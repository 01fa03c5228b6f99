"""Decides what IAM would: whether a policy allows an action on a resource, with the wildcards and conditions we use."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

_EVERY: Final = "ForAllValues:"
KNOWN: Final = {"Sid", "Effect", "Action", "Resource", "Condition"}
"""The elements of a statement that this module understands."""


def allows(policy: Mapping[str, Any], action: str, resource: str, **context: Sequence[str]) -> bool:
    """Whether some statement grants the action; `context` has the condition keys after their colon.

    Raises ValueError for what it cannot judge: a Deny, a NotAction, another operator.
    """
    return any(
        _matches(listed(statement["Action"]), action, ignore_case=True)
        and _matches(listed(statement["Resource"]), resource)
        and all(_holds(*condition, context) for condition in _conditions(statement))
        for statement in statements(policy)
    )


def reaches(policy: Mapping[str, Any], resource: str) -> set[str]:
    """The actions that a policy grants on a resource where all its conditions hold."""
    granting = (one for one in statements(policy) if _matches(listed(one["Resource"]), resource))
    return {action for statement in granting for action in listed(statement["Action"])}


def statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = policy["Statement"]
    for statement in found:
        if statement["Effect"] != "Allow" or statement.keys() - KNOWN:
            raise ValueError(f"cannot judge {sorted(statement)}")
    return found


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            yield operator, key, listed(wanted)


def _holds(operator: str, key: str, wanted: list[str], context: Mapping[str, Sequence[str]]) -> bool:
    """A condition for all values holds where there is no value, as in IAM."""
    values = context.get(key.rpartition(":")[2], ())
    match operator.removeprefix(_EVERY):
        case "StringLike":
            met = [_matches(wanted, value) for value in values]
        case "StringEquals":
            met = [value in wanted for value in values]
        case _:
            raise ValueError(f"cannot judge {operator}")
    return all(met) if operator.startswith(_EVERY) else any(met)


def _matches(patterns: list[str], value: str, *, ignore_case: bool = False) -> bool:
    return any(_compiled(pattern, ignore_case=ignore_case).fullmatch(value) for pattern in patterns)


@cache
def _compiled(pattern: str, *, ignore_case: bool) -> re.Pattern[str]:
    """IAM's `*` also stands for `/` and `:`."""
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
