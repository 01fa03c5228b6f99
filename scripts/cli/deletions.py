"""`parley people deletions` and `deleted`: lists the deletion requests that Facebook passes on, and closes them."""

import click

from scripts.cli.options import NotFound
from scripts.cli.people import Context, with_context
from scripts.stage import hints


@click.command()
@with_context
def deletions(context: Context) -> None:
    """List requests to delete data that came through Facebook.

    Facebook identifies the user by an app-scoped id. It differs from the id that `people list` shows, so the bot cannot
    find the conversation by it. To finish a request:

    1. Find out who it is. Only a user who has logged in to your app can send a request; usually that is a person with a
    role in the app. Facebook may still return the name: GET /ID?fields=name in its Graph API Explorer.

    2. Ask them to send /forget to your page. Or find their id by comparing the times in `people list` with your page's
    inbox on Facebook, and run `people forget PERSON`. Nothing is stored about a user who never wrote to your page.

    3. Run `people deleted CODE`.

    The user can follow the request at an address that they got from Facebook. That page also says that /forget deletes
    everything at once. Requests are listed for 90 days.
    """
    context.view.deletions(list(context.deletions.open(now=context.clock())))


@click.command()
@click.argument("code")
@with_context
def deleted(context: Context, code: str) -> None:
    """Mark a deletion request as done.

    CODE is the request's code in `people deletions`. The person's status page then shows that the data are deleted.
    This command only deletes the app-scoped id of the request. First follow the steps in `people deletions --help`.
    """
    if not context.deletions.close(code, now=context.clock()):
        hint = hints.command("people deletions", context.stage)
        raise NotFound(f'there is no open request with the code "{code}": see {hint}')
    context.view.deleted(code)
