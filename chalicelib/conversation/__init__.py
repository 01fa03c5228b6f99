"""The life of a turn: accepted, leased, planned, charged, answered, recorded and delivered. No I/O of its own."""
