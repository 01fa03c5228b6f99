"""The smallest honest bots that others' libraries lead to, whole: Parley's reliability is compared with theirs.

A simulation calls them inside a test process, with clients whose every call may be a crash, so they get these as
arguments. For speed, `scripts.bench.peers.apps` has handlers on the same libraries that are zipped and started as on
Lambda. They make their clients as they are imported, since that time is measured.
"""
