"""One bot a story. Whatever the story is, nothing that came in may be found in the log, and CloudWatch can read it."""

from collections.abc import Iterator

import pytest

from tests import emf
from tests.flow.bot import Bot
from tests.flow.chat import Chat
from tests.threads import no_loop_of_a_browser


@pytest.fixture(autouse=True)
def _own_loop() -> Iterator[None]:
    with no_loop_of_a_browser():
        yield


@pytest.fixture
def bot() -> Iterator[Bot]:
    box = Bot()
    yield box
    _log_is_clean(box)


@pytest.fixture
def chat() -> Iterator[Chat]:
    box = Chat()
    yield box
    _log_is_clean(box.bot)


def _log_is_clean(box: Bot) -> None:
    log = box.logged.getvalue()
    assert [said for said in dict.fromkeys(box.heard) if said in log] == []
    assert [problem for line in box.log_lines() for problem in emf.problems(line)] == []
