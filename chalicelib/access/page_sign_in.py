"""The rules by which a chat page signs a person in: authorization code with PKCE, and the hand-over to an iframe.

An embedded chat page, an iframe, makes a secret and opens a window, which it tells only the slot: the secret's hash.
The person signs in there. The window puts the code into the slot, and who knows the secret takes it out. The code
alone is of no use without the verifier, which only the iframe has.
"""

import base64
import hashlib
import re
from typing import Final
from urllib.parse import urlencode

from chalicelib.errors import BadRequest

HANDOVER_KEPT_S: Final = 5 * 60
"""How long a code waits for the iframe, in seconds."""
_RANDOM: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""32 bytes in base64url: a slot, a secret, a verifier, a challenge or a nonce."""
_STATE: Final = re.compile(rf"{_RANDOM.pattern}\.[a-z0-9]{{0,10}}\.[\x21-\x7e]{{0,1000}}", re.ASCII)
_CODE: Final = re.compile(r"[\x21-\x7e]{1,4096}", re.ASCII)


def slot_of(secret: str) -> str:
    """Return the slot that opens with the secret."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode().rstrip("=")


def random_text(value: object, name: str) -> str:
    """Validate 32 random bytes in base64url. Raises BadRequest."""
    return _valid(value, _RANDOM, name)


def code(value: object) -> str:
    """Validate an authorization code. Raises BadRequest."""
    return _valid(value, _CODE, "code")


def authorization_url(
    endpoint: str, *, client: str, callback: str, state: str, challenge: str, nonce: str, again: bool
) -> str:
    """Return the address at which the person signs in. Raises BadRequest for a value that no chat page makes.

    `again` asks for the password also of somebody who is still signed in at the issuer.
    """
    query = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": callback,
        "scope": "openid",
        "state": _valid(state, _STATE, "state"),
        "nonce": random_text(nonce, "nonce"),
        "code_challenge": random_text(challenge, "challenge"),
        "code_challenge_method": "S256",
        **({"prompt": "login"} if again else {}),
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


def _valid(value: object, form: re.Pattern[str], name: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BadRequest(f"{name} is missing or not in its form")
    return value
