"""Opens pages in Firefox and in WebKit, as Debian has them: Playwright drives builds of its own alone."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol

import httpx2
from websockets.sync.client import ClientConnection, connect

from scripts.simulator.aws import free_port

FIREFOX: Final = shutil.which("firefox-esr") or shutil.which("firefox")
WEBKIT: Final = shutil.which("WebKitWebDriver")
MINI_BROWSER: Final = next(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"), None)
ENTER: Final = "\ue007"
ESCAPE: Final = "\ue00c"
PATIENCE_S: Final = 60
PREFERENCES: Final = """
user_pref("focusmanager.testmode", true);
user_pref("ui.primaryPointerCapabilities", 6);
user_pref("ui.allPointerCapabilities", 6);
"""
"""Without a screen, Firefox finds neither the focus nor a mouse, and the page would take it for a phone's."""
CLICK: Final = ("pointerDown", "pointerUp")
MIDDLE: Final = "(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({}.getBoundingClientRect())"
FRAME: Final = "document.querySelector('parley-chat').shadowRoot.querySelector('iframe')"
CORNER: Final = f"(({{x, y}}) => [x, y])({FRAME}.getBoundingClientRect())"


class Window(Protocol):
    """A window of a browser, with one page."""

    def go(self, address: str) -> None:
        """Open an address; returns when it has loaded."""

    def run(self, expression: str, *, framed: bool = False) -> Any:
        """Return the value of a JavaScript expression, in the page or in the frame of its widget."""

    def type(self, keys: str) -> None:
        """Press keys, one after the other, where the focus is."""

    def click(self, element: str, *, framed: bool = False) -> None:
        """Click in the middle of an element, which a JavaScript expression names."""


class Firefox:
    """Speaks WebDriver BiDi: https://www.w3.org/TR/webdriver-bidi/."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._send("session.new", capabilities={})
        self._page: str = self._send("browsingContext.getTree")["contexts"][0]["context"]
        self._send("browsingContext.activate", context=self._page)

    def go(self, address: str) -> None:
        self._send("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def run(self, expression: str, *, framed: bool = False) -> Any:
        page = self._frames()[0] if framed else self._page
        script = f"JSON.stringify({expression})"
        given = self._send("script.evaluate", expression=script, target={"context": page}, awaitPromise=True)
        assert given["type"] == "success", given
        return json.loads(given["result"].get("value", "null"))

    def type(self, keys: str) -> None:
        frames = self._frames() if self.run("document.activeElement?.localName") == "parley-chat" else []
        page = frames[0] if frames else self._page
        self._send("input.performActions", context=page, actions=[_pressed(keys)])

    def click(self, element: str, *, framed: bool = False) -> None:
        place = self.run(MIDDLE.format(element), framed=framed)
        page = self._frames()[0] if framed else self._page
        self._send("input.performActions", context=page, actions=[_clicked(place)])

    def close(self) -> None:
        self._send("browser.close")

    def _frames(self) -> list[str]:
        tree = self._send("browsingContext.getTree", root=self._page)["contexts"][0]
        return [each["context"] for each in tree["children"]]

    def _send(self, method: str, **params: Any) -> Any:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]


class WebKit:
    """Speaks WebDriver: https://www.w3.org/TR/webdriver2/."""

    def __init__(self, driver: httpx2.Client) -> None:
        self._driver = driver
        options = {"binary": str(MINI_BROWSER), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self._session = f"/session/{self._send('POST', '/session', wanted)['sessionId']}"

    def go(self, address: str) -> None:
        self._post("url", url=address)

    def run(self, expression: str, *, framed: bool = False) -> Any:
        if not framed:
            return self._script(expression)
        self._post("frame", id=self._script(FRAME))
        value = self._script(expression)
        self._post("frame", id=None)
        return value

    def type(self, keys: str) -> None:
        self._post("actions", actions=[_pressed(keys)])

    def click(self, element: str, *, framed: bool = False) -> None:
        place = self.run(MIDDLE.format(element), framed=framed)
        # Its places are the window's, even while it is in a frame.
        corner = self.run(CORNER) if framed else (0, 0)
        self._post("actions", actions=[_clicked([a + b for a, b in zip(place, corner, strict=True)])])

    def close(self) -> None:
        self._send("DELETE", self._session)

    def _script(self, expression: str) -> Any:
        return self._post("execute/sync", script=f"return {expression}", args=[])

    def _post(self, command: str, **params: Any) -> Any:
        return self._send("POST", f"{self._session}/{command}", params)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        response = self._driver.request(method, path, json=body)
        assert response.status_code == HTTPStatus.OK, response.text
        return response.json()["value"]


def _pressed(keys: str) -> Mapping[str, Any]:
    strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
    return {"type": "key", "id": "keyboard", "actions": strokes}


def _clicked(place: Sequence[float]) -> Mapping[str, Any]:
    x, y = map(int, place)
    strokes = [{"type": "pointerMove", "x": x, "y": y}, *({"type": each, "button": 0} for each in CLICK)]
    return {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": strokes}


@contextmanager
def firefox() -> Iterator[Window]:
    """Start Firefox without a window on the screen, and with a new profile."""
    assert FIREFOX
    with ExitStack() as stack:
        profile = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-firefox-")))
        (profile / "user.js").write_text(PREFERENCES)
        options = ["--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        stack.enter_context(_started([FIREFOX, *options]))
        written = profile / "WebDriverBiDiServer.json"
        until(lambda: written.exists() and written.read_text().endswith("}"))
        port = json.loads(written.read_text())["ws_port"]
        socket = stack.enter_context(
            connect(f"ws://127.0.0.1:{port}/session", max_size=None, proxy=None, open_timeout=PATIENCE_S)
        )
        yield stack.enter_context(closing(Firefox(socket)))


@contextmanager
def webkit() -> Iterator[Window]:
    """Start WebKit on a display of its own: without one it would wait for ever."""
    assert WEBKIT
    with ExitStack() as stack:
        port = free_port()
        environment = {**os.environ, "DISPLAY": f":{stack.enter_context(_display())}"}
        stack.enter_context(_started([WEBKIT, f"--port={port}"], env=environment))
        driver = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, trust_env=False)
        stack.enter_context(driver)
        until(lambda: _listens(driver))
        yield stack.enter_context(closing(WebKit(driver)))


def until(holds: Callable[[], Any]) -> None:
    """Wait until something holds; fails after a minute."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def _listens(driver: httpx2.Client) -> bool:
    try:
        return driver.get("/status").status_code == HTTPStatus.OK
    except httpx2.ConnectError:
        return False


@contextmanager
def _display() -> Iterator[str]:
    """Start a display in memory; yields its number, which the server chooses."""
    read, write = os.pipe()
    screen = ["Xvfb", "-displayfd", str(write), "-nolisten", "tcp", "-screen", "0", "1200x900x24"]
    with os.fdopen(read) as number, _started(screen, pass_fds=[write]):
        os.close(write)
        yield number.readline().strip()


@contextmanager
def _started(command: Sequence[str], **options: Any) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


BROWSERS: Final[Mapping[str, Callable[[], AbstractContextManager[Window]]]] = {"Firefox": firefox, "WebKit": webkit}
MISSING: Final[Mapping[str, bool]] = {
    "Firefox": not FIREFOX,
    "WebKit": not (WEBKIT and MINI_BROWSER and shutil.which("Xvfb")),
}
"""Whether a browser is not installed; both come with `apt-get install firefox-esr webkit2gtk-driver xvfb`."""
