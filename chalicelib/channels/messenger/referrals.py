"""Reads by which link a user came: `m.me/<page>?ref=<code>`, with the code of an invite."""

from typing import Any

from chalicelib.access.invites import CODE


def invite_in(item: dict[str, Any]) -> str | None:
    """Return the code of the invite whose link the user has opened; None for none, and for other links.

    Where the conversation exists, the item has a `referral`. Else the referral is in the first button that the user
    taps, or in their first message.
    """
    match item:
        case {"referral": {"ref": str(ref)}}:
            pass
        case {"postback": {"referral": {"ref": str(ref)}}} | {"message": {"referral": {"ref": str(ref)}}}:
            pass
        case _:
            return None
    return ref if CODE.fullmatch(ref) else None
