"""Stories by seed: what is counted of them, and what names the one that breaks a promise."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from tests.faults import mutants, run
from tests.faults.kinds import KINDS, simulated
from tests.faults.played import Kind, Told, Totals, counted, kind_of, played
from tests.faults.schedules import happy


def test_each_kind_has_its_share_of_the_seeds():
    shares = {name: kind.share for name, kind in KINDS.items()}
    names = [kind_of(seed, KINDS) for seed in range(3 * sum(shares.values()))]
    assert {name: names.count(name) for name in KINDS} == {name: 3 * share for name, share in shares.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_tells_the_same_story_again(kind: str):
    first, second = (KINDS[kind].tell(3) for _ in range(2))
    assert first == second
    assert first.ends


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_each_kind_breaks_no_promise(kind: str):
    total = played({kind: KINDS[kind]}, range(KINDS[kind].sample))
    assert [(broken.command, broken.promises) for broken in total.broken] == []


def test_what_was_played_in_two_parts_is_counted_as_in_one():
    assert played(KINDS, range(6)) + played(KINDS, range(6, 15)) == played(KINDS, range(15))


def test_a_repetition_is_counted_at_its_crash_only_where_nothing_else_went_wrong():
    one = Told(faults=["Crash after sender.deliver"], answers_repeated=1)
    two = replace(one, faults=[*one.faults, "StoreError before inbox.take"])
    total = counted("poor", 0, one) + counted("poor", 1, two)
    assert total.repeated_after == {"after sender.deliver": 1}
    assert (total.crashes, total.errors) == ({"after sender.deliver": 2}, {"StoreError before inbox.take": 1})
    assert total.answers_repeated == 2


def test_the_first_story_that_breaks_a_promise_ends_it_and_is_named():
    worse = Kind(lambda seed: simulated(happy(seed, makes_inbox=mutants.KeepsNothing)), share=1, sample=1)
    total = played({"happy": worse}, range(7, 1000))
    [broken] = total.broken
    assert (broken.kind, broken.seed, total.number) == ("happy", 7, 1)
    assert "an accepted message is kept" in broken.promises
    assert broken.command == "python -m tests.faults.run --kind happy --seed 7"


def test_a_story_that_ends_by_an_error_is_a_broken_promise():
    def fails(_: int) -> Told:
        raise KeyError("anna")

    [broken] = played({"odd": Kind(fails, share=1, sample=1)}, [3]).broken
    assert broken.promises == ("the story ends by itself: KeyError: 'anna'",)


def test_the_command_writes_what_it_played(tmp_path):
    to = tmp_path / "played.json"
    done = CliRunner().invoke(run.main, ["--kind", "unhappy", "--seed", "5", "--schedules", "3", "--json", str(to)])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("3 schedules with ")
    written = json.loads(to.read_text())
    assert written.keys() == Totals().as_json().keys() | {"seconds"}
    assert written["schedules"] == {"unhappy": 3}


def test_the_command_says_how_a_broken_story_is_told_again(monkeypatch: pytest.MonkeyPatch):
    broken = Kind(lambda _: Told(broken=["nothing is lost"], faults=["Crash after inbox.take"]), share=1, sample=1)
    monkeypatch.setitem(KINDS, "poor", broken)
    done = CliRunner().invoke(run.main, ["--kind", "poor", "--seed", "9"])
    assert done.exit_code == 1
    assert "broken: nothing is lost\n  Crash after inbox.take\n" in done.output
    assert "tell it again: python -m tests.faults.run --kind poor --seed 9" in done.output
