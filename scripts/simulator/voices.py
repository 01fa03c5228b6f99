"""How the fake model speaks as the personas that bargain, and as the shop's, which answers from its files.

It knows them by their shipped instructions. Its rules are simple, but what it says depends on all that was said before,
so that a trial of two personas, or a transcript, shows that the conversation reached the model.
"""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.content import persona

Said = Sequence[tuple[str, str]]
"""The roles and words of people and of the model, oldest first."""

_MARK: Final = re.compile(r"\[([0-9a-f]{8})\] ")
_AMOUNT: Final = re.compile(r"(\d[\d,]*)\s*(만)?\s*원|(\d+)\s*만")
_HUMAN: Final = re.compile(
    r"\bhuman\b|\breal person\b|\bbot\b|\brobot\b|\bmensch\b|사람이|사람 맞|로봇|봇이|\bAI\b", re.IGNORECASE
)
REMARK: Final = "the demo's fake model, not an AI"
"""What the fake model says of itself without a persona's voice: two personas that practise hear it of each other."""
_FILE: Final = re.compile(r"\[([0-9a-f]{16}) begin [^\n]*\]\n(.*?)\n\[\1 end [^\n]*\]", re.DOTALL)
_FIRST_PRICE: Final = 40
"""In 10,000 won."""
_STEM: Final = 4
_COMMON: Final = frozenset(
    {"what", "when", "where", "does", "have", "your", "with", "this", "that", "from", "shop", "example", "you", "can"}
)


def answer(instructions: str, said: Said) -> str | None:
    """Return the answer of the persona with these instructions; None of one that the fake model does not know."""
    for name, speak in _VOICES.items():
        if instructions.startswith(persona.load(name).instructions):
            return speak(instructions, said)
    return None


def told(instructions: str, results: Sequence[str]) -> str | None:
    """Return how Santa says what his tools gave; None as another persona."""
    if not instructions.startswith(persona.load("santa").instructions):
        return None
    return f"Ho ho ho! {' '.join(results)}"


def _asks_who_answers(text: str) -> bool:
    return _HUMAN.search(text.replace(REMARK, "")) is not None


def _seller(_: str, said: Said) -> str:
    question, is_first = said[-1][1], len(said) == 1
    fake = " (데모의 가짜 대답이야.)" if is_first else ""
    if _asks_who_answers(question):
        return f"나? 사람 아니고 AI야. 그래도 물건 얘기는 제대로 해 줄게.{fake}"
    asked, offers = None, list[_Offer]()
    for role, text in said:
        offer = _offer(text) if role == "user" else None
        if offer and asked is not None and offer.amount >= asked:
            asked = offer.amount
        elif offer:
            asked = offer.amount * 13 // 10 if asked is None else _nearer(asked, offer.amount)
        elif role == "user" and asked is None and "얼마" in text:
            asked = _FIRST_PRICE
        offers += [offer] if offer else []
    if not (offers and _offer(question)):
        price = f"{asked}만 원은 받아야지. " if asked else ""
        return f"{price}상태 진짜 좋아, 몇 번 쓰지도 않았어. 얼마 생각하고 왔어?{fake}"
    *before, last = offers
    heard = _what_was_heard(before[-1], last) if before else ""
    if asked is not None and last.amount >= asked:
        return f"{heard} 그래, {last.amount}만 원에 줄게. 딴 사람 오기 전에 가져가.{fake}".strip()
    return f"{heard} {last.amount}만 원은 너무하지. {asked}만 원까지는 해 줄게.{fake}".strip()


def _buyer(_: str, said: Said) -> str:
    fake = " (데모의 가짜 대답이에요.)" if len(said) == 1 else ""
    if _asks_who_answers(said[-1][1]):
        return f"아, 저는 사람이 아니고 AI예요. 그래도 정말 사고 싶어요.{fake}"
    asked = _last_amount(said[-1][1])
    if asked is None:
        return f"상태는 어때요? 얼마에 파실 건가요?{fake}"
    offered = [amount for role, text in said if role == "assistant" and (amount := _last_amount(text)) is not None]
    if offered and asked - offered[-1] <= 1:
        return f"네, 그럼 {asked}만 원에 살게요. 오늘 가지러 가도 될까요?{fake}"
    mine = min(asked - 1, offered[-1] + max(1, (asked - offered[-1]) // 4)) if offered else asked * 6 // 10
    return f"{asked}만 원은 좀 비싸네요. {mine}만 원에 주시면 바로 살게요.{fake}"


def _shop(instructions: str, said: Said) -> str:
    question = said[-1][1]
    fake = " (This is the demo's fake model.)" if len(said) == 1 else ""
    if _asks_who_answers(question):
        return f"I am an AI, not a human being. The staff of the shop is human.{fake}"
    files = "\n".join(text for _, text in _FILE.findall(instructions))
    sections = [section.strip() for section in re.split(r"(?m)^(?=#)", files) if section.strip()]
    best = max(sections, key=lambda section: len(_stems(question) & _stems(section)), default="")
    if not _stems(question) & _stems(best):
        return f"I do not know that. The staff of the shop can help you.{fake}"
    lines = [line.removeprefix("- ") for line in best.splitlines() if line.strip() and not line.startswith("#")]
    return f"{'; '.join(lines)}{fake}"


@dataclass(frozen=True)
class _Offer:
    writer: str
    """The mark of its writer in a room, empty elsewhere."""
    amount: int
    """In 10,000 won."""


def _offer(text: str) -> _Offer | None:
    marked, amount = _MARK.match(text), _last_amount(text)
    return None if amount is None else _Offer(marked[1] if marked else "", amount)


def _last_amount(text: str) -> int | None:
    """Return the last amount of money in a text, in 10,000 won; None without one."""
    found = _AMOUNT.findall(text)
    if not found:
        return None
    digits, ten_thousands, short = found[-1]
    number = int((digits or short).replace(",", ""))
    return number if ten_thousands or short else number // 10_000 or 1


def _nearer(asked: int, offered: int) -> int:
    """Return the seller's next price: a quarter of the way towards the offer, and at least a step."""
    return max(offered, asked - max(1, (asked - offered) // 4))


def _what_was_heard(before: _Offer, last: _Offer) -> str:
    if before.writer != last.writer:
        return f"아까 {before.writer}는 {before.amount}만 원 불렀어."
    return f"아까는 {before.amount}만 원이라더니." if before.amount < last.amount else ""


def _santa(_: str, said: Said) -> str:
    asked = [text for role, text in said if role == "user"]
    fake = " (I am the demo's fake model.)" if len(said) == 1 else ""
    if _asks_who_answers(asked[-1]):
        return f"Ho ho ho! I am an AI that plays Santa Claus, and no human being.{fake}"
    before = f" Before that you told me “{_short(asked[-2])}”." if len(asked) > 1 else ""
    return f"Ho ho ho! You told me “{_short(asked[-1])}”.{before} Why would you like that?{fake}"


def _short(text: str) -> str:
    return textwrap.shorten(_MARK.sub("", text), 60, placeholder="…")


def _stems(text: str) -> set[str]:
    """Return the beginnings of the longer words of a text."""
    return {word[:_STEM] for word in re.findall(r"[^\W\d_]{4,}", text.casefold()) if word not in _COMMON}


_VOICES: Final[Mapping[str, Callable[[str, Said], str]]] = {
    "seller": _seller,
    "buyer": _buyer,
    "shop": _shop,
    "santa": _santa,
}
