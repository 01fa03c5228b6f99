"""Tests that the end of a Python version on Lambda is said in time."""

import sys
from datetime import date

import pytest

from scripts.deploy.runtimes import BEST, LIVES, ending


@pytest.mark.parametrize(
    ("runtime", "today", "words"),
    [
        ("python3.11", date(2026, 6, 29), ""),
        ("python3.11", date(2026, 6, 30), "python3.11 ends on 30 June 2027, and updates on 31 August 2027"),
        ("python3.11", date(2026, 11, 29), "python3.11 ends on 30 June 2027, and updates on 31 August 2027"),
        ("python3.11", date(2027, 6, 30), "python3.11 ends on 30 June 2027, and updates on 31 August 2027"),
        ("python3.11", date(2027, 7, 1), "python3.11 ended on 30 June 2027, and updates on 31 August 2027"),
        (
            "python3.11",
            date(2027, 9, 1),
            "python3.11 has ended: Lambda has refused updates of functions since 31 August 2027",
        ),
        ("python3.12", date(2026, 11, 29), ""),
        ("python3.13", date(2026, 11, 29), ""),
        ("python3.14", date(2029, 1, 1), "python3.14 ends on 30 June 2029, and updates on 31 August 2029"),
        ("python3.99", date(2099, 1, 1), ""),
    ],
)
def test_a_runtime_is_reported_from_a_year_before_its_end(runtime: str, today: date, words: str):
    assert ending(runtime, today) == words


def test_the_python_to_deploy_with_is_known_and_outlives_the_oldest_that_is_allowed():
    assert LIVES[f"python{BEST}"].supported_until > LIVES["python3.11"].supported_until


def test_the_python_of_these_tests_is_known():
    assert f"python{sys.version_info.major}.{sys.version_info.minor}" in LIVES
