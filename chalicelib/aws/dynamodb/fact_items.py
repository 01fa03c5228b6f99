"""The attributes of a person's item with what the bot is to remember."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.access.person import Consent, Fact

ATTRIBUTES: Final = ("facts", "facts_made", "forgot", "memory_off", "memory_consent")


def facts(item: Mapping[str, Any]) -> tuple[Fact, ...]:
    """The facts of a person's item, by number."""
    found = [
        Fact(int(number), stored["text"], int(stored["at"]), stored["source"])
        for number, stored in item.get("facts", {}).items()
    ]
    return tuple(sorted(found, key=lambda fact: fact.number))


def of_person(item: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a person that are about facts."""
    agreed = item.get("memory_consent")
    consent = Consent(int(agreed["version"]), int(agreed["at"])) if agreed else None
    return {"facts": facts(item), "memory_off": bool(item.get("memory_off", False)), "memory_consent": consent}


def values(fact: Fact) -> dict[str, Any]:
    """How a fact is stored under its number."""
    return {"text": fact.text, "at": fact.at, "source": fact.source}
