"""What ships as data: personas, texts, page templates and static files; only read here."""
