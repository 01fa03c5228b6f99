"""Parley: an AI on a Facebook page and in a web chat. Everything deployed except the handlers in `app.py`."""
