"""The health checks of sign-in: the issuer's keys can be fetched, and it takes codes of the chat page."""

from collections.abc import Callable, Collection

from chalicelib.errors import InvalidToken, IssuerUnavailable
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


def codes(exchange_a_wrong_one: Callable[[], object]) -> Check:
    """Return the check that the issuer refuses a wrong code for being wrong, and not for the client that sends it.

    `exchange_a_wrong_one` raises IssuerUnavailable otherwise.
    """

    def run() -> list[Finding]:
        try:
            exchange_a_wrong_one()
        except InvalidToken:
            pass
        except IssuerUnavailable as exc:
            what = f"the issuer may take no codes from the bot's client: {exc}"
            remedy = "register a client without a secret, with PKCE: docs/sign-in.md"
            return [Finding.warning("sign-in-page", what, "the chat page's button to sign in does not work", remedy)]
        return [Finding.ok("sign-in-page", "the issuer takes codes from the bot's client")]

    return Check("sign-in-page", run)
