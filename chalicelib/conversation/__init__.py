"""The life of a turn: accepted, leased, planned, charged, answered, recorded and delivered."""
