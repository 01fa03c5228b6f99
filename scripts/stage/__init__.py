"""Which stage a command acts on, and how AWS is reached for it."""
