"""Does the cold start of worker and heartbeat once, in the process from which execution environments are forked."""

from chalicelib import bootstrap

bootstrap.worker()
bootstrap.heartbeat()
