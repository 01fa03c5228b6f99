"""Checks that the worker may run for as long as the owner lets an answer take."""

from math import ceil
from typing import Final

from chalicelib.errors import ConfigError
from scripts.stage.config_file import StageVariables

_NAME: Final = "PARLEY_ANSWER_SECONDS"


def check(variables: StageVariables, worker_timeout_s: int) -> None:
    """Raise ConfigError if Lambda would end the worker before an answer that may take so long, and its delivery.

    Without the setting an answer takes what is left, so that a shorter timeout alone is no fault.
    """
    if _NAME not in variables.values:
        return
    from chalicelib.conversation.turn_context import MODEL_SHARE  # noqa: PLC0415 (few set it; commands start faster)

    answer_s, most = variables.settings().limits.answer_s, int(worker_timeout_s * MODEL_SHARE)
    if answer_s > most:
        reason = (
            f"{_NAME} is {answer_s}, but the worker's lambda_timeout of {worker_timeout_s} leaves {most} for an "
            f"answer; set lambda_timeout to {ceil(answer_s / MODEL_SHARE)}, or {_NAME} to {most}"
        )
        raise ConfigError(variables.located(_NAME, reason))
