"""Network addresses of clients, as they are stored to count requests."""

import hmac


def hashed(address: str, *, secret: str) -> str:
    """Return a hash of the address, from which nobody without the secret can guess it."""
    return hmac.digest(secret.encode(), f"address {address}".encode(), "sha256").hex()
