"""Renders docs/scale.md from figures; it computes nothing, but chooses words by them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from chalicelib.content.plots import sparkline
from scripts.bench.scale.page_texts import GROWTH, HEAD, PEOPLE, SHAPE, SHORT, STORE

Figures = Mapping[str, Any]
Row = Mapping[str, Any]

GOAL_RATE: Final = 1000
GOAL_MS: Final = 50


def render(figures: Figures) -> str:
    """Return the page as Markdown."""
    runs = [row for row in figures["runs"] if not row["slow"]]
    slow = [row for row in figures["runs"] if row["slow"]]
    listed = figures["list"]
    sections = [
        HEAD.format(**figures, short=_short(figures, runs)),
        PEOPLE.format(
            peak=figures["peak_share"],
            habits=_habits(figures["habits"], figures["limits"]),
            limits=_limits(figures["limits"]),
            requests=listed["requests"],
            minutes=listed["minutes"],
            in_time=listed["people_in_time"],
            costs=_costs(figures["habits"]),
        ),
        SHAPE.format(
            table=_shape(figures["shape"]), ceilings=_ceilings(figures["ceilings"]), transaction_ms=_TRANSACTION_MS
        ),
        STORE.format(
            spread=_layout(figures["spread"]),
            code=_code(figures),
            runs=_runs(runs),
            slow=_runs(slow),
            goal=_goal(figures["shards"]),
            shards=_table(
                ("items a day and channel", *_RAN), ([row["shards"], *_ran(row)] for row in figures["shards"])
            ),
            rate=figures["keys"][0]["rate"],
            keys=_table(
                ("layout", "keys", *_RAN), ([row["layout"], row["keys"], *_ran(row)] for row in figures["keys"])
            ),
            new=_new(figures),
        ),
        _growth(figures["growth"]),
    ]
    return "\n".join(sections)


_TRANSACTION_MS: Final = 7.5
_RAN: Final = ("turns a second", "gave up", "p50, ms", "p99, ms", "turns refused at least once, by")


def _growth(figures: Figures) -> str:
    memory = figures["memory"]
    return GROWTH.format(
        date=figures["date"],
        machine=figures["machine"],
        command=figures["command"],
        series="\n\n".join(map(_series, figures["series"])),
        turns=memory["turns"],
        kb=memory["grown_kb"],
        blocks=memory["grown_blocks"],
        memory=_memory(memory["readings"]),
    )


def _short(figures: Figures, runs: Sequence[Row]) -> str:
    single, spread = (_at(runs, name, GOAL_RATE) for name in ("one of each", "spread"))
    typical, first, others = figures["habits"][1], figures["limits"][0], _first_of_others(figures["limits"])
    cost = typical["cost"]["Messenger"]
    whole, memory = sum(cost.values()), figures["growth"]["memory"]
    return SHORT.format(
        rate=GOAL_RATE,
        single=single["gave_up"],
        spread=spread["gave_up"],
        p99=_ms(spread["p99"]),
        verdict=_verdict(figures["shards"]),
        first=first["name"],
        follows=first["reckoned"],
        others=f"{others['whose']}'s: {others['name']}, {others['bears']:g} turns a second",
        a_day=round(others["bears"] * 3600 / figures["peak_share"], -3),
        met=len(typical["met"]),
        habit=typical["name"],
        peak=typical["peak"],
        cost=whole,
        model=cost["the model"] / whole,
        kb=memory["grown_kb"],
        blocks=memory["grown_blocks"],
    )


def _verdict(shards: Sequence[Row]) -> str:
    reached = _reaching(shards)
    goal = f"The goal, {GOAL_MS} ms, "
    if reached is None:
        return f"{goal}is not reached with any number of items that was tried."
    return f"{goal}is reached with {reached:,} items for the costs of a day."


def _reaching(shards: Iterable[Row]) -> int | None:
    return next((row["shards"] for row in shards if row["p99"] is not None and row["p99"] <= GOAL_MS), None)


def _first_of_others(limits: Iterable[Row]) -> Row:
    """The lowest limit that no setting of Parley raises, in an account that is not new."""
    return next(limit for limit in limits if limit["whose"] != "Parley" and "new" not in limit["name"])


def _code(figures: Figures) -> str:
    if figures["code"] == figures["spread"]:
        return "The code had this layout when the page was written."
    return (
        "*The code* is what a sample of its turns wrote to when the page was written, which may be less than all: "
        f"{_layout(figures['code'])}."
    )


def _layout(layout: Row) -> str:
    keys = "in a partition of its own each" if layout["keys_apart"] else "in one partition"
    return (
        f"{_many(layout['spend'], 'item')} a day and channel for the costs, {_many(layout['due'], 'partition')} of the "
        f"index `due` and {layout['people']} of `people` a channel, and {_many(layout['of_a_key'], 'item')} for the "
        f"questions of an API key, {keys}, and one for its open conversations"
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _at(runs: Sequence[Row], layout: str, rate: int) -> Row:
    return next(row for row in runs if (row["layout"], row["rate"]) == (layout, rate))


def _shape(rows: Iterable[Row]) -> str:
    head = ("channel", "step", "request", "items", "write units", "of indexes", "read units")
    return _table(
        head,
        (
            [
                row["channel"],
                f"`{row['step']}`",
                row["operation"],
                ", ".join(row["items"]),
                *(_or_none(row[name]) for name in ("units", "index_units", "read_units")),
            ]
            for row in rows
        ),
    )


def _ceilings(rows: Iterable[Row]) -> str:
    head = ("channel", "what", "writes a turn", "units a turn", "turns/s by units", "turns/s by transactions")
    names = ("channel", "what", "times", "units", "by_units", "by_transactions")
    return _table(head, ([_or_none(row[name]) for name in names] for row in rows))


def _runs(runs: Iterable[Row]) -> str:
    return _table(("layout", *_RAN), ([row["layout"], *_ran(row)] for row in runs))


def _ran(row: Row) -> list[str]:
    limits = ", ".join(f"{name} {share:.0%}" for name, share in row["limits"].items())
    return [
        f"{row['rate']:,}",
        f"{row['gave_up']:.1%}",
        _ms(row["p50"]),
        _ms(row["p99"]),
        limits or "less than 1% by each",
    ]


def _ms(value: int | None) -> str:
    return "none ended" if value is None else f"{value:,}"


def _goal(shards: Sequence[Row]) -> str:
    reached = _reaching(shards)
    found = "no number that was tried is enough" if reached is None else f"{reached:,} items are enough"
    return (
        f"{GOAL_RATE:,} turns a second with a p99 of at most {GOAL_MS} ms. Seven requests without any pause take up to "
        f"{_ms(shards[-1]['p99'])} ms, so hardly a turn may be refused. By the number of items for the costs of a day, "
        f"{found}:"
    )


def _new(figures: Figures) -> str:
    hours = {row["rate"]: row["hours"] for row in figures["doubling"]}
    rows = ([*_ran(row), _hours(hours[row["rate"]])] for row in figures["new_table"])
    return _table((*_RAN, "borne after"), rows)


def _hours(value: float | None) -> str:
    if value is None:
        return "never: beyond the table's quota"
    return f"{value:g} h" if value else "at once"


def _habits(habits: Iterable[Row], limits: Iterable[Row]) -> str:
    of_others = {limit["name"]: limit["whose"] for limit in limits if limit["whose"] != "Parley"}
    head = (
        "of a million, a day",
        "questions",
        "turns a second, busiest minute",
        "limits met",
        "Parley's first",
        "others'",
    )
    rows = []
    for each in habits:
        others = next((f"{of_others[name]}: {name}" for name in each["met"] if name in of_others), "none")
        ours = next((name for name in each["met"] if name not in of_others), "none")
        rows.append([each["name"], f"{each['a_day']:,}", f"{each['peak']:g}", len(each["met"]), ours, others])
    return _table(head, rows)


def _limits(limits: Iterable[Row]) -> str:
    head = ("turns a second", "limit", "whose", "how that follows", "source")
    names = ("name", "whose", "reckoned", "source")
    return _table(head, ([f"{row['bears']:,g}", *(row[name] for name in names)] for row in limits))


def _costs(habits: Sequence[Row]) -> str:
    parts = list(habits[0]["cost"]["Messenger"])
    head = ("of a million, a day", "channel", *parts, "in all")
    return _table(
        head,
        (
            [each["name"], channel, *(f"{usd:,.0f}" for usd in cost.values()), f"{sum(cost.values()):,.0f}"]
            for each in habits
            for channel, cost in each["cost"].items()
        ),
    )


def _series(series: Row) -> str:
    points = series["points"]
    bars = sparkline([round(point["cpu_ms"] * 100) for point in points])
    head = (series["what"], f"requests, {series['step']}", "KB read", "CPU, ms", "")
    names = ("size", "requests", "read_kb", "cpu_ms")
    rows = ([*(f"{point[name]:,g}" for name in names), bar] for point, bar in zip(points, bars, strict=True))
    return _table(head, rows)


def _memory(readings: Sequence[Row]) -> str:
    shown = [*readings[:: max(1, len(readings) // 5)], readings[-1]]
    rows = ([f"{each['turns']:,}", f"{each['rss_mb']:g}", f"{each['blocks']:,}"] for each in shown)
    bars = sparkline([each["blocks"] for each in readings])
    return f"Blocks, from 0: `{bars}`\n\n{_table(('after turns', 'MB resident', 'blocks of Python'), rows)}"


def _or_none(value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,g}" if value else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
