"""The places where people write: each channel receives messages and sends answers; no channel imports another."""
