"""What a person, the owner or the bill can see of one crash, at each step of a message's story."""

from collections.abc import Mapping
from typing import Any, Final

from tests.fakes.adapters import NOON
from tests.faults import test_single_crashes as single
from tests.faults import test_tool_crashes as tools
from tests.faults import test_web_crashes as web
from tests.faults.simulation import Simulation

SENT_TWICE: Final = "the answer comes twice"
ASKED_TWICE: Final = "the model is asked twice"
SET_ASIDE: Final = "money for one call stays set aside"


def of_messenger() -> list[dict[str, Any]]:
    """Return for each call, in the order of the story, what shows if the process dies before it and after it."""
    rows: dict[int, dict[str, Any]] = {}
    for site in single.sites():
        rows.setdefault(site.number, {"call": site.call})[site.when.value] = _shown(single.crash(site))
    return list(rows.values())


def repeated_with_echoes() -> list[str]:
    """Return the places after which an answer comes twice although Meta reports what it was sent."""
    return [str(site) for site in single.sites(echoes=True) if single.crash(site, echoes=True).ledger.repeated]


def longest_wait() -> float:
    """Return the seconds from a message to the first attempt to send its answer, after the worst place to die at."""
    tried = [next(iter(single.crash(site).ledger.tried.values())) for site in single.sites()]
    return max((first - NOON) / 1000 for first, *_ in tried)


def _shown(simulation: Simulation) -> list[str]:
    ledger = simulation.ledger
    shows = {
        SENT_TWICE: ledger.repeated > 0,
        ASKED_TWICE: ledger.asked_again > 0,
        SET_ASIDE: ledger.unsettled != [],
    }
    return [what for what, is_seen in shows.items() if is_seen]


def of_owner() -> Mapping[str, Any]:
    """Return the number of places after which the owner hears of a new person late, and those where it is twice."""
    stories = {site: single.crash(site) for site in single.sites()}
    late = [simulation.notifier.told == [] for simulation in stories.values()]
    twice = [str(site) for site, simulation in stories.items() if single.times_told(simulation) > 1]
    return {"late": sum(late), "twice": twice}


def of_web() -> Mapping[str, Any]:
    """Return the number of places of the web chat's story, and those after which the model is asked again."""
    sites = web.told().stage.sites()
    again = [str(site) for site in sites if len(web.told(site).asked) > 1]
    return {"places": len(sites), "asked twice": list(dict.fromkeys(again))}


def of_tools() -> Mapping[str, Any]:
    """The same of a question with as many rounds of tools as there may be, and where an outcome is unknown."""
    sites = tools.sites()
    stories = {site: tools.crash(site) for site in sites}
    again = [str(site) for site, (simulation, _) in stories.items() if simulation.ledger.asked_again]
    unknown = [str(site) for site, (_, world) in stories.items() if world.unknown]
    return {
        "places": len(sites),
        "asked twice": list(dict.fromkeys(again)),
        "unknown": list(dict.fromkeys(unknown)),
    }


def all_steps() -> dict[str, Any]:
    return {
        "messenger": of_messenger(),
        "longest wait": longest_wait(),
        "repeated with echoes": repeated_with_echoes(),
        "owner": of_owner(),
        "web": of_web(),
        "tools": of_tools(),
    }
