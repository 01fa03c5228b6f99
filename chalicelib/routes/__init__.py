"""The REST routes, one file per audience: parse the request, make one call, answer; no decisions."""
