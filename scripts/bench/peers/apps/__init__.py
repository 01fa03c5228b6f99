"""What is measured beside Parley: each module has one handler, as small as its users would write it.

Each makes its clients as it is imported, since a cold start is measured with them, and imports nothing but what it
needs. The bots of `scripts.peers`, on the same libraries, are for crashes: they get their clients from a simulation.
"""
