"""Adds a link to the demo's start page to the chat page, which is the bot's own and knows no demo."""

from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from scripts.simulator.gateway import Serve

_STYLE: Final = b'  <link rel="stylesheet" href="/page/way-back.css">\n</head>'
_ANCHOR: Final = '<a href="/" data-testid="way-back">← Start page of the demo</a>'
_LINK: Final = f'<body>\n  <nav class="way-back" lang="en" aria-label="Demo">{_ANCHOR}</nav>'.encode()


class WayBack:
    """Serves the chat page with the link where it is a page of its own, and unchanged in a frame or to a program."""

    def __init__(self, serve: "Serve") -> None:
        self._serve = serve

    async def serve(self, request: Request) -> Response:
        """Handle a request for the chat page."""
        response = await self._serve(request)
        if request.headers.get("sec-fetch-dest") != "document" or response.status_code != 200:  # noqa: PLR2004
            return response
        page = bytes(response.body).replace(b"</head>", _STYLE, 1).replace(b"<body>", _LINK, 1)
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return Response(page, response.status_code, headers)
