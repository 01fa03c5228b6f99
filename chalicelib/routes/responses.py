"""An answer in plain words, as every door gives it; nothing else of HTTP is here."""

from http import HTTPStatus

from chalice.app import Response


def text_response(status: HTTPStatus, body: str) -> Response:
    """Words that no browser takes for anything else."""
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Response(status_code=status.value, body=body, headers={**headers})
