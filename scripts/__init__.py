"""What the owner and the developer run: the command line, and the local world behind the demo and the tests."""
