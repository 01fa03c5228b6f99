"""Selects the stage that a command acts on, and connects to it in AWS. Only what all commands share belongs in here."""
