"""What else happens when a stage's channels change: what ends, what gets another address, what Facebook is told."""

from collections.abc import Iterator
from typing import Final

from chalicelib.errors import ConfigError, MetaError
from chalicelib.settings.stage import Secret
from scripts.deploy.deployment import Deployment
from scripts.deploy.secrets import OF_FACEBOOK

_NOTES: Final = (Secret.WEBHOOK_URL, Secret.PAGE_ID)


def consequences(deployment: Deployment) -> Iterator[str]:
    """Yield in a sentence each what the owner should know before the deployment; nothing for a new stage."""
    if not (deployment.stack.status() and deployment.url()):
        return
    wanted, before = deployment.channels, deployment.websocket_url()
    if before and not wanted.web:
        yield f"The web chat ends, with all open chats. Switched on again, it gets another address than {before}."
    if wanted.web and not before:
        yield "The web chat gets a new address, also if it had one before. Pages find it; tell it to your programs."
    if leaves_facebook(deployment):
        yield "Messenger ends: your page's menu, its subscription and all stored values of Facebook's are deleted."


def leaves_facebook(deployment: Deployment) -> bool:
    """Whether values of Facebook's are stored though the stage shall not have Messenger."""
    return not deployment.channels.messenger and not deployment.vault.stored().keys().isdisjoint(OF_FACEBOOK)


def leave_facebook(deployment: Deployment) -> str:
    """Undo the set-up if Facebook accepts the page token, and return what was done, in words."""
    setup = deployment.page()
    try:
        setup.unsubscribe_page()
        setup.clear_profile()
    except (MetaError, ConfigError) as exc:
        return f"skipped: {exc}"
    return "deleted"


def forget_facebook(deployment: Deployment) -> str:
    """Do the same as `leave_facebook`, and delete all that is stored of Facebook's."""
    left = leave_facebook(deployment)
    deployment.vault.forget([*OF_FACEBOOK, *_NOTES])
    return left
