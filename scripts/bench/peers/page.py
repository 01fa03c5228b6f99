"""Writes `docs/speed.md` and its plots from the figures of a run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from chalicelib.content import plots
from chalicelib.content.plots import Column, Plot
from scripts.bench.peers import figures
from scripts.bench.peers.figures import Figures, Memory, Row
from scripts.bench.peers.handlers import NAIVE, PARLEY
from scripts.stage.environment import ROOT

_DOCS: Final = ROOT / "docs"
FIGURES: Final = _DOCS / "speed.json"
PAGE: Final = _DOCS / "speed.md"
WARM, COLD = _DOCS / "speed-warm.svg", _DOCS / "speed-cold.svg"
_STYLE: Final = ROOT / "chalicelib" / "content" / "templates" / "plots.css"
_COLOURS: Final = (
    ":root{--soft:#59636e;--ink:#1f2328;--line:#d1d9e0;--accent:#0969da}"
    "@media(prefers-color-scheme:dark){:root{--soft:#9198a1;--ink:#f0f6fc;--line:#3d444d;--accent:#4493f8}}"
    "text{font-family:system-ui,sans-serif}.plot-picture{width:100%}"
)
_WIDE, _LEFT, _TALL = 860, 64, 182
_GOAL_WARM, _GOAL_COLD = 1.15, 1.10
_FEWEST_ROUNDS: Final = 5
"""With fewer, what else the machine does decides as much as the code."""
_HEAD: Final = """# How fast it is

<!-- Written by `python -m scripts.bench.peers`: change scripts/bench/peers/page.py and its figures, not this page. -->

Parley's webhook and worker beside what people would use in their place. Nothing was measured on AWS. In short:

{short}

Measured on {date} ({machine}), in one run with {rounds}, by

```sh
.venv/bin/{command}
```

All times are those of the measured process's CPU. The handlers take turns in each round, every figure is the median of
the rounds, and a ratio is the median of the ratios within a round. Compare the ratios: the higher the load, the more
the milliseconds exceed those of a quiet machine.

- Each handler has a process of its own. It imports the zip that Parley deploys, or the peers' packages in the same
  state. A server on the same machine answers at once as DynamoDB, Lambda, SSM, OpenAI and the Graph API do, over plain
  HTTP.
- *Cold*: a new process imports the handler (*ready*) and handles one message (*first answer*), with its calls. Python's
  own start is left out. *Source* is a zip without bytecode; AWS's SDK, which Lambda provides, has bytecode in both.
