"""What `access` needs from stores and issuers, as Protocols; no code. Contract tests check each docstring.

Times are milliseconds since 1970 unless the name says otherwise.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

from chalicelib.access.api_key import ApiKey
from chalicelib.access.budget import DaySpend, Reservation
from chalicelib.access.person import Access, Person
from chalicelib.ids import ConversationId, KeyId, PersonId


class People(Protocol):
    """The bot's users, and the owner's decisions about them. All methods raise StoreError."""

    def get(self, person: PersonId) -> Person | None:
        """Return the person; None if they have never written and the owner has decided nothing about them."""

    def decide(self, person: PersonId, access: Access, *, daily_limit: int | None) -> None:
        """Set the owner's decision, also about somebody who has never written; it holds when they do.

        A `daily_limit` of None removes the person's own limit. Buttons about a new person (`access.taps`) do no more
        after it. Raises UnknownPerson if a decision would be undone, but nothing is stored.
        """

    def list(self) -> Iterator[Person]:
        """Return all people, the most recently seen first; those without times if decided about."""

    def choose(self, person: PersonId, persona: str, *, asked_at: int) -> None:
        """Store the name of the persona that the person has chosen.

        Nothing if they have never written, or had everything deleted after they asked for it at `asked_at`.
        """

    def speak(self, person: PersonId, language: str, *, asked_at: int) -> None:
        """Store the language that the person has chosen, or nothing, as `choose` does."""

    def give_model(self, person: PersonId, model: str) -> None:
        """Store the name of the model that answers the person; none if it is empty. Raises UnknownPerson."""

    def note_look(self, person: Person, by: str, *, now: int) -> bool:
        """Store that an owner reads the person's words; False, with nothing written, if nothing is stored of them.

        Of the looks that `person` has, so many are deleted that LOOKS_KEPT are left.
        """

    def leave(self, person: PersonId, conversations: Collection[ConversationId]) -> None:
        """Take conversations off the person's `rooms`, since nothing of the person is stored there."""

    def begin_to_forget(self, person: PersonId, *, asked_at: int) -> None:
        """Refuse from now on what is still to be stored because of something that the person said until then.

        Of questions that are being answered, it refuses what tools and commands store about the person.
        """

    def forget(
        self,
        person: PersonId,
        *,
        now: int,
        last_seen: int | None = None,
        later: Collection[ConversationId] = (),
    ) -> bool:
        """Delete what is stored about the person, except the owner's decision and the counts of the last days.

        Both are kept so that forgetting is no way around a block or a limit; of the months
        only the last. Without a decision, the counts are deleted after three days.
        In the conversations `later`, something is stored that was said later: then the person stays as one who has
        written there. False, with nothing written, if there is a `last_seen` and the person has been seen since.
        """


class Spending(Protocol):
    """What the model has cost. All methods raise StoreError."""

    def days(self, since: date, until: date) -> Sequence[DaySpend]:
        """Return every day from `since` to `until`, both included, oldest first; days without calls are zero.

        Spending is stored for 400 days; older days are zero too.
        """

    def used_before(self, day: date) -> int:
        """Return the micro-USD that the days of its month before `day` have used, and close the last of them.

        On a closed day no reservation with a month is made any more. So nothing is added to the sum, unless a
        reservation is made more than a day late.
        """

    def reserve(self, reservation: Reservation) -> bool:
        """Set money aside for a call of no turn, and count the call; False, with nothing counted, if no room is left.

        It is not settled: what was set aside counts as spent.
        """


