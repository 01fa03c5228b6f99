"""The Chalice view behind the webhook that three of the bots have: it verifies Meta's signature and reads the body."""

from collections.abc import Callable

from chalice.app import Chalice, ForbiddenError

from scripts.peers.messages import SIGNATURE, Message, is_signed, messages, posted
from scripts.peers.outside import Context, Outside


def webhook(outside: Outside, handle: Callable[[Message], object]) -> Callable[[bytes], int]:
    """Return what passes a body through Chalice to `handle`, a message at a time, and returns the HTTP status."""
    app, context = Chalice(app_name="bot"), Context(outside)

    @app.route("/webhook", methods=["POST"])
    def view() -> str:
        request = app.current_request
        body = bytes(request.raw_body) if request else b""  # type: ignore[arg-type]
        if not request or not is_signed(body, request.headers.get(SIGNATURE, "")):
            raise ForbiddenError("not signed by Meta")
        for message in messages(body):
            handle(message)
        return ""

    def deliver(body: bytes) -> int:
        status: int = app(posted(body), context)["statusCode"]
        return status

    return deliver
