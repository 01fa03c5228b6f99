"""The moderation endpoint of the fake model: it flags questions by a few words, so that one sees what the bot does."""

import re
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.conversation.moderation import Category

_WORDS: Final[Mapping[Category, re.Pattern[str]]] = {
    category: re.compile(words, re.IGNORECASE)
    for category, words in {
        Category.SELF_HARM_INTENT: r"\b(kill|hurt|harm) myself\b|\bsuicide\b|\bumbringen\b|죽고 싶|자살",
        Category.VIOLENCE: r"\b(kill|hurt|stab|shoot) (him|her|them|somebody|someone)\b|\bverprügeln\b|죽이고 싶",
        Category.ILLICIT: r"\b(build|make) a bomb\b|\bbombe bauen\b|폭탄",
    }.items()
}
_SURE, _UNSURE = 0.97, 0.0001


def verdict_on(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response to a request, in the shape of OpenAI's."""
    text = str(body.get("input", ""))
    names = [category for category in Category if category is not Category.OTHER]
    flagged = {category: category in _WORDS and bool(_WORDS[category].search(text)) for category in names}
    result = {
        "flagged": any(flagged.values()),
        "categories": flagged,
        "category_scores": {category: _SURE if flagged[category] else _UNSURE for category in names},
        "category_applied_input_types": {category: ["text"] for category in names},
    }
    return {"id": "modr-1", "model": str(body.get("model")), "results": [result]}
