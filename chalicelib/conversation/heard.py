"""What is heard of a model's answer that nobody watches while it comes: its words without thoughts, and its usage."""

from dataclasses import dataclass, field

from chalicelib.access.budget import Usage
from chalicelib.conversation.answer_text import AnswerText, Words
from chalicelib.conversation.prompt import Finished, FinishReason, ModelEvent, TextDelta, Used, believed


@dataclass
class Heard:
    """An answer as far as it has come."""

    text: str = field(default="", repr=False)
    usage: Usage | None = None
    """As in `Answer`."""
    reason: FinishReason | None = None
    """None while it is not complete."""
    written: int = 0
    """UTF-8 bytes of all words, thoughts included."""
    _words: AnswerText = field(default_factory=AnswerText)

    def take_in(self, event: ModelEvent) -> None:
        """Take in the next event."""
        match event:
            case TextDelta(text):
                self.written += len(text.encode(errors="surrogatepass"))
                self._add(self._words.add(text))
            case Used(usage):
                self.usage = usage
            case Finished(reason, usage):
                self.reason, self.usage = reason, believed(usage, wrote=bool(self.written))

    def end(self) -> None:
        """Take in what was held back."""
        self._add(self._words.end())

    def _add(self, words: Words) -> None:
        self.text = words.text if words.instead else self.text + words.text
