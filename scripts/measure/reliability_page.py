"""Renders `docs/reliability.md` from measured figures, and from what the tests of missing safeguards say themselves."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from scripts.peers.bots import BOTS
from tests.faults.safeguards import Missing, checks, missing

_PAGE: Final = Path(__file__).with_name("reliability.md")
_COUNTS: Final = {
    "lost": "unanswered",
    "answered twice": "answered_twice",
    "charged twice": "charged_twice",
    "charged for nothing": "charged_for_nothing",
    "out of order": "out_of_order",
    "of these after 200": "kept_out_of_order",
    "over the limit": "over_limit",
    "a notice instead": "refused_early",
}
"""The columns of the peers' table, and the counts that they show."""
_MOST_SITES: Final = 24
"""Places of crashes that a table lists; the others are counted together."""


def render(figures: Mapping[str, Any]) -> str:
    """Return the page, in Markdown."""
    fields = _steps(figures["steps"]) | _checks() | _safeguards() | _peers(figures["peers"])
    schedules = _schedules(figures["stories"]) if "stories" in figures else ""
    adapter = _adapter(figures["adapter"]) if "adapter" in figures else ""
    return _PAGE.read_text().format(schedules=schedules + adapter, **fields)


def _steps(steps: Mapping[str, Any]) -> dict[str, Any]:
    rows = [(f"`{row['call']}`", _seen(row["before"]), _seen(row["after"])) for row in steps["messenger"]]
    return {
        "places": 2 * len(rows),
        "steps": _table(("step", "dies before it", "dies after it"), rows),
        "echoes": _where("an answer comes twice", "no answer comes twice at any place", steps["repeated with echoes"]),
        "asked": _where("the model is asked twice", "the model is never asked twice", steps["web"]["asked twice"]),
        "longest_wait": round(steps["longest wait"]),
        "owner_late": steps["owner"]["late"],
        "owner_twice": _places(steps["owner"]["twice"]),
        "unknown": _places(steps["tools"]["unknown"]),
        "web_places": steps["web"]["places"],
        "tools_places": steps["tools"]["places"],
        "steps_measured": _measured(steps),
    }


def _seen(shows: Sequence[str]) -> str:
    return "; ".join(shows) or "nothing"


def _where(seen: str, never: str, places: Sequence[str]) -> str:
    return f"{seen} if the worker dies {_places(places)}" if places else never


def _places(places: Sequence[str]) -> str:
    named = [re.sub(r" (.*)", r" `\1`", place) for place in places]
    return " or ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)


def _schedules(totals: Mapping[str, Any]) -> str:
    """Return the section on stories made of chance: counts with the names that `Totals` in `tests/faults` has."""
    sums = {name: sum(totals[name].values()) for name in ("schedules", "crashes", "errors")}
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in totals["schedules"].items())
    most = list(totals["crashes"].items())[:_MOST_SITES]
    rows = [(_places([site]), f"{number:,}") for site, number in most]
    others = len(totals["crashes"]) - len(most)
    if others > 0:
        rows.append((f"{others:,} other places", f"{sums['crashes'] - sum(number for _, number in most):,}"))
    return (
        "## Random schedules\n\nMessages, crashes and errors by chance, from seeds: `python -m tests.faults.run`. "
        f"{sums['schedules']:,} schedules with {sums['crashes']:,} crashes and {sums['errors']:,} errors of ports: "
        f"{len(totals['broken']):,} broken promises, {totals['answers_repeated']:,} answers that came twice, "
        f"{totals['model_asked_again']:,} questions that the model was asked twice. By kind: {kinds}.\n\n"
        f"{_table(('where processes died', 'crashes'), rows)}\n{_measured(totals)}\n\n"
    )


def _adapter(figures: Mapping[str, Any]) -> str:
    """Return the section on stories over the real adapter: counts as `tests.faults.adapter_counts` names them."""
    rows = [
        (
            kind,
            f"{counts['stories']:,}",
            f"{counts['requests']:,}",
            f"{sum(counts['broken'].values()):,}",
            "; ".join(f"{what}: {sum(where.values()):,}" for what, where in counts["shows"].items()) or "nothing",
        )
        for kind, counts in figures["kinds"].items()
    ]
    head = ("stories", "number", "requests to DynamoDB", "broken promises", "what can be seen, in how many")
    return (
        "## Through the real adapter\n\nStories over the code that calls DynamoDB, in which processes die before and "
        "after requests of botocore: `python -m tests.faults.adapter_counts`.\n\n"
        f"{_table(head, rows)}\n{_measured(figures)}\n\n"
    )


