"""Finds the demos that the owner runs on this machine. Each has a note with its address while it runs."""

import json
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from chalicelib.errors import ConfigError
from scripts.stage.hints import PROGRAM

ADDRESS: Final = "PARLEY_DEMO_URL"
"""The variable that chooses one of several demos, or one that has no note."""
_TIMEOUT_S: Final = 5


def note(folder: Path, port: int) -> Path:
    """Return the path of the note of the demo on a port."""
    return folder / f"demo-{port}.json"


def leave_note(path: Path, url: str) -> None:
    """Let commands find the demo at `url`, until its note is deleted."""
    path.write_text(json.dumps({"url": url}))


def running(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the facts of the demos that respond, by address, the one started last first."""
    notes = sorted(folder.glob("demo-*.json"), key=_time_of, reverse=True)
    urls = dict.fromkeys(url for found in notes if (url := _url_in(found)))
    return {url: facts for url in urls if (facts := _ask(url))}


def chosen(env: Mapping[str, str], folder: Path) -> Mapping[str, Any]:
    """Return the facts of the demo that `PARLEY_DEMO_URL` names, or else of the only one that runs.

    Raises ConfigError if there is none, or several without a choice.
    """
    named = env.get(ADDRESS)
    if named:
        facts = _ask(named)
        found = {named: facts} if facts else {}
    else:
        found = dict(running(folder))
    if not found:
        raise ConfigError(f"no demo is running: start one with {PROGRAM} demo")
    if len(found) > 1:
        choices = " or ".join(f"{ADDRESS}={url}" for url in found)
        raise ConfigError(f"{len(found)} demos are running: begin the command with {choices}")
    return next(iter(found.values()))


def _time_of(path: Path) -> float:
    """Return when a note was written; 0 if it has just been deleted."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def _url_in(path: Path) -> str:
    """Return the address in a note; empty if it is gone or was not written whole."""
    try:
        return str(json.loads(path.read_text())["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _ask(url: str) -> Mapping[str, Any] | None:
    """Request the facts of the demo at `url`; None if none responds there."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/world", timeout=_TIMEOUT_S) as answer:
            facts = json.load(answer)
        return {
            "settings": {name: str(value) for name, value in facts["settings"].items()},
            "region": str(facts["aws_region"]),
            "endpoint": str(facts["aws_endpoint_url"]),
            "log_file": str(facts["log_file"]),
            "url": url,
        }
    except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return None
