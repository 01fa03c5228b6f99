"""Expressions that moto refuses, as DynamoDB does, and that ministack accepts."""

import pytest

from tests.contract import expressions


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("UpdateExpression", "SET a = :a, a = :b"),
        ("UpdateExpression", "SET #a = :a, a = :b"),
        ("UpdateExpression", "SET a = :a REMOVE a"),
        ("UpdateExpression", "SET a = :a SET b = :b"),
        ("UpdateExpression", "SET pk = :a"),
        ("UpdateExpression", "SET a = "),
        ("ConditionExpression", "attribute_not_exists(pk) AND"),
        ("ConditionExpression", "((a = :b)"),
        ("FilterExpression", "a ="),
    ],
)
def test_a_wrong_expression_is_refused(kind: str, text: str):
    with pytest.raises(Exception, match=r"400 Bad Request|Bad AND|Bad comparison|Unmatched"):
        expressions.check(kind, text, (("#a", "a"),))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("UpdateExpression", "SET a = if_not_exists(a, :zero) + :one, #a = :a REMOVE b ADD n :one"),
        ("ConditionExpression", "attribute_not_exists(pk) AND (a < :b OR NOT #a = :c)"),
        ("FilterExpression", "a <> :b AND contains(b, :c) AND size(c) < :n"),
    ],
)
def test_a_right_expression_is_accepted(kind: str, text: str):
    expressions.check(kind, text, (("#a", "other"),))


def test_a_wrong_condition_on_keys_is_refused():
    for text in ("sk = :a", "pk = :a AND other = :b", "pk > :a", "pk = :a AND contains(sk, :b)"):
        with pytest.raises(Exception, match=r"Query|Invalid"):
            expressions.check_keys(text)
    with pytest.raises(Exception, match="Query"):
        expressions.check_keys("pk = :a", "people")


def test_a_right_condition_on_keys_is_accepted():
    expressions.check_keys("#a = :a AND begins_with(sk, :b)", named=(("#a", "pk"),))
    expressions.check_keys("channel = :a AND last_seen < :b", "people")
