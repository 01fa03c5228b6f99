"""The webhook on a hostile day: strangers forge requests at full speed, one sender floods, and Meta delivers the rest.

All of them share API Gateway's limit of the webhook, in an order that chance decides.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import pytest

from chalicelib.channels.messenger.webhook import MAX_BODY
from chalicelib.channels.meta.signature import sign
from chalicelib.errors import BodyTooLarge, InvalidSignature
from scripts.deploy.throttles import METHODS, WEBHOOK, Rate
from tests.flow.bot import SECRET, Bot

FLOODER: Final = "mallory"
LONGEST_PAUSE_S: Final = 16
"""Meta delivers again what was refused: at once, then after growing pauses. The pauses are assumed."""


@dataclass
class Gate:
    """A limit of API Gateway."""

    rate: Rate
    passed: int = 0
    _tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self.rate.burst

    def tick(self) -> None:
        """A second goes by."""
        self._tokens = min(self.rate.burst, self._tokens + self.rate.per_second)

    def passes(self) -> bool:
        """Whether one more request is passed on."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        self.passed += 1
        return True


@dataclass(eq=False)
class Delivery:
    """A request that Meta signed, until it is accepted."""

    sender: str
    body: bytes
    due: int
    pause_s: int = 1


@dataclass
class Webhook:
    """Everything that is posted to the webhook, second by second."""

    bot: Bot
    random: Random
    forged_a_second: int = 2 * METHODS[WEBHOOK].per_second
    """Twice as many as are let through, so that about half of Meta's requests are refused."""
    flood_a_second: int = 20
    """Signed messages of one sender, each in a request of its own."""
    gate: Gate = field(default_factory=lambda: Gate(METHODS[WEBHOOK]))
    refused: int = 0
    """Forged requests that API Gateway passed on and the bot refused."""
    delivered: Counter[str] = field(default_factory=Counter)
    """Signed requests that were handled, by sender."""
    _waiting: list[Delivery] = field(default_factory=list)
    _forged: Sequence[tuple[bytes, str | None]] = field(init=False)

    def __post_init__(self) -> None:
        body = self.bot.body(self.bot.item("anna", message={"mid": "forged", "text": "Let me in"}))
        guess = f"sha256={sign(body, secret='a guess')}"
        # One of a hundred has a body too large to be verified; the others have no signature, a broken or a wrong one.
        usual = [(body, None), (body, "garbage"), (body, "sha256=" + "0" * 64), (body + b" ", guess), (body, guess)]
        self._forged = [*usual * 20, (b"x" * (MAX_BODY + 1), guess)]

    def sends(self, psid: str, text: str, *, second: int) -> None:
        """Somebody writes to the page; Meta will deliver it."""
        said = {"mid": f"{psid}-{text}", "text": text}
        self._waiting.append(Delivery(psid, self.bot.body(self.bot.item(psid, message=said)), due=second))

    def tick(self, second: int) -> None:
        """Everything of one second arrives, in any order."""
        self.gate.tick()
        for number in range(self.flood_a_second):
            self.sends(FLOODER, f"Again {second}.{number}?", second=second)
        due = [one for one in self._waiting if one.due <= second]
        arriving: list[Delivery | None] = [*due, *[None] * self.forged_a_second]
        self.random.shuffle(arriving)
        for one in arriving:
            passes = self.gate.passes()
            if one is None and passes:
                self._post_forged()
            elif one and passes:
                self._waiting.remove(one)
                self.bot.webhook.handle(one.body, f"sha256={sign(one.body, secret=SECRET)}")
                self.delivered[one.sender] += 1
            elif one:
                one.due, one.pause_s = second + one.pause_s, min(2 * one.pause_s, LONGEST_PAUSE_S)

    def _post_forged(self) -> None:
        with pytest.raises((InvalidSignature, BodyTooLarge)):
            self.bot.webhook.handle(*self.random.choice(self._forged))
        self.refused += 1
