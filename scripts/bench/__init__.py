"""Measurements for those who work on Parley; nothing of the product or its command line lives here."""
