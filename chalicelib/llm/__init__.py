"""What writes the answer: model providers and their prices; no conversation logic."""
