"""The health check of sign-in: the issuer's document and keys can be fetched."""

from collections.abc import Callable, Collection

from chalicelib.errors import IssuerUnavailable
from chalicelib.operations.findings import Check, Finding, deploy_command

_WHY = "people cannot sign in to the web chat"


def sign_in(issuer: str, keys: Callable[[], Collection[str]], *, stage: str) -> Check:
    """Return the check that the issuer publishes keys; `keys` fetches their ids and raises IssuerUnavailable."""

    def run() -> list[Finding]:
        try:
            found = len(keys())
        except IssuerUnavailable as exc:
            what, _, remedy = str(exc).partition("; ")
            cure = remedy or "check PARLEY_OIDC_ISSUER; if it is right, run this again in a minute"
            return [Finding.broken("sign-in", f"{issuer}: {what}", _WHY, f"{cure}, then {deploy_command(stage)}")]
        if not found:
            what = f"{issuer} publishes no key for signatures with RS256"
            return [Finding.broken("sign-in", what, _WHY, "let the issuer sign with RS256")]
        return [Finding.ok("sign-in", f"{issuer} publishes {found} {'key' if found == 1 else 'keys'}")]

    return Check("sign-in", run)
