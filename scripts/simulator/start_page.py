"""Fills in the start page: links to the channels, and what is known about the model."""

from html import escape
from typing import Final

from scripts.simulator.model_watch import ModelWatch, State

_AGAIN_S: Final = 3
"""How often the page loads itself while no model answers; it has no scripts."""


def start_page(template: str, model: ModelWatch, config_id: str) -> str:
    """Return the page for the state of the model and the id of the demo's API key."""
    waits = model.state is not State.ANSWERS
    filled = {
        "{config_id}": escape(config_id),
        "{refresh}": f'<meta http-equiv="refresh" content="{_AGAIN_S}">' if waits else "",
        "{model}": _model(model),
        "{privacy}": _privacy(model),
    }
    for blank, text in filled.items():
        template = template.replace(blank, text)
    return template


def _model(model: ModelWatch) -> str:
    if model.problem:
        reason, cure = escape(model.problem.reason), escape(model.problem.cure)
        strong = "<strong>The model does not answer.</strong>"
        return f'<p class="trouble" role="status" data-testid="model-trouble">{strong} {reason} {cure}</p>'
    if model.state is State.ASKING:
        return f'<p class="hint" role="status">{escape(model.name)} is being asked for a word …</p>'
    return ""


def _privacy(model: ModelWatch) -> str:
    if not model.place:
        return "A fake model answers: nothing leaves this computer."
    return f"What you write goes to {escape(model.name)} at {escape(model.place)}."
