"""The data that ships with the bot: personas, texts, page templates, static files; loaded here, never written."""
