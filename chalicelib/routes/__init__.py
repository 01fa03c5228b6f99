"""The REST routes, one module per audience: each parses the request and calls a service from `bootstrap`."""