class ApiKeys(Protocol):
    """API keys. All methods raise StoreError."""

    def create(self, key: ApiKey) -> bool:
        """Store a new key; False, with nothing written, if there is a key of that id."""

    def get(self, key: KeyId) -> ApiKey | None:
        """Return the key as last written, valid or not; None if there is none.

        Of a key without `max_messages`, `used` is 0: nothing depends on it, and it is read with `counted`.
        """

    def counted(self, key: KeyId) -> ApiKey | None:
        """Return the key as `get` does, with its questions."""

    def list(self) -> Iterator[ApiKey]:
        """Return all keys in the order of their ids, with their questions."""

    def revoke(self, key: KeyId, *, now: int) -> bool:
        """Revoke the key for good; False if there is none. A key that is revoked already keeps its time."""

    def set_open_rooms(self, key: KeyId, *, is_open: bool) -> bool:
        """Set whether the key's visitors may join every room by name; False if there is no such key."""

    def set_generation(self, key: KeyId, generation: int) -> bool:
        """Set which secret signs the key's visitors; False if there is no such key."""


@dataclass(frozen=True)
class PersonaText:
    """The text of a persona's file, which the owner has put in place of the one that ships with the bot."""

    source: str = field(repr=False)
    at: int
    """When it was put."""
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The texts of the files that it knows, by their names."""


@dataclass(frozen=True)
class PersonaChange:
    """A change that the owner made to the text of a persona."""

    at: int
    name: str
    """Of the persona."""
    is_put: bool
    """Whether a text was put; otherwise it was removed."""


NO_FILES: Final[Mapping[str, str]] = {}


class PersonaTexts(Protocol):
    """The owner's own texts of personas. All methods raise StoreError."""

    def current(self) -> Mapping[str, PersonaText]:
        """Return the texts by the names of their personas, as they were at most a minute ago."""

    def put(self, name: str, source: str, *, now: int, files: Mapping[str, str] = NO_FILES) -> None:
        """Store the text of a persona and of the files that it knows, in place of those before, and the change."""

    def remove(self, name: str, *, now: int) -> bool:
        """Delete the text of a persona and store the change in the journal; False, with nothing written, if none is."""

    def changes(self) -> Iterator[PersonaChange]:
        """Return the changes of the last 400 days, newest first."""


class LiveConnections(Protocol):
    """The open WebSocket connections of users. All methods raise StoreError."""

    def close_of_key(self, key: KeyId) -> None:
        """Close and delete all connections that users of the API key have open, in all conversations."""

    def close_of_person(self, person: PersonId) -> None:
        """Close and delete all connections that the user has open."""


class Tickets(Protocol):
    """Counts the tickets that were issued, and sign-ins on chat pages, to limit their rate. Raises StoreError."""

    def count(self, key: KeyId, whose: str, *, hour: str, most: int) -> bool:
        """Count one more ticket in an hour; False, not counted, if `most` were counted already.

        `whose` is a client's network address, a visitor or a site. It is stored as it is given, so pass the hash of an
        address. `hour` is as `hour_of` returns it. A count is deleted two hours after its hour began. Sign-ins are
        counted for the key SIGNED_IN.
        """


class IdTokens(Protocol):
    """Verifies the ID tokens of an OpenID Connect issuer, and Cognito's access tokens."""

    @property
    def issuer(self) -> str:
        """The issuer's name, as in its tokens."""

    def subject(self, token: str) -> str:
        """Return the token's `sub` claim, the issuer's id of the user.

        Raises IssuerUnavailable, and InvalidToken, also if the token is about a program instead of a person.
        """


class SignInIssuer(Protocol):
    """The OpenID Connect issuer, as a chat page signs people in there. All methods raise IssuerUnavailable."""

    def authorization_endpoint(self) -> str:
        """Return the address of the page on which people sign in."""

    def exchange(self, code: str, *, verifier: str, callback: str) -> str:
        """Return the ID token for an authorization code; it is not verified. Raises InvalidToken for a refused code.

        `verifier` is PKCE's, and `callback` the address to which the issuer sent the code.
        """


class Handovers(Protocol):
    """Authorization codes that a window hands over to the iframe that opened it. All methods raise StoreError."""

    def put(self, slot: str, code: str, *, now: int) -> bool:
        """Store a code for five minutes; False, with nothing written, if the slot holds one."""

    def take(self, slot: str, *, now: int) -> str | None:
        """Return the slot's code and delete it, for exactly one caller; None if there is none or it has expired."""
