"""The web chat: its frames, connections, request handlers and the sender of streamed answers."""
