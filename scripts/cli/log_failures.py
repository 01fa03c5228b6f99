"""Recognises errors that Parley did not log itself: those of Lambda, of its Python runtime, of Chalice and of Python.

The formats are those of Lambda's system logs, as text and as JSON (developer guide, "Telemetry API event schema"), of
the runtime's client (`awslambdaric`, `bootstrap.py` and `lambda_runtime_log_utils.py`), and of Chalice's handler of
unhandled exceptions (`chalice/app.py`, `_unhandled_exception_to_response`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_TIMED_OUT: Final = re.compile(r"(?:\S+ \S+ )?Task timed out after (?P<seconds>\d+(?:\.\d+)?) seconds", re.ASCII)
_REPORT: Final = re.compile(
    r"(?P<what>INIT_REPORT|RESTORE_REPORT|REPORT) .*?Duration: (?P<ms>\d+(?:\.\d+)?) ms"
    r".*\bStatus: (?P<status>error|timeout|failure)(?:\s+Error Type: (?P<type>\S+))?",
    re.DOTALL | re.ASCII,
)
_DIED: Final = re.compile(r"RequestId: (?P<request>\S+) (?:Error: )?(?P<words>(?:(?<=Error: )|Process exited)[^\r\n]*)")
_RAISED: Final = re.compile(r"\[(?:ERROR|CRITICAL)\] ?(?P<line>[^\r\n]*)")
_LOGGED: Final = re.compile(r"\[(?:ERROR|CRITICAL)\]\t\S*\t(?P<request>\S*)\t(?P<words>[^\r\n]*)")
_NAMED: Final = re.compile(r"(?:\S+ - (?:ERROR|CRITICAL) - |(?:ERROR|CRITICAL):[\w.]+:)(?P<words>[^\r\n]*)")
"""The formats of a logger that Chalice configures, and of Python's `basicConfig`."""
_CAUGHT: Final = re.compile(r"Caught exception for path (?P<path>\S+)")
_IN_THREAD: Final = re.compile(r"Exception in thread [^\r\n]*:$|Fatal Python error: [^\r\n]*", re.MULTILINE)
_TYPE: Final = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<words>.*))?")
_FRAME: Final = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_LEVELS: Final = frozenset({"ERROR", "CRITICAL", "FATAL"})
_REPORTS: Final = {
    "platform.report": "REPORT",
    "platform.initReport": "INIT_REPORT",
    "platform.restoreReport": "RESTORE_REPORT",
}
_BAD: Final = frozenset({"error", "timeout", "failure"})
TRACEBACK: Final = "Traceback (most recent call last):"

Found = Mapping[str, str]
"""The values of a line: `error`, and where known `message`, `path`, `place` and `request_id`."""


def find(text: str) -> Found | None:
    """Describe the error that a log event reports; None if it reports none. Never raises."""
    document = _document(text)
    found = _in_text(text) if document is None else _in_json(document)
    return {name: value for name, value in found.items() if value} if found else None


def opens(line: str) -> bool:
    """Whether a line of plain text begins the report of an exception, whose other lines follow."""
    return line == TRACEBACK or any(head.match(line) for head in (_CAUGHT, _NAMED, _IN_THREAD))


def _document(text: str) -> Mapping[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _in_text(text: str) -> Found | None:
    if timed_out := _TIMED_OUT.match(text):
        return {"error": f"timed out after {float(timed_out['seconds']):g} s"}
    if report := _REPORT.match(text):
        return {"error": _reported(report["what"], report["status"], float(report["ms"]), report["type"] or "")}
    if logged := _LOGGED.match(text) or _NAMED.match(text):
        return {**_logged(logged["words"], text), "request_id": logged.groupdict().get("request", "")}
    if raised := _RAISED.match(text):
        return {**_raised(raised["line"] or "error"), "place": _place(text)}
    if died := _DIED.match(text):
        return {"error": died["words"], "request_id": died["request"]}
    if opens(first := text.splitlines()[0] if text else ""):
        return _logged("" if first == TRACEBACK else first, text)
    return None


def _in_json(document: Mapping[str, Any]) -> Found | None:
    match document:
        case {"type": "platform.fault", "record": str(record)}:
            return _in_text(record)
        case {"type": str(kind), "record": dict(record)} if kind in _REPORTS and record.get("status") in _BAD:
            ms, type_ = _number(record.get("metrics"), "durationMs"), _text(record, "errorType")
            reported = _reported(_REPORTS[kind], str(record["status"]), ms, type_)
            return {"error": reported, "request_id": _text(record, "requestId")}
        case {"level": str(level)} if level in _LEVELS:
            words, path = _caught(_text(document, "message"))
            error, message = _text(document, "errorType"), _text(document, "errorMessage")
            frames = document.get("stackTrace")
            return {
                "error": error or words or message or "error",
                "message": _joined(message if error else "", words if error else ""),
                "path": path,
                "place": _place("".join(map(str, frames)) if isinstance(frames, list) else ""),
                "request_id": _text(document, "requestId"),
            }
    return None


def _logged(words: str, text: str) -> Found:
    """Describe an error that a logger wrote: the exception of its traceback if it has one, else its words."""
    words, path = _caught(words)
    raised = _raised(_raised_line(re.split(r"[\r\n]+", text)))
    if not raised["error"]:
        return {"error": words or "error", "path": path}
    type_ = raised["error"].rpartition(".")[2]
    return {"error": type_, "message": _joined(raised["message"], words), "path": path, "place": _place(text)}


def _caught(words: str) -> tuple[str, str]:
    """Split Chalice's words into nothing and the path of the request; others have no path."""
    caught = _CAUGHT.match(words)
    return ("", caught["path"]) if caught else (words.strip(), "")


def _raised_line(lines: Sequence[str]) -> str:
    """Return the line `type: message` below the last traceback; a traceback's own lines are indented."""
    last = max((number for number, line in enumerate(lines) if line.endswith(TRACEBACK)), default=len(lines))
    return next((line for line in lines[last + 1 :] if line and not line[0].isspace()), "")


def _raised(line: str) -> dict[str, str]:
    """Split `type: message`; a line of another form is an error without a message."""
    split = _TYPE.fullmatch(line.strip())
    return {"error": split["type"], "message": split["words"] or ""} if split else {"error": line, "message": ""}


def _place(text: str) -> str:
    """Return file and line of the innermost frame in Parley's code, or else of the innermost; empty without frames."""
    frames = list(_FRAME.finditer(text))
    ours = [frame for frame in frames if "/chalicelib/" in frame["file"]]
    if not frames:
        return ""
    frame = (ours or frames)[-1]
    folder, _, inside = frame["file"].rpartition("/chalicelib/")
    return f"{'chalicelib/' if folder else ''}{inside if folder else frame['file']}:{frame['line']}"


def _reported(what: str, status: str, ms: float, type_: str) -> str:
    seconds = f"{ms / 1000:.3g} s"
    match what, status:
        case "REPORT", "timeout":
            return f"timed out after {seconds}"
        case "REPORT", _:
            return "ran out of memory" if type_ == "Runtime.OutOfMemory" else type_ or "failed"
        case _, "timeout":
            return f"did not start within {seconds}"
    return f"did not start: {type_ or 'no reason given'}"


def _joined(*words: str) -> str:
    return ", ".join(filter(None, words))


def _text(values: Mapping[str, Any], name: str) -> str:
    return str(values.get(name) or "").partition("\n")[0]


def _number(values: Any, name: str) -> float:
    value = values.get(name) if isinstance(values, dict) else None
    return float(value) if isinstance(value, int | float) else 0.0
