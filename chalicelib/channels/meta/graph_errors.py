"""The table of Meta's error codes: what the caller can do about each. Data and one lookup; no network.

Sources: Meta's "Messenger error codes" of 25 June 2026 and "Graph API: handling errors", which has 3, 102, 341 and the
range 200-299. A code that neither lists names where it was seen.
"""

import re
from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any, Final


class Failure(Enum):
    """What the caller can do about a failed call."""

    RETRY = "retry"
    """The call was not carried out; a retry in a moment may work."""
    BACK_OFF = "back_off"
    """Too many calls; a retry in some minutes may work."""
    AMBIGUOUS = "ambiguous"
    """The call may have been carried out."""
    SENT = "sent"
    """The call was carried out, although the response is an error."""
    UNREACHABLE = "unreachable"
    """This user cannot receive messages, now or later."""
    HELD = "held"
    """A human or another app has this user's thread, so that the bot may not write in it now."""
    BROKEN = "broken"
    """No call will work until the owner acts, for example renews the token."""
    REJECTED = "rejected"
    """The request was refused for a reason that is not known; a retry is refused too."""


_BY_SUBCODE: Final = {
    33: Failure.BROKEN,  # the page, or the app's right to it, is gone
    1357046: Failure.SENT,
    1404170: Failure.BROKEN,  # restricted page
    1545041: Failure.UNREACHABLE,  # not available, or has blocked the page
    1893015: Failure.BROKEN,  # restricted page
    1893063: Failure.BROKEN,  # restricted page, temporarily
    2018001: Failure.UNREACHABLE,  # no such person
    2018065: Failure.UNREACHABLE,  # outside the 24 hours
    2018108: Failure.UNREACHABLE,  # cannot receive now
    2018164: Failure.BROKEN,  # wrong app id
    2018278: Failure.UNREACHABLE,  # outside the 24 hours
    2018300: Failure.HELD,  # another app has the thread
    2018321: Failure.HELD,  # an automated flow of Meta's has the thread
    2018336: Failure.BROKEN,  # restricted page
    2018338: Failure.UNREACHABLE,  # too many messages for this person
    2018344: Failure.BROKEN,  # terms not accepted
    2534022: Failure.UNREACHABLE,  # outside the 24 hours
    2534037: Failure.HELD,  # another app has the thread
}
"""By `error_subcode`, whatever the code: it says more than the code."""
_BY_CODE: Final = {
    1: Failure.RETRY,
    2: Failure.AMBIGUOUS,
    3: Failure.BROKEN,  # the app lacks the capability
    4: Failure.BACK_OFF,
    5: Failure.BROKEN,  # the app's list of addresses lacks ours (developer settings, "Server IP allowlist")
    10: Failure.BROKEN,
    12: Failure.BROKEN,  # the method is deprecated (facebook-sdk's FacebookApiException table)
    17: Failure.BACK_OFF,
    32: Failure.BACK_OFF,
    33: Failure.BROKEN,  # no such object (fbgraph#141)
    99: Failure.RETRY,
    101: Failure.BROKEN,  # no such app, or a wrong app secret
    102: Failure.BROKEN,
    104: Failure.BROKEN,  # the proof of the app secret is missing or wrong
    190: Failure.BROKEN,
    341: Failure.BACK_OFF,
    368: Failure.BROKEN,
    551: Failure.UNREACHABLE,
    613: Failure.BACK_OFF,
    1200: Failure.AMBIGUOUS,
    2022: Failure.BROKEN,  # the page is blocked from sending, for a day or longer (firstline.cc, sendpulse.com)
    2500: Failure.BROKEN,  # no token, or an API version that has ended
    80006: Failure.BACK_OFF,
}
"""By `code`."""
_DIGITS: Final = re.compile("[0-9]{1,9}")
_PERMISSIONS: Final = range(200, 300)
"""Codes of permissions that the app or the token lacks."""
_ABOUT_THE_OBJECT: Final = "GraphMethodException"
"""The `type` of errors about the page itself, mostly with code 100: it does not exist, cannot be seen with this token,
or the app secret's proof is wrong (koala#402, amazon-connect-whatsapp-chat#3)."""


def classify(status: int, body: object) -> Failure:
    """Map an error response: by its subcode, else its code, else what it says of itself, else the HTTP status."""
    error = error_of(body)
    failure = _BY_SUBCODE.get(number(error.get("error_subcode"))) or _of_code(number(error.get("code")))
    if failure:
        return failure
    if error.get("is_transient") is True:
        return Failure.AMBIGUOUS
    if error.get("type") == _ABOUT_THE_OBJECT:
        return Failure.BROKEN
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failure.BACK_OFF
    is_unclear = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT
    return Failure.AMBIGUOUS if is_unclear else Failure.REJECTED


def _of_code(code: int) -> Failure | None:
    return Failure.BROKEN if code in _PERMISSIONS else _BY_CODE.get(code)


def error_of(body: object) -> Mapping[str, Any]:
    """Return the error object of a response's JSON body; empty if it has none."""
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def number(value: object) -> int:
    """Return a code that is a number, or a text of digits; 0 for anything else."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
