"""The tool that tells the date and the time."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from chalicelib.clock import day_text
from chalicelib.conversation.tool_ports import Caller
from chalicelib.tools.tool import ToolFailed, tool


@tool
def now(
    zone: Annotated[
        str, Field(description='IANA name of a time zone, such as "Asia/Seoul"; leave it out for the local time')
    ] = "",
    *,
    caller: Caller,
) -> str:
    """Tell today's date, the weekday and the time."""
    try:
        there = ZoneInfo(zone) if zone else caller.zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ToolFailed("There is no time zone of that name.") from None
    moment = datetime.fromtimestamp(caller.now / 1000, there)
    return f"{moment:%A}, {day_text(moment.date())}, {moment:%H:%M} ({there.key})"
