"""Bringing a stage to AWS and taking it away: each module is one part of it, and `steps` says in which order."""