- *Warm*: a process handles {messages} messages a round.
- The other handlers are in `scripts/bench/peers/apps`. All webhooks verify the signature. None but Parley's keeps order
  or limits: [reliability](reliability.md#beside-others-on-the-same-schedules) says what such bots lose and double.
"""


_WORKER: Final = """## The worker

One turn: read the conversation, ask the model, store its answer, send it by Messenger. Parley's worker also takes and
releases the lease, reads the person, charges, reserves and settles, and tells Messenger that it has seen the message.
"""
_WHY: Final = """What a start takes beside AWS's three clients, on 30 November 2026 (Python 3.13, load 15 to 20):

- `app.py` loads 118 of Parley's modules in the API handler, with 108 data classes; it was 203 with 166. In seven
  interleaved rounds of processes with bytecode, the ratio to three clients fell from 1.89 to 1.41 with that.
- A frozen data class of five fields takes 0.6 ms of CPU, so the 108 take 65 of the 113 ms that Parley's start takes
  more than the clients' 299. The goal leaves 30 ms for all of it. What is left to load are types of ports, turns and
  settings, which nearly all of the webhook's modules use; more would need types of its own for the webhook.
- Count the modules: `AWS_LAMBDA_FUNCTION_NAME=parley-dev .venv/bin/python -X importtime -c "import app" 2>&1 |
  grep -c chalicelib`, with `AWS_DEFAULT_REGION` set. `tests/architecture/test_cold_start.py` refuses those of others.

What a warm webhook takes: of 20.5 ms in a profile, which makes everything slower, the transaction's call took 9.1, the
invocation 7.1, the writes' expressions 2.5, and Chalice, signature, parser and log 1.8. A view with one put and one
invoke took 21 ms in such a profile. Not profiled, Parley's larger transaction shows: it has 2.5 KB with three
conditions, where the put is one of 0.1 KB. Without botocore's validation and its name of a dozen parts, the ratio fell
from 1.53 to 1.30 in 80 interleaved rounds (load 29), with the fastest rounds at 2.25 and 1.89 ms.
"""
_PROOF: Final = """## Prove it

```sh
.venv/bin/python -m scripts.bench.peers --quick   # one round of few messages; writes nothing
.venv/bin/python -m scripts.bench.peers           # all of it; writes this page
scripts/check tests/cli/test_bench_peers.py       # this page is what its figures, docs/speed.json, say
```
"""


def write(found: Figures) -> None:
    """Write the figures, the page and its plots."""
    for file, text in files(found).items():
        file.write_text(text)


def files(found: Figures) -> Mapping[Path, str]:
    """Return what is written into each file."""
    return {
        FIGURES: figures.dumped(found),
        PAGE: rendered(found),
        WARM: warm_plot(found),
        COLD: cold_plot(found),
    }


def rendered(found: Figures) -> str:
    """Return the page."""
    head = _HEAD.format(
        command=found.command,
        date=found.date,
        machine=found.machine,
        rounds="one round" if found.rounds == 1 else f"{found.rounds} rounds",
        messages=found.messages,
        short=_short(found),
    )
    parts = [
        head,
        "## A message at the webhook\n",
        f"![CPU time of a warm webhook for each message; the table has the numbers]({WARM.name})\n",
        _warm_table(found.doors),
        "## The start of the webhook\n",
        f"![CPU time from the import to the first answer; the table has the numbers]({COLD.name})\n",
        _cold_table(found.doors, "three AWS clients in a bare app"),
        _WORKER,
        _warm_table(found.workers),
        _cold_table(found.workers, "the function with one query and one put"),
        "## Goals\n",
        _goals(found),
        _WHY,
        "## Memory\n",
        *(_memory(each) for each in found.memory),
        _PROOF,
    ]
    return "\n".join(parts)


def _short(found: Figures) -> str:
    """What Parley's handlers take, beside the ones that ratios are of."""
    [webhook], [worker] = ([row for row in rows if row.name == PARLEY] for rows in (found.doors, found.workers))
    state, start = list(webhook.starts.items())[-1]
    few = f"- **These figures say little**: they are of fewer than {_FEWEST_ROUNDS} rounds.\n"
    return (
        f"{few if found.rounds < _FEWEST_ROUNDS else ''}"
        f"- A message takes the webhook {webhook.warm.cpu_ms:.2f} ms of CPU, {webhook.warm.cpu_ratio:.2f} times as "
        "much as a view with one put and one invoke.\n"
        f"- A start of the webhook takes {start.ready_ms:.0f} ms ({state}), {start.ready_ratio:.2f} times as much as a "
        "bare app with three AWS clients.\n"
        f"- A turn takes the worker {worker.warm.cpu_ms:.2f} ms, {worker.warm.cpu_ratio:.2f} times as much as a "
        f"function with one query and one put: it makes {worker.calls_a_message:.0f} calls to AWS."
    )


def _warm_table(rows: Sequence[Row]) -> str:
    other = next(row.what for row in rows if row.name == NAIVE)
    rates = "messages a second of CPU | messages a second, with the server's time"
    head = f"| | CPU a message | ratio to {other} | {rates} | calls to AWS |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *map(_warm_row, rows), ""])


def _warm_row(row: Row) -> str:
    shown = f"{row.calls_a_message:.0f}"
    cells = (
        f"{row.warm.cpu_ms:.2f} ms",
        f"{row.warm.cpu_ratio:.2f}",
        _a_second(row.warm.cpu_ms),
        _a_second(row.warm.wall_ms),
        shown,
    )
    return f"| {row.what} | {' | '.join(cells)} |"


def _a_second(ms: float) -> str:
    return f"{1000 / ms:,.0f}"


def _cold_table(rows: Sequence[Row], other: str) -> str:
    states = list(rows[0].starts)
    head = "".join(f" ready, {state} | first answer, {state} |" for state in states)
    lines = [f"CPU, and the ratio to {other}:\n", f"| |{head}", "| --- |" + " --- | --- |" * len(states)]
    return "\n".join([*lines, *map(_cold_row, rows), ""])


def _cold_row(row: Row) -> str:
    cells = (
        f"{ms:.0f} ms, {ratio:.2f}"
        for start in row.starts.values()
        for ms, ratio in ((start.ready_ms, start.ready_ratio), (start.first_ms, start.first_ratio))
    )
    return f"| {row.what} | {' | '.join(cells)} |"


def _goals(found: Figures) -> str:
    parley = next(row for row in found.doors if row.name == PARLEY)
    lines = ["| goal | at most | measured | |", "| --- | --- | --- | --- |"]
    lines.append(
        _goal(
            "a warm webhook, to the view with one put and one invoke", _GOAL_WARM, parley.warm.cpu_ratio, found.rounds
        )
    )
    for state, start in parley.starts.items():
        lines.append(_goal(f"its start, to three AWS clients, {state}", _GOAL_COLD, start.ready_ratio, found.rounds))
    return "\n".join([*lines, ""])


def _goal(what: str, most: float, ratio: float, rounds: int) -> str:
    verdict = "met" if ratio <= most else "not met"
    verdict = verdict if rounds >= _FEWEST_ROUNDS else "too few rounds to say"
    return f"| {what} | {most:.2f} | {ratio:.2f} | {verdict} |"


def _memory(found: Memory) -> str:
    shown = ", ".join(f"{turns:,}: {kb / 1024:.1f} MB" for turns, kb in zip(found.turns, found.kb, strict=True))
    return f"{found.what}, memory in use after so many messages in one process: {shown}.\n"


def warm_plot(found: Figures) -> str:
    """Return the plot of the CPU time of a message at the webhooks, as an SVG file."""
    rows = [row for row in found.doors if row.calls_a_message]
    return _file("A message at a warm webhook", rows, lambda row: row.warm.cpu_ms)


def cold_plot(found: Figures) -> str:
    """Return the plot of the webhooks' starts until the first answer, as an SVG file."""
    return _file("From the import to the first answer", found.doors, lambda row: [*row.starts.values()][-1].first_ms)


def _file(title: str, rows: Sequence[Row], ms: Callable[[Row], float]) -> str:
    drawn = plots.picture(_plot(title, list(_columns(rows, ms))))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{_TALL}">'
        f"<style>{_COLOURS}{_STYLE.read_text()}</style>"
        f'<svg x="{_LEFT}" y="8" width="{_WIDE - _LEFT - 8}" height="{_TALL}" overflow="visible">{drawn}</svg></svg>\n'
    )


def _columns(rows: Sequence[Row], ms: Callable[[Row], float]) -> Iterator[Column]:
    for row in rows:
        shown = f"{ms(row):.2f} ms" if ms(row) < 10 else f"{ms(row):.0f} ms"  # noqa: PLR2004 (two digits are enough)
        yield Column(row.name, row.what, max(1, round(ms(row) * 1000)), shown)


def _plot(title: str, columns: Sequence[Column]) -> Plot:
    summary = ", ".join(f"{column.name} {column.shown}" for column in columns)
    return Plot(title, summary, columns, ("", ""), lambda value: f"{value / 1000:g} ms", "", "")
