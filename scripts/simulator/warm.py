"""Does the cold start of worker and heartbeat once, in the process from which execution environments are forked."""

from chalicelib.bootstrap import heartbeat, worker

worker.worker()
heartbeat.heartbeat()
