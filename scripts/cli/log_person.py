"""Selects the log lines of one person, who is in them by a pseudonym only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.access import identity
from chalicelib.access.person import Person
from chalicelib.errors import ConfigError, UnknownPerson
from chalicelib.ids import ConversationId, PersonId
from chalicelib.log import Log
from chalicelib.settings.stage import Secret
from scripts.cli import naming
from scripts.cli.log_lines import Line
from scripts.stage import hints
from scripts.stage.environment import Environment

if TYPE_CHECKING:
    from chalicelib.access.ports import People


@dataclass
class PersonLines:
    """Selects the lines of one person."""

    pseudonyms: frozenset[str]
    """Those of the person, and of their own conversations; never one of a room, where others write too."""
    _corrs: set[str] = field(default_factory=set)
    _requests: set[str] = field(default_factory=set)

    def select(self, lines: Sequence[Line]) -> list[Line]:
        """Select the person's lines, all lines of their messages, and those without a name of the same invocations."""
        theirs = [line for line in lines if self._has(line)]
        self._corrs |= {line.corr for line in theirs if line.corr}
        self._requests |= {line.request for line in theirs if line.request}
        return [line for line in lines if self._has(line) or line.corr in self._corrs or self._is_beside(line)]

    def _has(self, line: Line) -> bool:
        return bool({line.values.get("person"), line.values.get("conversation")} & self.pseudonyms)

    def _is_beside(self, line: Line) -> bool:
        names = (line.corr, line.values.get("person"), line.values.get("conversation"))
        return line.request in self._requests and not any(names)


def lines_of(environment: Environment, name: str) -> PersonLines:
    """Find the person that the owner means, as in `people show`, and return what selects their lines.

    Raises UnknownPerson, UsageError, StoreError, and ConfigError where the stage has no key of pseudonyms.
    """
    from chalicelib.aws.dynamodb.people import DynamoPeople  # noqa: PLC0415 (imports boto3)
    from chalicelib.aws.ssm import Secrets  # noqa: PLC0415

    person = _known(DynamoPeople(environment.table), name)
    stage = environment.settings.stage
    secrets = Secrets(environment.aws.client("ssm"), stage.secrets_prefix, (Secret.PSEUDONYM_KEY,))
    key = secrets.find(Secret.PSEUDONYM_KEY)
    if key is None:
        cure = hints.command("deploy", stage.name)
        raise ConfigError(f"stage {stage.name} has no key for the names in its log, which `deploy` makes: {cure}")
    log = Log(lambda: key, stage.name)
    names: list[PersonId | ConversationId] = [person.id]
    names += identity.own_conversations_of(person)
    return PersonLines(frozenset(map(log.pseudonym, names)))


def _known(people: "People", name: str) -> Person:
    """Return the person with what is stored about them, which may be nothing. Raises UnknownPerson, UsageError."""
    found = naming.person_meant(name, lambda: (person.id for person in people.list()))
    if not identity.is_person(found):
        raise UnknownPerson("there is no person with that id")
    return people.get(found) or Person(found)
