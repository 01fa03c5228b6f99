"""Access: how users are identified and authenticated, and how much they may ask. No adapters; `oidc` makes requests."""
