"""Selects the stage that a command acts on, connects to it in AWS, and explains AWS's errors."""
