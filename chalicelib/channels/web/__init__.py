"""The web chat: frames, connections, the handler and the sender of streamed answers."""
