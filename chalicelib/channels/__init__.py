"""Where people write: each channel receives messages and sends answers; no channel knows another."""
