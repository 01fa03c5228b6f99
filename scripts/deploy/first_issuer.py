"""Notes the first issuer of a stage, whose people keep ids without an issuer; it is part of the ids at later ones.

Without a note, the configured issuer counts as the first.
"""

from typing import Any

from chalicelib.settings.stage import Secret
from scripts.deploy.deployment import Deployment


def note_first_issuer(deployment: Deployment) -> None:
    """Store the issuer of the deployed functions, else the one to be deployed, if any, and none is stored.

    Call it before a deployment changes the functions, which may name another issuer afterwards.
    """
    if not deployment.channels.web:
        return
    sign_in = deployment.environment.settings.web.sign_in
    if first := _deployed(deployment) or (sign_in.issuer if sign_in else ""):
        deployment.vault.note_once(Secret.FIRST_ISSUER, first)


def _deployed(deployment: Deployment) -> str:
    """Return the issuer that the deployed functions accept; empty before there are any, and where there is none."""
    client: Any = deployment.client("lambda")
    try:
        function = client.get_function_configuration(FunctionName=deployment.environment.settings.stage.api_function)
    except client.exceptions.ResourceNotFoundException:
        return ""
    return str(function.get("Environment", {}).get("Variables", {}).get("PARLEY_OIDC_ISSUER", ""))
