"""No version of a dependency is allowed that is older than the one which the tests run with."""

from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
NESTED_JSON_IS_REFUSED_SINCE: Final = (2, 14)


def listed(file: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return [Requirement(line) for line in lines if line]


TESTED: Final = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in listed("constraints.txt")}
WANTED: Final = [*listed("requirements.txt"), *listed("requirements-dev.txt")]


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted.name)
def test_the_oldest_version_that_is_allowed_is_the_tested_one(wanted: Requirement):
    oldest = {each.version for each in wanted.specifier if each.operator in (">=", "==")}
    assert oldest == {TESTED[canonicalize_name(wanted.name)]}, (
        "Write the version of constraints.txt as the oldest one into the requirements: older ones are not tested."
    )


def test_the_tests_run_with_the_versions_that_are_deployed():
    deployed = {canonicalize_name(wanted.name) for wanted in listed("requirements.txt")}
    assert {name: version(name) for name in deployed} == {name: TESTED[name] for name in deployed}


def test_every_tested_version_is_exact():
    assert [str(pin) for pin in listed("constraints.txt") if [each.operator for each in pin.specifier] != ["=="]] == []


def test_pyjwt_refuses_json_that_is_nested_without_end():
    assert tuple(map(int, TESTED[canonicalize_name("PyJWT")].split(".")[:2])) >= NESTED_JSON_IS_REFUSED_SINCE
