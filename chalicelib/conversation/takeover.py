"""A human's turn to write: for how long the bot is silent then. Pure."""

from typing import Final

SILENT_MS: Final = 60 * 60 * 1000
"""How long the bot sends no answers once a human has written, from the human's own words; each message begins it anew.

A constant and no setting: a person who waits an hour for the human's next message is better served by the bot, and an
owner who wants another end says so, with `/pause` or `/resume`.
"""
