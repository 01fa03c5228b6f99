"""`parley people deletions` and `deleted`: requests for deletion that Facebook has passed on, finished by hand."""

import click

from scripts.cli.people import Context, with_context
from scripts.stage.environment import UsageError


@click.command()
@with_context
def deletions(context: Context) -> None:
    """Who has asked Facebook that their data be deleted here.

    Facebook names them by an app-scoped id. It is not the id that `people list` shows, so the bot cannot tell whose
    conversation it is. To finish a request:

    1. Find out who it is. Only who has logged in to your app can ask, as a rule somebody with a role in it. Facebook
    may still tell the name: GET /ID?fields=name in its Graph API Explorer.

    2. Ask them to send /forget to your page. Or find their id, by comparing `people list` with the times in your page's
    inbox on Facebook, and run `people forget PERSON`. Nothing is stored of somebody who never wrote to your page.

    3. Run `people deleted CODE`.

    The person sees how far it is under an address that Facebook has given them, and reads there that /forget deletes
    everything without you. Requests are listed for 90 days.
    """
    context.view.deletions(list(context.deletions.open(now=context.clock())))


@click.command()
@click.argument("code")
@with_context
def deleted(context: Context, code: str) -> None:
    """Note that a request is done: CODE's page says so then.

    This deletes nothing but the id of who asked. First do what `people deletions --help` says.
    """
    if not context.deletions.close(code, now=context.clock()):
        raise UsageError(f'there is no open request "{code}": see scripts/parley people deletions')
    context.view.deleted(code)
