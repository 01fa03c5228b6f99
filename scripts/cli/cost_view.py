"""Formats a cost report: as one JSON document for programs, as text for the owner; less of it in narrow terminals."""

import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import click

from chalicelib.operations import aws_prices
from chalicelib.operations.aws_prices import Item
from chalicelib.operations.cost_report import TYPICAL, Report
from scripts.cli.terminal import width
from scripts.stage.environment import DEMO

_WIDTH: Final = 80
_SMALLEST: Final = Decimal("0.0001")
_DIGITS: Final = 6
_WHOLE: Final = 100
_DOLLAR: Final = 1
_NOTE: Final = """\
This is an estimate, not your bill. The cost of the model is counted with every call, at the prices in
chalicelib/llm/prices.toml. The cost of AWS is computed from AWS's list prices of {read} in {region}: DynamoDB units and
calls per message are counted by a test, times and sizes are assumed. Secrets are decrypted once an hour: the lines
count a message that is alone in its hour. AWS's free allowance is not deducted; for Lambda
alone it is 1,000,000 invocations and 400,000 GB-s a month. Messages that never reach the model are not included. Ten
alarms and three dashboards are free. Each stored GB adds {stored} a month, including its backup."""


def as_json(report: Report) -> dict[str, Any]:
    """Convert a report to JSON, amounts in US dollars. Later versions may add keys but never change or remove one."""
    thousand, totals = report.thousand, report.totals
    aws_usd = aws_prices.total(thousand)
    return {
        "stage": report.stage,
        "since": report.days[0].day,
        "until": report.days[-1].day,
        "days": len(report.days),
        "usd": _number(report.usd),
        "model": {
            "usd": _number(report.model_usd),
            "calls": totals.calls,
            "answers": totals.answers,
            "tokens_in": totals.tokens.input,
            "tokens_cached": totals.tokens.cached,
            "tokens_out": totals.tokens.output,
        },
        "aws": {"messages_usd": _number(report.messages_usd), "idle_usd": _number(report.idle_usd)},
        "thousand_messages": {
            "usd": _number(aws_usd + report.thousand_model_usd),
            "model_usd": _number(report.thousand_model_usd),
            "model_is_counted": bool(totals.answers),
            "aws_usd": _number(aws_usd),
            "aws": [_item(item, aws_usd) for item in thousand],
        },
        "thousand_web_messages": {
            "usd": _number(aws_prices.total(report.thousand_web) + report.thousand_model_usd),
            "aws_usd": _number(aws_prices.total(report.thousand_web)),
            "aws": [_item(item, aws_prices.total(report.thousand_web)) for item in report.thousand_web],
        },
        "idle_month": {
            "usd": _number(aws_prices.total(report.month)),
            "aws": [_item(item, aws_prices.total(report.month)) for item in report.month],
            "stored_gb_usd": _number(report.prices.stored_gb_month),
        },
        "prices": {
            "read": report.prices.read,
            "region": report.prices.region,
            "source": report.prices.source,
        },
    }


def as_text(report: Report) -> str:
    """Format a report: totals first, then the items they consist of."""
    web = ["", *_web(report)] if report.channels.are_both else []
    return "\n".join([*_past(report), "", *_thousand(report), *web, "", *_month(report), "", _note(report)])


def usd(amount: Decimal) -> str:
    """Format an amount of US dollars; below one dollar with four decimals, since most amounts are parts of a cent."""
    if 0 < amount < _SMALLEST:
        return f"<${_SMALLEST}"
    return f"${amount:,.4f}" if amount < _DOLLAR else f"${amount:,.2f}"


def _past(report: Report) -> Iterator[str]:
    first, last, totals = report.days[0].day, report.days[-1].day, report.totals
    tokens = totals.tokens
    yield _bold(f"Stage {report.stage}, {first} to {last}", report.usd)
    calls = f"{_counted(totals.answers, 'answer')}, {_counted(totals.calls, 'call')}"
    yield _amount("the model", report.model_usd, calls)
    yield _amount("  tokens", None, f"{tokens.input:,} in ({tokens.cached:,} cached), {tokens.output:,} out")
    yield _amount("AWS, messages", report.messages_usd, _counted(totals.calls, "message"))
    yield _amount("AWS, idle", report.idle_usd, _counted(len(report.days), "day"))


def _thousand(report: Report) -> Iterator[str]:
    items = report.thousand if report.channels.messenger else report.thousand_web
    yield _bold("1,000 messages", aws_prices.total(items) + report.thousand_model_usd)
    typical = f"{report.model}, assumed: {TYPICAL.input:,} tokens in, {TYPICAL.output:,} out"
    yield _amount("the model", report.thousand_model_usd, "as counted above" if report.totals.answers else typical)
    yield _amount("AWS", aws_prices.total(items), "computed:")
    yield from _table(items)


def _web(report: Report) -> Iterator[str]:
    items = report.thousand_web
    yield _bold("1,000 messages of the web chat", aws_prices.total(items) + report.thousand_model_usd)
    yield _amount("the model", report.thousand_model_usd, "as above")
    yield _amount("AWS", aws_prices.total(items), "computed:")
    yield from _table(items)


def _month(report: Report) -> Iterator[str]:
    yield _bold(f"AWS, idle, {aws_prices.MONTH_DAYS} days", aws_prices.total(report.month))
    yield from _table(report.month)


def _table(items: Sequence[Item]) -> Iterator[str]:
    total = aws_prices.total(items)
    for item in items:
        basis = "counted" if item.counted else "assumed"
        quantity = f"{item.quantity:,.0f}" if item.quantity >= _WHOLE else f"{item.quantity:,.1f}"
        how_much = f"  {basis}  {quantity:>8} {item.unit:5}" if width() >= _WIDTH else ""
        yield f"    {item.what:30}{how_much}  {usd(item.usd):>8}  {f'{item.usd / total:.0%}':>4}"


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word if number == 1 else f'{word}s'}"


def _bold(what: str, amount: Decimal) -> str:
    return click.style(f"{what:42}  {usd(amount)}", bold=True)


def _amount(what: str, amount: Decimal | None, remark: str) -> str:
    head = f"  {what:13}  {'' if amount is None else usd(amount):>9}"
    return f"{head}  {remark}" if len(head) + 2 + len(remark) <= width() else f"{head}\n      {remark}"


def _note(report: Report) -> str:
    prices = report.prices
    text = _NOTE.format(read=prices.read, region=prices.region, stored=f"${prices.stored_gb_month}")
    if report.stage == DEMO:
        text = f"The demo runs on this machine: this is what AWS would charge for the same. {text}"
    return textwrap.fill(text, min(_WIDTH, width()))


def _item(item: Item, total: Decimal) -> dict[str, Any]:
    return {
        "what": item.what,
        "quantity": _number(item.quantity),
        "unit": item.unit,
        "usd": _number(item.usd),
        "share": _number(item.usd / total),
        "basis": "counted" if item.counted else "assumed",
    }


def _number(value: Decimal) -> float:
    return round(float(value), _DIGITS)
