"""Pairing: a code that the owner gets at the command line makes the person who sends it an owner."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

CODE_LIFE_MS: Final = 10 * 60 * 1000
MOST_TRIES: Final = 5
"""Codes that may be tried, by all people together, until a new code is needed."""
LENGTH: Final = 8
_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""None of them looks like another one."""
_SALT_BYTES: Final = 16
_COST: Final = 2**13
"""Of scrypt: 8 MB and some tens of milliseconds. So a leaked hash is no way to the code within ten minutes."""


@dataclass(frozen=True)
class Pairing:
    """What is stored of a code: a salted hash."""

    salt: str = field(repr=False)
    digest: str = field(repr=False)
    """In hex, as the salt."""
    expires_at: int
    """Milliseconds since 1970."""

    def fits(self, code: str) -> bool:
        """Whether it was made for this code. Case, blanks and hyphens do not matter."""
        return hmac.compare_digest(self.digest, _digest(code, bytes.fromhex(self.salt)))


def new_code(random_bytes: Callable[[int], bytes]) -> str:
    """Generate a code of LENGTH signs; `random_bytes` returns that many bytes of cryptographic randomness."""
    number = int.from_bytes(random_bytes(16), "big")  # so long that each sign is as likely as another
    signs = []
    for _ in range(LENGTH):
        number, sign = divmod(number, len(_SIGNS))
        signs.append(_SIGNS[sign])
    return "".join(signs)


def shown(code: str) -> str:
    """Return the code as it is easy to read and to type: `ABCD-EFGH`."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def pairing_for(code: str, random_bytes: Callable[[int], bytes], *, now: int) -> Pairing:
    """Return what is stored of a code that is made at `now`."""
    salt = random_bytes(_SALT_BYTES)
    return Pairing(salt.hex(), _digest(code, salt), now + CODE_LIFE_MS)


def _digest(code: str, salt: bytes) -> str:
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.scrypt(plain[: LENGTH * 2].encode(), salt=salt, n=_COST, r=8, p=1).hex()
