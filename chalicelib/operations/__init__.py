"""What the owner sees, decides and is notified of; no network, the time is passed in."""
