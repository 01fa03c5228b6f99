"""A model's server with every quirk of the table: the question is the quirk's name. Others get a plain answer."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from tests.quirks.quirk import WORDS, Forever, Pause, Quirk, Response, Step, Then, ok
from tests.quirks.wire import Wire

T = TypeVar("T")

_AGAIN_S: Final = 0.1
_PLAIN: Final = ok("", lambda wire: [wire.say(*WORDS), wire.end()])


class QuirkServer:
    """Plays quirks over real connections and counts the requests for each."""

    def __init__(self, wire: Wire, quirks: Sequence[Quirk], *, seconds: float) -> None:
        self.calls: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        """How many connections of each quirk the client has closed by itself."""
        self.url = ""
        self._wire = wire
        self._quirks: Mapping[str, Quirk] = {quirk.name: quirk for quirk in quirks}
        self._seconds = seconds

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request; the connection ends with it."""
        name = ""
        try:
            name = _question(await _body(reader))
            responses = self._quirks.get(name, _PLAIN).play(self._wire)
            response = responses[min(self.calls[name], len(responses) - 1)]
            self.calls[name] += 1
            await self._respond(response, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left[name] += 1
        except asyncio.CancelledError:
            pass  # the server ends
        finally:
            writer.close()

    async def _respond(self, response: Response, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if response.status:
            head = [f"HTTP/1.1 {response.status}", "Connection: close", *response.headers, "", ""]
            writer.write("\r\n".join(head).encode())
        for step in response.steps:
            await self._step(step, reader, writer)
            await writer.drain()

    async def _step(self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match step:
            case str() | bytes():
                writer.write(step.encode() if isinstance(step, str) else step)
            case Pause(share):
                await asyncio.sleep(share * self._seconds)
            case Forever(text):
                while not reader.at_eof():
                    writer.write(text.encode())
                    await writer.drain()
                    await asyncio.sleep(_AGAIN_S)
                raise ConnectionError
            case Then.LINGER:
                await reader.read()
                raise ConnectionError
            case Then.CUT:
                writer.transport.abort()


async def _body(reader: asyncio.StreamReader) -> Any:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    size = next(int(line.partition(":")[2]) for line in head.split("\r\n") if line.startswith("content-length:"))
    return json.loads(await reader.readexactly(size))


def _question(body: Any) -> str:
    return str((body.get("messages") or body["input"])[-1]["content"])


async def _end(listening: asyncio.Server) -> None:
    listening.close()
    serving = asyncio.all_tasks() - {asyncio.current_task()}
    for task in serving:
        task.cancel()
    if serving:
        await asyncio.wait(serving)
    await asyncio.sleep(0)


@contextmanager
def quirk_server(wire: Wire, quirks: Sequence[Quirk], *, seconds: float) -> Iterator[QuirkServer]:
    """Serve the quirks on a free port; `seconds` is the time that the model may take."""
    server = QuirkServer(wire, quirks, seconds=seconds)
    with _running_loop() as run:
        listening = run(asyncio.start_server(server.serve, "127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        try:
            yield server
        finally:
            run(_end(listening))


@contextmanager
def _running_loop() -> Iterator[Callable[[Coroutine[Any, Any, T]], T]]:
    """Run an event loop in a thread; the caller's thread may have one of Playwright's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda task: asyncio.run_coroutine_threadsafe(task, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
