"""Who a person is, how they authenticate, and how much they may ask. Ports only."""
