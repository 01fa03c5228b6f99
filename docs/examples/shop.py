"""A page whose chat knows its customer: an example of a site's server, with nothing but Python.

    scripts/parley keys create "Example" --origin http://localhost:3000 --stage demo
    scripts/parley keys signing "Example" --stage demo
    export PARLEY_SECRET='…'       # its first line
    export PARLEY_TAG='<script …'  # its line of HTML, with data-visitor="TOKEN"
    python3 docs/examples/shop.py  # http://localhost:3000

Your site has a sign-in of its own. Here a link makes a visitor Anna or Bert, so run it on your computer only.
"""

import base64
import hmac
import json
import os
import sys
import time
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECRET, TAG = (os.environ.get(name, "") for name in ("PARLEY_SECRET", "PARLEY_TAG"))
KEY = TAG.partition('data-config="')[2].partition('"')[0]
PORT = int(os.environ.get("PORT", "3000"))


def visitor_token(customer: str, key: str, secret: str) -> str:
    """Sign who a visitor is, for the next hour; `customer` is your own id of them."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    claims = {"sub": customer, "aud": key, "exp": int(time.time()) + 3600}
    signed = ".".join(part(json.dumps(each).encode()) for each in ({"alg": "HS256", "typ": "JWT"}, claims))
    return f"{signed}.{part(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


class Shop(BaseHTTPRequestHandler):
    """The site: `/` is its page, `/sign-in?as=anna` and `/sign-out` lead back to it."""

    def do_GET(self) -> None:
        """Answer one request."""
        address = urlsplit(self.path)
        if address.path in ("/sign-in", "/sign-out"):
            customer = "".join(filter(str.isalnum, parse_qs(address.query).get("as", [""])[0]))
            self.answer(303, "", {"Location": "/", "Set-Cookie": f"customer={customer}; HttpOnly; SameSite=Lax"})
        else:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get("customer")
            self.answer(200, page(cookie.value if cookie else ""))

    def answer(self, status: int, html: str, headers: dict[str, str] | None = None) -> None:
        """Send a page that no cache keeps."""
        self.send_response(status)
        kind = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
        for name, value in {**kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(html.encode())


def page(customer: str) -> str:
    """Return the page; only a signed-in customer's has a token."""
    tag = TAG.replace("TOKEN", visitor_token(customer, KEY, SECRET) if customer else "")
    return f"""<!doctype html><meta name="viewport" content="width=device-width"><title>Shop</title>
<h1>Shop</h1><p>Hello {escape(customer) or "stranger"}!
<p><a href="/sign-in?as=anna">I am Anna</a> <a href="/sign-in?as=bert">I am Bert</a> <a href="/sign-out">Sign out</a>
{tag}"""


if __name__ == "__main__":
    if not SECRET or 'data-visitor="TOKEN"' not in TAG:
        sys.exit(__doc__)
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Shop)
    print(f"http://localhost:{PORT}", flush=True)
    server.serve_forever()
