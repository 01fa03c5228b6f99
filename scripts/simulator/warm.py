"""Imported by the process that execution environments are forked from: a cold start, done once for all of them."""

from chalicelib.bootstrap import heartbeat, worker

worker.worker()
heartbeat.heartbeat()
