"""The errors that cross a package's border, and what a caller does about each.

* ParleyError
  x ConfigError          a setting, secret, table or shipped file is invalid; the owner must correct it
  x InvalidSignature     the request is not signed with an app secret; respond with 403, log nothing of its body
  x BodyTooLarge         the request's body exceeds the limit; respond with 413, without parsing it
  x BadRequest           the request is not valid for its endpoint; respond with 400
  x InvalidToken         a ticket, token or API key does not authenticate the client; the client needs another one
    + TicketExpired      the ticket is valid but too old; the client requests a new one
  x IssuerUnavailable    the issuer of ID tokens does not respond; the token may be valid, retry
  x UnknownKey           there is no such API key; respond with 404
  x WrongOrigin          the page's origin may not use the API key; respond with 403
  x RateLimited          the address or visitor has had its tickets for this hour; respond with 429
  x StoreError           a request to DynamoDB failed; it may or may not have been carried out, retry
  x LeaseLost            another worker has the conversation's lease now; stop without a further write
  x WakeError            the worker could not be invoked; the turn is stored, the heartbeat will find it
  x NotifyError          the owner's alert could not be sent
  x MetaError            a request to Meta about the page or the app failed; it may have been carried out, retry
    + NotOffered         Meta does not know what was asked for, in this version of its API; go on without it
  x WebhookUnreachable   the bot's own webhook does not respond
  x ConversationFull     the conversation has its most connections; the client is told and stays where it is
  x TooManyConnections   the person has their most connections; close their oldest one, and retry
  x UnknownPerson        no person of that name is stored
  x ConversationBusy     the person's turn is being answered right now; retry in a minute
  x ModelError           the model gave no usable answer; apologise, and refund the question while refunds are left
    + ModelBusy          it may answer in a minute: rate limit, outage, timeout, broken stream
    + ModelRefused       it will not answer this question
    + ModelUnusable      it answers no question until the owner acts on the cause: key, credit, model name, a parameter
  x DeliveryError        the answer could not be delivered for now; retry later
    + DeliveryPostponed  the next attempt is due at a known time; not before it
    + PersonUnreachable  it can never be delivered: window closed, bot blocked, account deleted; give up silently
      - ThreadHeld       not now: a human or another app answers this person; keep silent, and charge nothing
    + DeliveryRefused    it was refused for an unknown reason; give up, and tell the owner if several people meet it
    + ConnectionGone     this connection is closed; the person may have others
    + ChannelBroken      nothing can be delivered until the owner acts: token, permission; tell them, retry later
"""

from collections.abc import Sequence
from enum import StrEnum


class ParleyError(Exception):
    """Root of all errors raised on purpose. A message never contains users' text, ids or secrets."""


class ConfigError(ParleyError):
    """The deployment is not valid; the message says what is wrong and how to correct it."""


class InvalidSignature(ParleyError):
    """The request is not signed with one of the app secrets."""


class BodyTooLarge(ParleyError):
    """The request's body is larger than any that is parsed."""


class BadRequest(ParleyError):
    """The request is not valid for its endpoint; the message says why, for a developer."""


class InvalidToken(ParleyError):
    """The ticket, token or API key does not authenticate the client; the message says why, for a developer."""


class TicketExpired(InvalidToken):
    """The ticket was valid and has expired."""


class IssuerUnavailable(ParleyError):
    """The keys of the ID tokens' issuer could not be fetched."""


class UnknownKey(ParleyError):
    """No API key of that id is stored."""


class WrongOrigin(ParleyError):
    """The page's origin is not among those allowed for the API key."""


class RateLimited(ParleyError):
    """The client's address, or the visitor, has had all its tickets for this hour."""


class StoreError(ParleyError):
    """A request to DynamoDB failed; every caller may retry it."""


class LeaseLost(ParleyError):
    """The lease expired, and another worker has the conversation."""


class WakeError(ParleyError):
    """The worker could not be invoked."""


class NotifyError(ParleyError):
    """The alert to the owner could not be sent."""


class MetaError(ParleyError):
    """Meta refused, or did not answer, a request about the page or the app; the message says what to do."""


class NotOffered(MetaError):
    """Meta does not know a parameter of the request: it is not part of this version of the API."""


class WebhookUnreachable(ParleyError):
    """The bot's own webhook could not be reached."""


class ConversationFull(ParleyError):
    """The conversation has as many connections as it may have."""


class TooManyConnections(ParleyError):
    """The person has as many connections as one person may have."""


class UnknownPerson(ParleyError):
    """No person of that id is stored."""


class ConversationBusy(ParleyError):
    """A turn of the person is being answered, so the conversation cannot be deleted right now."""


class ModelError(ParleyError):
    """The model gave no usable answer."""

    may_be_billed = True
    """Whether the provider may charge for the request; false only if it got none, or refused it before it began."""
    began = True
    """Whether the provider may have begun to answer; false only if it refused the request or gave no response."""
    model = ""
    """The name of the model, where several may answer; empty for the deployment's."""
    requests = 1
    """How many requests were sent for the answer."""
    is_slip = False
    """Whether the model wrote nothing but a call of a tool that cannot be read; asked again, it may do better."""


class ModelBusy(ModelError):
    """A later request may succeed."""


class ModelRefused(ModelError):
    """The provider's content filter stopped this question or its answer."""


class ModelFault(StrEnum):
    """What the owner has to change before the model answers again.

    Each has an alert text `owner_model_<value>` in the locales and a remedy in the health check.
    """

    KEY = "key"
    """The API key is missing or refused."""
    CREDIT = "credit"
    """The account at the provider has no credit left."""
    VERIFICATION = "verification"
    """The account at the provider must be verified before it may use the model in this way."""
    MISSING = "missing"
    """The provider does not know the model."""
    ACCESS = "access"
    """AWS does not let the bot ask the model: its role, or the account, lacks a right."""
    ROUTE = "route"
    """The server does not have the route of the wire format."""
    REFUSED = "refused"
    """The provider would refuse the request again: for a parameter, its length, the country."""


class ModelUnusable(ModelError):
    """The model answers no question until the owner acts; `cause` says on what."""

    may_be_billed = False

    def __init__(self, message: str, *, cause: ModelFault, names: Sequence[str] = ()) -> None:
        """Create it with `names`: the parameters that the provider refuses, or its code; never words of its message."""
        super().__init__(message)
        self.cause = cause
        self.names = tuple(names)


class DeliveryError(ParleyError):
    """The answer could not be delivered for now."""


class DeliveryPostponed(DeliveryError):
    """An attempt failed or came too early; the next one is due at `until`, in milliseconds since 1970."""

    def __init__(self, message: str, *, until: int) -> None:
        super().__init__(message)
        self.until = until


class PersonUnreachable(DeliveryError):
    """No answer can be delivered to this person, now or later."""


class ThreadHeld(PersonUnreachable):
    """No answer can be delivered to this person, because a human or another app has the thread."""


class DeliveryRefused(DeliveryError):
    """The channel refused this answer, and does not say whether the person, the answer or the channel is the cause."""


class ConnectionGone(DeliveryError):
    """The client has closed this connection."""


class ChannelBroken(DeliveryError):
    """No answer can be delivered on the channel until the owner acts."""