def _checks() -> dict[str, Any]:
    found = checks()
    rows = [(f"`{check}`", ", ".join(f"`{store}`" for store in stores)) for check, stores in found.items() if stores]
    unshown = [f"- `{check}`" for check, stores in found.items() if not stores]
    return {
        "checks_number": len(found),
        "shown_number": len(rows),
        "unshown_number": len(unshown),
        "checks": _table(("check", "fails on the store"), rows),
        "unshown": "\n".join(unshown),
    }


def _safeguards() -> dict[str, Any]:
    found = missing()
    noticed: dict[tuple[str, str], list[Missing]] = {}
    for each in found:
        if each.story:
            noticed.setdefault((_class(each), _plain(each.lacks)), []).append(each)
    rows = [
        (*store, _each(f"`{one.story}`" for one in shown), _each(map(_test, shown))) for store, shown in noticed.items()
    ]
    others = [(_class(each), _plain(each.lacks), f"`{each.sentence}`", _test(each)) for each in found if not each.story]
    return {
        "safeguards": _table(("store", "what it lacks", "story", "test"), rows),
        "other_safeguards": _table(("store", "what it lacks", "what the test says", "test"), others),
    }


def _each(words: Iterable[str]) -> str:
    """All of them, each once."""
    return ", ".join(dict.fromkeys(words))


def _class(each: Missing) -> str:
    return f"`{each.mutant}`"


def _plain(docstring: str) -> str:
    return " ".join(docstring.split()).rstrip(".")


def _test(each: Missing) -> str:
    return f"`{each.module}.py`"


def _peers(peers: Mapping[str, Any]) -> dict[str, Any]:
    tallies = {bot["name"]: bot["tally"] for bot in peers["bots"]}
    versions = {bot["name"]: bot["version"] for bot in peers["bots"]}
    rows = [
        (
            name,
            *(f"{tally[count]:,}" for count in _COUNTS.values()),
            f"{tally['asked'] / tally['answered']:.2f}",
            f"{sum(tally['crashes'].values()):,}",
        )
        for name, tally in tallies.items()
    ]
    meant = [(f"[{bot.name}]({bot.advice})", versions[bot.name], bot.never_meant) for bot in BOTS]
    return {
        "peers_schedules": peers["schedules"],
        "peers_messages": next(iter(tallies.values()))["messages"],
        "peers_number": len(BOTS),
        "peers_short": _short(next(iter(tallies.values()))),
        "peers": _table(("bot", *_COUNTS, "calls of the model per answer", "crashes"), rows),
        "sights": _table(
            ("bot", "what people see, of 1,000 messages"), [(name, sight(tally)) for name, tally in tallies.items()]
        ),
        "meant": _table(("bot, and the advice that its code follows", "version", "not its purpose"), meant),
        "peers_measured": _measured(peers),
    }


def _short(tally: Mapping[str, Any]) -> str:
    """Return a sentence on what became of Parley's messages, by its counts."""
    messages, crashes = tally["messages"], sum(tally["crashes"].values())
    lost, charged, twice, late, refused = (
        f"{tally[name]:,}" if tally[name] else "none"
        for name in ("unanswered", "charged_twice", "answered_twice", "out_of_order", "refused_early")
    )
    return (
        f"with {messages:,} messages and {crashes:,} crashes, Parley lost {lost} and charged {charged} twice.\n"
        f"  Of these messages {twice} were answered twice, {late} after a later one, and {refused} got an apology."
    )


def sight(tally: Mapping[str, Any]) -> str:
    """Return in words what people see of it, from the counts of a bot."""
    seen = {
        "get no answer": tally["unanswered"],
        "are answered twice": tally["answered_twice"],
        "are answered after a later one": tally["out_of_order"],
        "get a notice instead of an answer, within the limit": tally["refused_early"],
        "are answered beyond the limit": tally["over_limit"],
    }
    words = [f"{_of_thousand(count, tally['messages'])} {what}" for what, count in seen.items() if count]
    return ", ".join(words) or "each is answered once and in order"


def _of_thousand(count: int, messages: int) -> str:
    share = 1000 * count / messages
    return f"{share:.0f}" if share >= 1 else f"{share:.1f}"


def _measured(figures: Mapping[str, Any]) -> str:
    return f"Measured on {figures['date']} with {figures['machine']}."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *rows))
