"""The web chat's doors for WebSockets: as in `app`, no decision lives here."""

from chalice.app import Blueprint, WebsocketEvent

from chalicelib import bootstrap_web
from chalicelib.messages_web import SocketId

sockets = Blueprint(__name__)


@sockets.on_ws_connect(name="websocket_connect")
def websocket_connect(event: WebsocketEvent) -> None:
    """Somebody opens a WebSocket; the handshake fails only when that cannot be noted."""
    said = event.to_dict()
    origin = next((value for name, value in said.get("headers", {}).items() if name.lower() == "origin"), "")
    endpoint = bootstrap_web.connections_url(said["requestContext"])
    bootstrap_web.reception().connect(SocketId(event.connection_id), endpoint=endpoint, origin=origin)


@sockets.on_ws_message(name="websocket_message")
def websocket_message(event: WebsocketEvent) -> None:
    """One frame."""
    bootstrap_web.reception().receive(SocketId(event.connection_id), event.body)


@sockets.on_ws_disconnect(name="websocket_disconnect")
def websocket_disconnect(event: WebsocketEvent) -> None:
    """They have gone; API Gateway tells it as well as it can."""
    bootstrap_web.reception().disconnect(SocketId(event.connection_id))
