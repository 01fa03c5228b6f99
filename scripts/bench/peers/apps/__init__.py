"""What is measured beside Parley: each module has one handler, as small as its users would write it."""
