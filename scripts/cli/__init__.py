"""The owner's command line, `scripts/parley`: each command parses its options, makes one call and prints the result."""
