from pathlib import Path

import click
import pytest

from scripts.bench.cold import Start, Zip, bare_project, measure, on_lambda, runtime, table, unpacked

WEBHOOK = "`api_handler`, ready for its first message"
BARE = "a bare Chalice app with one route"


def bare(tmp_path: Path, *, bytecode: bool) -> Start:
    project = bare_project(tmp_path / f"project-{bytecode}")
    return Start(BARE, unpacked("the bare app", project, tmp_path, bytecode=bytecode), "import app")


def test_both_kinds_of_zip_are_started_as_often_as_wanted_and_no_bytecode_is_left_behind(tmp_path: Path):
    starts = [bare(tmp_path, bytecode=bytecode) for bytecode in (False, True)]
    times = measure(starts, runtime(tmp_path / "runtime"), runs=2)
    assert [len(took) for took in times.values()] == [2, 2]
    assert [any(start.zip.folder.rglob("*.pyc")) for start in starts] == [False, True]


def test_a_zip_that_is_not_of_its_kind_is_noticed(tmp_path: Path):
    (tmp_path / "app.py").touch()
    start = Start(BARE, Zip("the bare app", tmp_path, 1, bytecode=True), "import app")
    with pytest.raises(click.ClickException, match="the zip must have bytecode in the second column only"):
        measure([start], runtime(tmp_path / "runtime"), runs=1)


def test_a_start_is_computed_for_lambda_with_and_without_its_init_phase(tmp_path: Path):
    zipped = Zip("Parley", tmp_path, 10_000, bytecode=True)
    rows = {"`app.py`, without the services of any function": 300, "`worker`, with the model's SDK": 900}
    rows |= {WEBHOOK: 320, "`websocket_message`, ready for its first frame": 350, "`heartbeat`": 310}
    times = {Start(what, zipped, "import app"): [took] for what, took in rows.items()}
    memory = {"api_handler": 1024, "websocket_message": 1769, "worker": 512, "heartbeat": 256}
    assert list(on_lambda(times, memory)) == [
        "api_handler, 1024 MB (0.58 CPU): 320 ms; 335 ms in the handler",
        "websocket_message, 1769 MB (1.00 CPU): 350 ms; 350 ms in the handler",
        "worker, 512 MB (0.29 CPU): 900 ms; 2373 ms in the handler",
        "heartbeat, 256 MB (0.14 CPU): 310 ms; 369 ms in the handler",
    ]


def test_the_table_tells_median_and_range_and_compares_like_with_like(tmp_path: Path):
    (tmp_path / "app.py").write_bytes(b"#" * 20_000)
    source, bytecode = (Zip("Parley", tmp_path, 10_000, bytecode=has) for has in (False, True))
    times = {
        Start(BARE, source, ""): [20, 30, 70],
        Start(WEBHOOK, source, ""): [300, 90, 60],
        Start(BARE, bytecode, ""): [10],
        Start(WEBHOOK, bytecode, ""): [50],
    }
    assert table(times).splitlines()[2:] == [
        f"| {BARE} | 30 ms (20 to 70), 1.0 times the bare app | 10 ms (10 to 10), 1.0 times the bare app |",
        f"| {WEBHOOK} | 90 ms (60 to 300), 3.0 times the bare app | 50 ms (50 to 50), 5.0 times the bare app |",
        "| Parley's zip, packed / unpacked | 0.01 / 0.02 MB | 0.01 / 0.02 MB |",
    ]
