"""Calls the Graph API about the page and the app: identity, webhook subscriptions, profile. Sends no messages."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.channels import lenient_json
from chalicelib.channels.messenger.ports import AppSubscription, PageIdentity, PageToken
from chalicelib.channels.meta.graph import Graph, GraphError
from chalicelib.channels.meta.graph_errors import Failure
from chalicelib.errors import MetaError, NotOffered

_NOT_VERIFIED: Final = 2200
"""Meta's code for a webhook that failed the handshake."""
_INVALID_PARAMETER: Final = 100
"""Meta's code for a property or a field that does not exist, among others."""
_BELONG: Final = "check that app id, app secret and page token belong to the same app"


@dataclass(frozen=True)
class GraphPage:
    """`MessengerPage` over the Graph API."""

    graph: Graph
    """Authenticated by the page token."""
    app_id: Callable[[], str] = field(repr=False)

    def identity(self) -> PageIdentity:
        with _translated_errors("page token"):
            page = self.graph.get("me", {"fields": "id,name"})
        return PageIdentity(str(page.get("id", "")), str(page.get("name", "")))

    def token(self) -> PageToken:
        with _translated_errors("app secret"):
            response = self._as_app.get("debug_token", {"input_token": self.graph.token()})
        data = response.get("data")
        return _token(data if isinstance(data, Mapping) else {})

    def app_subscription(self) -> AppSubscription | None:
        with _translated_errors("app secret"):
            response = self._as_app.get(f"{self.app_id()}/subscriptions", {})
        of_pages = (row for row in _rows(response) if row.get("object") == "page")
        return next((_app_subscription(row) for row in of_pages), None)

    def subscribe_app(self, callback_url: str, *, verify_token: str, fields: Collection[str]) -> None:
        body = {
            "object": "page",
            "callback_url": callback_url,
            "verify_token": verify_token,
            "fields": ",".join(sorted(fields)),
            "include_values": True,
        }
        with _translated_errors("app secret"):
            self._as_app.post(f"{self.app_id()}/subscriptions", body)

    def page_subscription(self) -> frozenset[str]:
        with _translated_errors("page token"):
            response = self.graph.get("me/subscribed_apps", {"fields": "id,subscribed_fields"})
        app_id = self.app_id()
        ours = (row for row in _rows(response) if lenient_json.identifier(row.get("id")) == app_id)
        return next((_names(row.get("subscribed_fields")) for row in ours), frozenset())

    def subscribe_page(self, fields: Collection[str]) -> None:
        with _translated_errors("page token"):
            self.graph.post("me/subscribed_apps", {}, {"subscribed_fields": ",".join(sorted(fields))})

    def unsubscribe_page(self) -> None:
        with _translated_errors("page token"):
            self.graph.delete("me/subscribed_apps", {})

    def profile(self, names: Collection[str]) -> Mapping[str, Any]:
        with _translated_profile_errors():
            response = self.graph.get("me/messenger_profile", {"fields": ",".join(names)})
        return {name: value for row in _rows(response) for name, value in row.items() if name in names}

    def set_profile(self, properties: Mapping[str, Any]) -> None:
        with _translated_profile_errors():
            self.graph.post("me/messenger_profile", properties)

    def clear_profile(self, names: Collection[str]) -> None:
        with _translated_profile_errors():
            self.graph.delete("me/messenger_profile", {"fields": list(names)})

    @property
    def _as_app(self) -> Graph:
        """The same client with an app access token: Meta accepts `<app id>|<app secret>` as one."""
        return replace(self.graph, token=lambda: f"{self.app_id()}|{self.graph.app_secret()}")


def _token(data: Mapping[str, Any]) -> PageToken:
    return PageToken(
        is_valid=data.get("is_valid") is True,
        app_id=lenient_json.identifier(data.get("app_id")) or "",
        kind=str(data.get("type", "")),
        scopes=_names(data.get("scopes")),
        expires_at=lenient_json.milliseconds(data.get("expires_at")),
        data_access_expires_at=lenient_json.milliseconds(data.get("data_access_expires_at")),
    )


def _app_subscription(row: Mapping[str, Any]) -> AppSubscription:
    return AppSubscription(
        str(row.get("callback_url", "")), active=row.get("active") is True, fields=_names(row.get("fields"))
    )


def _rows(response: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (row for row in lenient_json.items(response.get("data")) if isinstance(row, Mapping))


def _names(value: object) -> frozenset[str]:
    """Return the names in a list, whose items Meta sends as names or as objects with a name and a version."""
    names = (item.get("name") if isinstance(item, Mapping) else item for item in lenient_json.items(value))
    return frozenset(name for name in names if isinstance(name, str))


@contextmanager
def _translated_errors(credential: str) -> Iterator[None]:
    """Raise MetaError for GraphError, with the remedy. Meta's own message is left out: it may hold the token."""
    try:
        yield
    except GraphError as exc:
        raise MetaError(_message(exc, credential)) from exc


@contextmanager
def _translated_profile_errors() -> Iterator[None]:
    """Raise NotOffered if Meta refuses what the call is about, and not the caller; else as `_translated_errors`."""
    with _translated_errors("page token"):
        try:
            yield
        except GraphError as exc:
            if exc.failure is Failure.REJECTED and exc.code == _INVALID_PARAMETER:
                raise NotOffered(_message(exc, "page token")) from exc
            raise


def _message(error: GraphError, credential: str) -> str:
    if error.code == _NOT_VERIFIED:
        return f"Meta asked the webhook, which did not answer as it should ({error.reason}); run it again in a minute"
    match error.failure:
        case Failure.BROKEN:
            return f"Meta refuses the {credential} ({error.reason}); {_BELONG}, and that the token has its permissions"
        case Failure.BACK_OFF:
            return f"Meta takes no more calls for now ({error.reason}); try again in ten minutes"
        case Failure.RETRY | Failure.AMBIGUOUS:
            return f"Meta does not answer ({error.reason}); try again in a minute"
    return f"Meta refuses the call ({error.reason}); {_BELONG}"
