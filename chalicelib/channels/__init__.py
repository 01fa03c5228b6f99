"""Where people write; one package a channel."""
