from dataclasses import replace

import pytest
from click.testing import CliRunner

from scripts.bench.peers import figures, page
from scripts.bench.peers.__main__ import main, measured, memory
from scripts.bench.peers.figures import Figures, Memory, Row, Start, Warm
from scripts.bench.peers.handlers import DOORS, NAIVE, PARLEY, WORKERS
from scripts.bench.peers.processes import installed
from scripts.bench.peers.stub import served_stub


def test_the_page_and_its_plots_are_made_of_the_figures_beside_it():
    found = figures.loaded(page.FIGURES.read_text())
    assert figures.dumped(found) == page.FIGURES.read_text()
    for file, text in page.files(found).items():
        assert file.read_text() == text, f"{file.name} is not what scripts/bench/peers/page.py makes of speed.json"


def test_parley_and_the_naive_peer_are_measured_and_their_calls_are_counted():
    handlers = [handler for handler in DOORS if handler.name in (PARLEY, NAIVE)]
    with served_stub() as stub:
        rows = measured(handlers, [installed(stub.url)], stub, rounds=1, messages=2, starts_as=NAIVE)
        kept = memory(handlers[1], installed(stub.url), turns=10)
    assert {row.name: row.calls for row in rows} == {
        PARLEY: {"TransactWriteItems": 1, "Invoke": 1},
        NAIVE: {"PutItem": 1, "Invoke": 1},
    }
    assert rows[1].starts["installed"].ready_ratio == rows[1].warm.cpu_ratio == 1
    assert all(0 < row.starts["installed"].ready_ms <= row.starts["installed"].first_ms for row in rows)
    assert (list(kept.turns), len(kept.kb)) == (list(range(1, 11)), 10)


@pytest.mark.full
def test_every_peer_still_answers_a_message():
    done = CliRunner().invoke(main, ["--quick"], catch_exceptions=False)
    assert done.exit_code == 0
    for handler in (*DOORS, *WORKERS):
        assert f"| {handler.what} |" in done.output


def row(name: str, cpu_ratio: float, *, source: float, bytecode: float) -> Row:
    starts = {
        "source": Start(100, 110, source, source),
        "bytecode": Start(50, 60, bytecode, bytecode),
    }
    return Row(name, f"what {name} does", starts, Warm(1.5, cpu_ratio, 2), {"PutItem": 1, "Invoke": 1})


def test_the_page_says_which_goals_are_met():
    doors = [row(PARLEY, 1.14, source=1.11, bytecode=1.10), row(NAIVE, 1, source=0.9, bytecode=0.9)]
    found = Figures("2026-11-30", "a machine", "a command", 5, 100, doors, doors, [Memory("a webhook", [10], [2048])])
    lines = page.rendered(found).splitlines()
    assert "| a warm webhook, to the view with one put and one invoke | 1.15 | 1.14 | met |" in lines
    assert "| its start, to three AWS clients, source | 1.10 | 1.11 | not met |" in lines
    assert "| its start, to three AWS clients, bytecode | 1.10 | 1.10 | met |" in lines
    few = page.rendered(replace(found, rounds=1))
    assert "| 1.15 | 1.14 | too few rounds to say |" in few
    assert "These figures say little" in few
    assert "These figures say little" not in "\n".join(lines)
    assert (
        "- A message takes the webhook 1.50 ms of CPU, 1.14 times as much as a view with one put and one invoke."
        in lines
    )
    assert "| what naive does | 1.50 ms | 1.00 | 667 | 500 | 2 |" in lines


def test_a_ratio_is_of_the_same_round():
    busy, quiet = {"cpu_ms": 40.0, "wall_ms": 1.0}, {"cpu_ms": 2.0, "wall_ms": 1.0}
    peer = [{"cpu_ms": 20.0, "wall_ms": 1.0}, {"cpu_ms": 1.0, "wall_ms": 1.0}]
    assert Warm.of([busy, quiet], peer).cpu_ratio == 2
