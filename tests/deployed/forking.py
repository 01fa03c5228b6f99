"""Starts Python programs as forks of a process that has imported the modules most of them need.

`Forks.loaded` starts that process, and `start` is for a program what `subprocess.Popen` is: a process of its own, with
its own environment, folder and pipes. Needs the standard library only: the emulator's environment has nothing else.
"""

import gc
import hashlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NoReturn, TextIO

_MESSAGE = 1_000_000
"""The most bytes of a program's description."""
_NUMBER = 16
"""The bytes of an id and an exit code."""


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a zip into `folder`, if it is not there yet; returns where."""
    home = folder.resolve() / hashlib.sha256(archive.read_bytes()).hexdigest()
    if not home.exists():
        partial = tempfile.mkdtemp(dir=folder)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(partial)
        Path(partial).rename(home)
    return home


class Fork:
    """A program that runs in a fork. `kill` and `wait` are those of `subprocess.Popen`."""

    def __init__(self, pid: int, status: int, stdin: TextIO, stdout: TextIO, stderr: TextIO) -> None:
        self.pid, self.stdin, self.stdout, self.stderr = pid, stdin, stdout, stderr
        self.returncode: int | None = None
        self._status = status
        """The end of a pipe on which the exit code comes, after the id."""
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit code, if it has ended."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def communicate(self, given: str, timeout: float) -> tuple[str, str]:
        """Send text, and return its output and errors when it has ended. Raises TimeoutExpired, and ends it then."""
        said = ["", ""]

        def read(number: int, stream: TextIO) -> None:
            said[number] = stream.read()

        readers = [threading.Thread(target=read, args=one) for one in enumerate((self.stdout, self.stderr))]
        for reader in readers:
            reader.start()
        with suppress(BrokenPipeError), self.stdin:
            self.stdin.write(given)
        try:
            self.wait(timeout)
        finally:
            self.kill()
            for reader in readers:
                reader.join()
            for stream in (self.stdout, self.stderr):
                stream.close()
        return said[0], said[1]

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self.poll() is None:
                os.kill(self.pid, number)

    def _ended(self, seconds: float | None) -> int | None:
        with self._lock:
            if self.returncode is None and select.select([self._status], [], [], seconds)[0]:
                self.returncode = int(os.read(self._status, _NUMBER) or b"-9")
                os.close(self._status)
        return self.returncode


class Forks:
    """A process that has imported packages, some of them from the folder `path`, and is forked for each program."""

    def __init__(self, end: socket.socket, process: "subprocess.Popen[bytes] | None" = None) -> None:
        self.end = end
        """Where programs are asked for. Another process may have it too, and `Forks` of its own."""
        self._process = process

    @classmethod
    def loaded(cls, python: str, *packages: str, path: str, **options: Any) -> "Forks":
        """Start the process."""
        own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = [python, "-P", __file__, str(theirs.fileno()), path, *packages]
        with theirs:
            process = subprocess.Popen(
                words, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True, **options
            )
        return cls(own, process)

    def close(self) -> None:
        """End the process when no other has this end; programs that run go on."""
        self.end.close()
        if self._process:
            self._process.wait()

    def start(self, *words: str, folder: str, environment: Mapping[str, str]) -> Fork:
        """Start a program: a file and its arguments, or `-m`, a module and its arguments."""
        (stdin, writes), (reads, stdout), (errors, stderr), (status, ended) = (os.pipe() for _ in range(4))
        theirs = [stdin, stdout, stderr, ended]
        told = json.dumps({"words": words, "folder": folder, "environment": dict(environment)}).encode()
        assert len(told) < _MESSAGE
        try:
            socket.send_fds(self.end, [told], theirs)
        finally:
            for file in theirs:
                os.close(file)
        return Fork(
            int(os.read(status, _NUMBER)),
            status,
            os.fdopen(writes, "w", buffering=1),
            os.fdopen(reads),
            os.fdopen(errors),
        )


def _load(name: str) -> None:
    """Import a module, and all within a package; a program that lacks one says so itself."""
    with suppress(Exception):
        module = import_module(name)
        for one in iter_modules(getattr(module, "__path__", ())):
            if not one.name.startswith("_"):
                _load(f"{name}.{one.name}")


def _serve(own: socket.socket) -> None:
    """Fork for each program until the other end is closed, and report exit codes."""
    statuses: dict[int, int] = {}
    wakes, wake = os.pipe2(os.O_NONBLOCK)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([own.fileno(), wakes], [], [])
        if wakes in ready:
            os.read(wakes, 4096)
            _report(statuses)
        if own.fileno() in ready:
            told, files, _, _ = socket.recv_fds(own, _MESSAGE, 4)
            if not told:
                return
            *standard, status = files
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                for one in (*statuses.values(), status, wakes, wake, own.detach()):
                    os.close(one)
                _run(json.loads(told), standard)
            statuses[pid] = status
            for one in standard:
                os.close(one)
            _write(status, pid)


def _report(statuses: dict[int, int]) -> None:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            pid, status = ended
            file = statuses.pop(pid)
            _write(file, os.waitstatus_to_exitcode(status))
            os.close(file)


def _write(file: int, number: int) -> None:
    with suppress(BrokenPipeError):
        os.write(file, str(number).rjust(_NUMBER).encode())


def _run(told: Any, standard: list[int]) -> NoReturn:
    """Be the program."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for own, file in enumerate(standard):
        os.dup2(file, own)
        os.close(file)
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115 (they stay open)
    sys.stderr = open(2, "w", buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(told["environment"])
    os.chdir(told["folder"])
    words, code = told["words"], 1
    sys.argv = list(words[1:] if words[0] == "-m" else words)
    try:
        if words[0] == "-m":
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(words[0], run_name="__main__")
        code = 0
    except SystemExit as exc:
        if isinstance(exc.code, str):
            sys.stderr.write(f"{exc.code}\n")
        code = 1 if isinstance(exc.code, str) else exc.code or 0
    except BaseException:  # noqa: BLE001 (an interpreter shows any)
        sys.excepthook(*sys.exc_info())
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(BrokenPipeError, ValueError):
                stream.flush()
        os._exit(code)


if __name__ == "__main__":
    _, number, path, *modules = sys.argv
    sys.path.insert(0, path)
    for module in modules:
        _load(module)
    gc.freeze()
    with socket.socket(fileno=int(number)) as end:
        _serve(end)
