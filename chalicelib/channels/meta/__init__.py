"""The parts of Meta's platform that all its channels share: Graph API, signatures, signed requests."""
