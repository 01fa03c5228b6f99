"""Parley: an AI on a Facebook page. Everything that is deployed, except the doors in `app.py`."""
