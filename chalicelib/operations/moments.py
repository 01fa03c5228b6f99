"""Times as an owner reads them in the chat."""

from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.content.text import Texts


def shown_moment(at: int, texts: Texts, zone: ZoneInfo) -> str:
    """Return the date and time of milliseconds since 1970, as the language of the texts writes them."""
    moment = datetime.fromtimestamp(at / 1000, zone)
    return f"{texts.shown(moment.date())} {texts.shown(moment.time())}"


def shown_briefly(at: int, texts: Texts, zone: ZoneInfo, *, now: int) -> str:
    """Return the time alone for a moment of today, else the date alone."""
    moment, today = (datetime.fromtimestamp(each / 1000, zone) for each in (at, now))
    return texts.shown(moment.time() if moment.date() == today.date() else moment.date())
