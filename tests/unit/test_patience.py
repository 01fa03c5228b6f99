"""How long each function repeats what DynamoDB refuses for the moment; each has a process of its own, as in Lambda."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
META_WAITS_S: Final = 5
ASKED: Final = """
import json
from chalicelib.bootstrap import api, websocket, worker
waiting = {"api": api.webhook().inbox, "websocket": websocket.handler().ingest.inbox, "worker": worker.ports().inbox}
print(json.dumps({name: inbox.table.patience_s for name, inbox in waiting.items()}))
"""


@pytest.mark.slow
def test_functions_whose_callers_wait_give_up_before_meta_does_and_a_worker_later():
    aws = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    asked = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=ROOT,
        env={**os.environ, **aws, "PARLEY_STAGE": "prod"},
        capture_output=True,
        text=True,
        check=True,
    )
    patience_s = json.loads(asked.stdout)
    assert patience_s["api"] == patience_s["websocket"] < META_WAITS_S < patience_s["worker"]
