"""Finds the one person or key that the owner means by a part of an id, or by a name that a list shows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from chalicelib.access import handles
from chalicelib.errors import UnknownPerson
from chalicelib.ids import Channel, PersonId
from scripts.stage.environment import UsageError

FEWEST: Final = 6
"""Characters of an id that a command accepts for the whole. A short slip would act on another person."""
_SHOWN: Final = 5


def meant(given: str, known: Mapping[str, str]) -> str | None:
    """Return the id that is meant; None if no id or name matches. `known` maps ids to names, empty for none.

    An id may be given whole, by its last part behind a colon, or by at least six characters with which the id ends or
    that part begins. A name must be whole; case does not matter. Raises UsageError if fewer characters are given, or if
    they match several ids, which the error lists.
    """
    exact = [id_ for id_ in known if given in {id_, _last(id_)}]
    named = [id_ for id_, name in known.items() if name and name.casefold() == given.casefold()]
    found = exact or named or [id_ for id_ in known if given and (id_.endswith(given) or _last(id_).startswith(given))]
    if len(found) > 1:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        shown = ", ".join(_shown(id_, known) for id_ in found[:_SHOWN])
        raise UsageError(f'"{given}" matches {shown}{more}: give more of the id')
    if found and not (exact or named) and len(given) < FEWEST:
        one = _shown(found[0], known)
        raise UsageError(f'"{given}" is too short: give at least {FEWEST} characters of the id. It matches {one}')
    return found[0] if found else None


def person_meant(given: str, ids: Callable[[], Iterable[PersonId]]) -> PersonId:
    """Return the person who is meant by a whole id, also an unknown one, or by a part or the handle of one of these.

    `ids` is called only for a part or a handle. Raises UnknownPerson, UsageError.
    """
    if given.startswith(tuple(f"{channel}:" for channel in Channel)):
        return PersonId(given)
    known = list(ids())
    by_handle = [person for person in known if handles.handle_of(person) == given]
    if len(by_handle) == 1:
        return by_handle[0]
    found = meant(given, dict.fromkeys(known, ""))
    if found is None:
        raise UnknownPerson("there is no person with that id")
    return PersonId(found)


def _last(id_: str) -> str:
    return id_.rpartition(":")[2]


def _shown(id_: str, known: Mapping[str, str]) -> str:
    return f"{id_} ({known[id_]})" if known[id_] else id_
