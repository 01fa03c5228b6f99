"""The local simulator: AWS, Meta and a model server on loopback, for the demo and the tests."""
