"""The owner's command line, `scripts/parley`; each command reads what it was given, makes one call and prints."""
