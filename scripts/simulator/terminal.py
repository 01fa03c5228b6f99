"""What the demo says in the terminal in which it was started."""

import sys
import textwrap
import webbrowser
from dataclasses import dataclass
from typing import Final, TextIO

import click

from scripts.simulator.model_watch import ModelWatch, State
from scripts.stage import demos, hints

_COLUMNS: Final = 80


@dataclass
class Terminal:
    """The terminal of one run: for a person, or for a program that waits for the line `ready URL`."""

    url: str
    stage: str
    headless: bool
    alone: bool
    """Whether commands find this demo without help."""
    said_address: bool = False
    out: TextIO = sys.stdout

    def ready(self) -> None:
        """Tell a program that requests are accepted."""
        if self.headless:
            print(f"ready {self.url}", file=self.out, flush=True)

    def tell_of(self, model: ModelWatch) -> None:
        """Say what has become of the model, and with the first result, where the demo is."""
        if self.headless:
            return
        match model.state:
            case State.ASKING:
                self._say("", f"Asking {model.name} at {model.place} for a word …")
            case State.SILENT if model.problem:
                self._say("", click.style("The model does not answer.", fg="red", bold=True), model.problem.reason)
                self._say(model.problem.cure, "The demo goes on asking. Until then people get an apology.")
                self._introduce("The demo is at")
            case State.ANSWERS if self.said_address:
                self._say("", f"{model.name} answers now.")
            case State.ANSWERS:
                self._introduce("Your bot is running:")

    def ended(self, *, is_kept: bool) -> None:
        """Say that the demo has ended, and whether the next one goes on with its conversations."""
        if self.headless:
            return
        self._say("", "The demo has ended.")
        if is_kept:
            self._say(f"{hints.PROGRAM} demo starts it again, with its people, conversations and key.")
            self._say("With --fresh it begins with nothing.")

    def _introduce(self, words: str) -> None:
        if self.said_address:
            return
        self.said_address = True
        self._say("", f"{words} {click.style(self.url, bold=True)}", "")
        self._say("Open that page to chat with it. Ctrl+C ends it.")
        self._say(f"Log: {hints.command('logs --follow', self.stage)}")
        self._say(f"People: {hints.command('people list', self.stage)}")
        if not self.alone:
            self._say("Another demo is running. For commands about this one, first run")
            self._say(f"  export {demos.ADDRESS}={self.url}")
        webbrowser.open(self.url)

    def _say(self, *paragraphs: str) -> None:
        for paragraph in paragraphs:
            folded = textwrap.fill(paragraph, _COLUMNS, break_long_words=False, break_on_hyphens=False)
            click.echo(folded if paragraph.strip() == paragraph else paragraph, file=self.out)
