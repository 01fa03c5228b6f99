"""Sends messages to owners on Messenger that answer nothing: Meta allows them for 24 hours after the owner's last."""

from dataclasses import dataclass
from typing import Final

from chalicelib.access import identity
from chalicelib.channels.messenger.events import NOTICE
from chalicelib.channels.messenger.sender import MAX_UNITS, PATH, quick_replies, raise_if_final
from chalicelib.channels.meta.graph import Graph, GraphError
from chalicelib.channels.meta.graph_errors import Failure
from chalicelib.channels.splitting import split
from chalicelib.conversation.turn import Choice
from chalicelib.errors import ConfigError, DeliveryError
from chalicelib.ids import PersonId

_TRIES: Final = 2


@dataclass(frozen=True)
class MessengerOwnerChat:
    """`operations.owner_notices.OwnerChat` over the Graph API. The web chat shows owners no notices."""

    graph: Graph

    def send(self, owner: PersonId, text: str, choices: tuple[Choice, ...]) -> bool:
        if not identity.traits_of(owner).shows_notices:
            return False
        parts = split(text, limit=MAX_UNITS)
        for number, part in enumerate(parts, 1):
            message = {"text": part, "metadata": NOTICE, **quick_replies(choices if number == len(parts) else ())}
            self._post({"recipient": {"id": identity.psid_of(owner)}, "messaging_type": "UPDATE", "message": message})
        return True

    def _post(self, body: dict[str, object]) -> None:
        """Send one message, once more only if it surely was not sent."""
        for attempt in range(1, _TRIES + 1):
            try:
                return self.graph.post(PATH, body)
            except ConfigError as exc:
                raise DeliveryError(str(exc)) from exc
            except GraphError as exc:
                if exc.failure is Failure.SENT:
                    return None
                raise_if_final(exc)
                if attempt == _TRIES or exc.failure is not Failure.RETRY:
                    raise DeliveryError(exc.reason) from exc
        return None
