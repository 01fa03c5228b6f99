"""What the owner sees, decides and is notified of; no network, no clock of its own, no channel and no provider."""
