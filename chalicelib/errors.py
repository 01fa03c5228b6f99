"""Every error Parley raises on purpose, and what each means for the caller; no error lives elsewhere.

* ParleyError
  x ConfigError          the deployment is wrong (a setting, a secret, a table); the owner must act
  x InvalidSignature     the caller is not who it claims to be; answer 403, log nothing of the body
  x BodyTooLarge         more than any real event; answer 413, unread
  x UnreadableRequest    not what this address is for; answer 400
  x InvalidToken         whoever signed it is not whom we trust, or it is not for us, or it has expired
    + TicketExpired      only its time is over; a new one will do
  x TokensOutOfReach     who signs people in does not answer; nothing is known of the token, try again
  x UnknownKey           there is no such API key
  x WrongOrigin          the page may not use the API key
  x TooManyTickets       enough for this address and hour
  x StoreError           DynamoDB did not do as asked; nothing is known to be written, try again
  x LeaseLost            somebody else works on this conversation now; stop without a further write
  x WakeError            the worker could not be woken; the turn is durable, the heartbeat will find it
  x NotifyError          the owner could not be told
  x MetaError            Meta did not do as asked of the page or the app; nothing is known to be written, try again
  x WebhookSilent        the bot's own webhook did not answer
  x UnknownPerson        nobody of that name has written yet
  x PersonBusy           the bot is answering this person right now; try again in a minute
  x ModelError           the language model gave no usable answer; apologise, do not charge
    + ModelBusy          it may work in a minute (rate limit, outage, time-out, broken stream)
    + ModelRefused       it will not answer this question
    + ModelUnusable      it will not work until the owner acts (key, credit, model name)
  x DeliveryError        the answer did not reach the person, for now; worth another try later
    + PersonUnreachable  it never will (window closed, bot blocked, account gone); give up quietly
    + SocketGone         this connection is closed; the person may have others
    + ChannelBroken      nothing will reach anybody until the owner acts (token, permission)
"""

from enum import StrEnum


class ParleyError(Exception):
    """Root of all errors raised on purpose. Messages never hold people's words, ids or secrets."""


class ConfigError(ParleyError):
    """The deployment is wrong; the message names what is missing and the cure."""


class InvalidSignature(ParleyError):
    """The request was not signed with one of our app secrets."""


class BodyTooLarge(ParleyError):
    """The request's body is larger than what is ever parsed."""


class BadRequest(ParleyError):
    """The request does not say what its address is for."""


class InvalidToken(ParleyError):
    """The ticket or the sign-in token proves nothing; the message says why, in words for a developer."""


class TicketExpired(InvalidToken):
    """It was good once."""


class IssuerUnavailable(ParleyError):
    """The issuer's keys could not be fetched."""


class UnknownKey(ParleyError):
    """No such API key is stored."""


class WrongOrigin(ParleyError):
    """The page is none of those on which the API key may be used."""


class RateLimited(ParleyError):
    """The address has had all its tickets of this hour."""


class StoreError(ParleyError):
    """DynamoDB failed; the call may be repeated."""


class LeaseLost(ParleyError):
    """The lease ran out and somebody else holds the conversation."""


class WakeError(ParleyError):
    """The worker could not be woken."""


class NotifyError(ParleyError):
    """The owner could not be told."""


class MetaError(ParleyError):
    """Meta refused, or did not answer, a call about the page or the app; the message names the cure."""


class WebhookUnreachable(ParleyError):
    """The bot's own webhook could not be reached."""


class UnknownPerson(ParleyError):
    """No such person is stored."""


class ConversationBusy(ParleyError):
    """The person's conversation is being answered, so it cannot be erased this moment."""


class ModelError(ParleyError):
    """The model gave no usable answer; it may have been billed all the same, unless it was refused at once."""

    may_be_billed = True


class ModelBusy(ModelError):
    """A later question may well be answered."""


class ModelRefused(ModelError):
    """The provider's filter stopped this question or its answer."""


class ModelFault(StrEnum):
    """What the owner has to change before the model answers again.

    Each has an alert text `owner_model_<value>` in the locales and a remedy in the health check.
    """

    KEY = "key"
    """The API key is missing or refused."""
    CREDIT = "credit"
    """The account at the provider has no credit left."""
    MISSING = "missing"
    """The provider does not know the model."""


class ModelUnusable(ModelError):
    """The model answers no question until the owner acts; `cause` says on what."""

    may_be_billed = False

    def __init__(self, message: str, *, cause: ModelFault) -> None:
        super().__init__(message)
        self.cause = cause


class DeliveryError(ParleyError):
    """Not delivered for now."""


class PersonUnreachable(DeliveryError):
    """The person cannot be written to, now or later."""


class ConnectionGone(DeliveryError):
    """Nobody is at the other end of this connection any more."""


class ChannelBroken(DeliveryError):
    """Nobody can be written to until the owner acts."""
