"""A proxy that can stop to forward: its connections stay open, and nothing arrives, as after a change of networks."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_PART: Final = 65_536


class DeadEnd:
    """Forwards connections to a port of this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._ends: list[tuple[threading.Event, socket.socket, socket.socket]] = []
        self._dead = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def stop_forwarding(self) -> None:
        """Forward nothing more, neither over connections that are open nor over new ones."""
        self._dead = True
        for cut, _, _ in self._ends:
            cut.set()

    def forward_new_connections(self) -> None:
        """Forward again; connections that were cut stay as they are."""
        self._dead = False

    def accept(self) -> None:
        """Serve connections until `close`."""
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far, cut = socket.create_connection(("127.0.0.1", self._target)), threading.Event()
                self._ends.append((cut, near, far))
                if self._dead:
                    cut.set()
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pass, args=(source, sink, cut), daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for _, near, far in self._ends:
            for end in (near, far):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()


def _pass(source: socket.socket, sink: socket.socket, cut: threading.Event) -> None:
    """Pass bytes on until the connection ends; those that come after the cut are lost."""
    with suppress(OSError):
        while part := source.recv(_PART):
            if not cut.is_set():
                sink.sendall(part)
        if not cut.is_set():
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def dead_end(target: int) -> Iterator[DeadEnd]:
    """Start a proxy before a port."""
    proxy = DeadEnd(target)
    thread = threading.Thread(target=proxy.accept, daemon=True)
    thread.start()
    yield proxy
    proxy.close()
    thread.join()
