"""The web chat: its protocol, who may use it, and the way to its sockets."""
