"""Lets Ctrl+C end the commands that tests start, also where a shell runs the tests in the background.

Such a shell ignores the signal, and every process that is started there inherits this.
"""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
