"""How users are identified and authenticated, and how much they may ask. `oidc` alone makes requests, for keys."""
