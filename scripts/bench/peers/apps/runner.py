"""Runs one handler in a process of its own and measures it; imports no more than that, so that a cold start is whole.

Reads lines of JSON: each is a list of events. Writes a line with what their handling took.
"""

import importlib
import json
import os
import sys
import time
from typing import Any

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Context:
    """What Lambda gives to a handler beside the event."""

    function_name = "measured"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:measured"
    memory_limit_in_mb = 1024
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    log_group_name = log_stream_name = ""
    client_context = identity = tenant_id = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds that are left."""
        return 300_000


def memory_kb() -> int:
    """Return the memory that this process has in use now."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 (pathlib is slow to import)
        return int(file.read().split()[1]) * _PAGE // 1024


def main() -> None:
    """Import the handler in the first argument, `module:name`, and handle what the lines ask for."""
    module, name = sys.argv[1].split(":")
    reports = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a handler prints is no report
    first: list[Any] = json.loads(sys.stdin.readline())
    began = time.process_time()
    handler = getattr(importlib.import_module(module), name)
    ready = time.process_time()
    answer = handler(first[0], Context())
    ended = time.process_time()
    report = {"ready_ms": (ready - began) * 1000, "first_ms": (ended - began) * 1000, "answer": repr(answer)}
    print(json.dumps(report), file=reports, flush=True)
    for line in sys.stdin:
        events, context = json.loads(line), Context()
        began, went = time.process_time(), time.perf_counter()
        for event in events:
            handler(event, context)
        cpu, wall = time.process_time() - began, time.perf_counter() - went
        figures = {"cpu_ms": cpu * 1000 / len(events), "wall_ms": wall * 1000 / len(events), "rss_kb": memory_kb()}
        print(json.dumps(figures), file=reports, flush=True)


if __name__ == "__main__":
    main()
